//go:build tamago

// Command tamagopkgs does nothing. A test builds it, to see that TamaGo's
// packages compile and link with what Ringo adds to the standard library; and
// it is why go.mod requires TamaGo's module, from which TamaGo's distribution
// takes package runtime/goos.
package main

import (
	"github.com/usbarmory/tamago/amd64"
	"github.com/usbarmory/tamago/amd64/lapic"
	"github.com/usbarmory/tamago/bits"
	"github.com/usbarmory/tamago/dma"
	"github.com/usbarmory/tamago/kvm/pvclock"
	"github.com/usbarmory/tamago/kvm/virtio"
	"github.com/usbarmory/tamago/soc/intel/ioapic"
	"github.com/usbarmory/tamago/soc/intel/pci"
	"github.com/usbarmory/tamago/soc/intel/rtc"
	"github.com/usbarmory/tamago/soc/intel/uart"
)

// used keeps the linker from leaving the packages out. TamaGo's InitSMP cannot
// be here: it needs the entry code that the tag linkcpuinit leaves out.
var used = []any{
	(*amd64.CPU).Init, (*amd64.CPU).EnableExceptions, (*amd64.CPU).ServiceInterrupts,
	(*lapic.LAPIC).ID, bits.Get, dma.NewRegion, pvclock.Init, new(virtio.MMIO), new(virtio.PCI), new(virtio.LegacyPCI),
	(*ioapic.IOAPIC).Init, pci.Devices, new(rtc.RTC), (*uart.UART).Init,
}

func main() { println(len(used)) }
