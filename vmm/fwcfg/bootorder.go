package fwcfg

import "fmt"

// Open Firmware paths of devices, as SeaBIOS compares them with the devices it
// finds: a prefix of a device's path names the device. Devices on PCI are on
// bus 0. IEEE 1275, and its PCI and ISA bus bindings.

// pciRoot is the host bridge, at the ports of configuration mechanism 1.
const pciRoot = "/pci@i0cf8"

// PCI is a PCI function as a whole, of a kind such as "scsi" for virtio's block
// device or "ethernet" for a network card.
func PCI(kind string, dev, function int) string {
	if function == 0 {
		return fmt.Sprintf("%s/%s@%x", pciRoot, kind, dev)
	}
	return fmt.Sprintf("%s/%s@%x,%x", pciRoot, kind, dev, function)
}

// IDE is the disk or CD that is unit 0 or 1 of channel 0 or 1 of an IDE
// controller.
func IDE(dev, function, channel, unit int) string {
	return fmt.Sprintf("%s/drive@%x/disk@%x", PCI("ide", dev, function), channel, unit)
}

// AHCI is the disk or CD at a port of an AHCI controller.
func AHCI(dev, function, port int) string {
	return fmt.Sprintf("%s/drive@%x/disk@0", PCI("pci8086,2922", dev, function), port)
}

// VirtioBlock is a virtio disk that is a PCI device.
func VirtioBlock(dev int) string { return PCI("scsi", dev, 0) + "/disk@0,0" }

// Floppy is unit 0 or 1 of the floppy controller at port 0x3F0, behind the ISA
// bridge that is a PCI device.
func Floppy(bridge, unit int) string {
	return fmt.Sprintf("%s/fdc@03f0/floppy@%x", PCI("isa", bridge, 0), unit)
}

// halt, as the last device of a boot order, ends it.
const halt = "HALT"

// bootOrder is the file "bootorder": lines that end in a NUL.
func bootOrder(paths []string, only bool) []byte {
	var b []byte
	for _, p := range paths {
		b = append(append(b, p...), '\n')
	}
	if only {
		b = append(append(b, halt...), '\n')
	}
	return append(b, 0)
}
