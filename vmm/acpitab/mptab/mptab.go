// Package mptab builds the MP configuration table, by which a guest that knows
// no ACPI learns of processors, of the I/O APIC and of how interrupts are wired.
// It follows the MultiProcessor Specification 1.4 ("MP 1.4").
//
// Whoever builds the machine calls Build and writes the result into the guest's
// memory between 0xF0000 and 1 MiB.
package mptab

import (
	"encoding/binary"
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/acpitab"
	"github.com/ringo-vmm/ringo/vmm/memmap"
	"github.com/ringo-vmm/ringo/vmm/pcihost"
)

// Config is the machine that the table describes. Local APICs and the I/O APIC
// are where package memmap says.
type Config struct {
	// Processors is their number, 1 to 254. Their local APIC ids count up from
	// 0, which is the boot processor's.
	Processors int
	// Signature and Features are EAX and EDX of CPUID function 1.
	Signature, Features uint32
	IOAPICID            uint8

	Chipset pcihost.Chipset
	Routes  [4]uint8 // ISA interrupts of PIRQA# to PIRQD#, and of PIRQE# to PIRQH#
}

const maxProcessors = 254 // 8-bit APIC ids, of which 255 is everybody, and one is the I/O APIC's

// The floating pointer, and the header of the table. MP 1.4 §4.1, §4.2.
const (
	pointerSize     = 16
	pointerChecksum = 10
	revision14      = 4
	headerSize      = 44
	headerLength    = 4
	headerChecksum  = 7
	headerEntries   = 34
	oemID           = "RINGO   "
	productID       = "RINGO VM    "
)

// Entries: their types, and their lengths in bytes. MP 1.4 §4.3, table 4-3.
const (
	entryProcessor = 0 // 20 bytes, all others 8
	entryBus       = 1
	entryIOAPIC    = 2
	entryInterrupt = 3
	entryLocal     = 4

	enabled       = 1 << 0 // processors and I/O APICs
	bootProcessor = 1 << 1
	apicVersion   = 0x14 // integrated
	ioapicVersion = 0x20
	everyAPIC     = 0xff
)

// Interrupts: kinds, and flags. MP 1.4 §4.3.4, table 4-10.
const (
	kindINT    = 0
	kindNMI    = 1
	kindExtINT = 3

	asTheBus   = 0
	activeHigh = 1 << 0
	edge       = 1 << 2
	level      = 3 << 2
)

// The buses, and how their interrupts are wired: the timer is at input 2, where
// the 8259s' output would be else. MP 1.4 §4.3.2, ch. 5.
const (
	pciBus        = 0
	isaBus        = 1
	isaInterrupts = 16
	cascade       = 2
	timerInput    = 2
	devices       = 32
	pins          = 4
	deviceBit     = 2 // of a PCI interrupt's source
)

var le = binary.LittleEndian

// Build is the floating pointer and the table behind it, to be in the guest's
// memory from guest-physical address at on, a multiple of 16.
func Build(c Config, at uint32) ([]byte, error) {
	switch {
	case c.Processors < 1 || c.Processors > maxProcessors:
		return nil, fmt.Errorf("mptab: %d processors, want 1 to %d", c.Processors, maxProcessors)
	case at%pointerSize != 0:
		return nil, fmt.Errorf("mptab: a table at %#x, want a multiple of %d", at, pointerSize)
	}
	for i, r := range c.Routes {
		if r >= isaInterrupts {
			return nil, fmt.Errorf("mptab: PIRQ%c# is routed to interrupt %d, want at most %d", 'A'+i, r, isaInterrupts-1)
		}
	}
	pointer := append([]byte("_MP_"), 0, 0, 0, 0, pointerSize/16, revision14, 0, 0, 0, 0, 0, 0)
	le.PutUint32(pointer[4:], at+pointerSize)
	pointer[pointerChecksum] = checksum(pointer)

	entries, n := c.entries()
	table := make([]byte, headerSize, headerSize+len(entries))
	copy(table, "PCMP")
	le.PutUint16(table[headerLength:], uint16(headerSize+len(entries)))
	table[6] = revision14
	copy(table[8:], oemID)
	copy(table[16:], productID)
	le.PutUint16(table[headerEntries:], uint16(n))
	le.PutUint32(table[36:], memmap.LAPIC)
	table = append(table, entries...)
	table[headerChecksum] = checksum(table)
	return append(pointer, table...), nil
}

// checksum is what makes the sum of all bytes 0 when it is one of them.
func checksum(b []byte) (c byte) {
	for _, v := range b {
		c -= v
	}
	return c
}

// entries are the table's, in the order that the specification wants, and how
// many they are. MP 1.4 §4.3.
func (c *Config) entries() (b []byte, n int) {
	add := func(entry ...byte) { b, n = append(b, entry...), n+1 }
	for i := range c.Processors {
		flags := byte(enabled)
		if i == 0 {
			flags |= bootProcessor
		}
		p := le.AppendUint32([]byte{entryProcessor, byte(i), apicVersion, flags}, c.Signature)
		add(append(le.AppendUint32(p, c.Features), make([]byte, 8)...)...)
	}
	add(append([]byte{entryBus, pciBus}, "PCI   "...)...)
	add(append([]byte{entryBus, isaBus}, "ISA   "...)...)
	add(le.AppendUint32([]byte{entryIOAPIC, c.IOAPICID, ioapicVersion, enabled}, memmap.IOAPIC)...)

	interrupt := func(flags uint16, bus, source, input byte) {
		add(entryInterrupt, kindINT, byte(flags), byte(flags>>8), bus, source, c.IOAPICID, input)
	}
	shared := [isaInterrupts]bool{}
	for _, r := range c.Routes {
		shared[r] = true
	}
	for dev := 0; dev < devices; dev++ {
		for pin := range pins {
			irq := c.Routes[c.Chipset.PIRQ(dev, pin+1)%len(c.Routes)]
			interrupt(activeHigh|level, pciBus, byte(dev<<deviceBit|pin), irq)
		}
	}
	for irq := range byte(isaInterrupts) {
		switch {
		case irq == 0:
			interrupt(activeHigh|edge, isaBus, irq, timerInput)
		case irq == acpitab.SCI:
			interrupt(activeHigh|level, isaBus, irq, irq)
		case irq != cascade && !shared[irq]:
			interrupt(activeHigh|edge, isaBus, irq, irq)
		}
	}
	add(entryLocal, kindExtINT, asTheBus, 0, isaBus, 0, everyAPIC, 0)
	add(entryLocal, kindNMI, asTheBus, 0, isaBus, 0, everyAPIC, 1)
	return b, n
}
