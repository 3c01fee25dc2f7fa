//go:build tamago

package main

import (
	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/kernel/klog"
	"github.com/ringo-vmm/ringo/pci"
)

// pciDevices are the functions found at boot.
var pciDevices []*pci.Device

// initPCI enumerates the host's PCI functions: by ECAM where the firmware
// describes it, else by ports.
func initPCI() error {
	if tables != nil && tables.MCFG != nil {
		for _, s := range tables.MCFG.Segments {
			space, err := pci.NewECAM(s.Base, s.Group, s.FirstBus, s.LastBus, deviceWindow)
			if err != nil {
				logf(klog.Warn, "%v", err)
				continue
			}
			scanPCI(space, s.Group, s.FirstBus, s.LastBus)
		}
	}
	if len(pciDevices) == 0 {
		space, err := pci.NewPortSpace(amd64.Ports{})
		if err != nil {
			return err
		}
		scanPCI(space, 0, 0, 255)
	}
	logf(klog.Info, "pci: %d functions", len(pciDevices))
	return nil
}

func scanPCI(space pci.ConfigSpace, segment uint16, first, last uint8) {
	devices, problems := pci.Scan(space, segment, first, last)
	for _, p := range problems {
		logf(klog.Warn, "%v", p)
	}
	pciDevices = append(pciDevices, devices...)
}

// deviceWindow maps registers for a driver.
func deviceWindow(pa, size uint64) (amd64.MMIO, error) {
	va, err := mapDevice(pa, size)
	return amd64.Registers(va), err
}
