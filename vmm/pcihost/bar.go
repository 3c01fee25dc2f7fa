package pcihost

import (
	"encoding/binary"
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/ram"
)

// Kind is what a base address register (BAR) is for. PCI 3.0 §6.2.5.1.
type Kind uint8

const (
	IO       Kind = iota // I/O ports
	Memory32             // memory below 4 GiB
	Memory64             // memory anywhere; it takes the next index too
)

// BAR is a range of ports or memory at which a function answers, where the
// guest puts it.
type BAR struct {
	Kind         Kind
	Size         uint64 // in bytes, a power of two: 4 to 256 ports, or at least 16 bytes of memory
	Prefetchable bool   // memory: reading has no effect

	// MMIO or Ports is the device that answers, by the kind, with a name for
	// who reads of it: the host puts it on the machine's bus. Where another
	// device is already, that one stays, and this one is nowhere until it
	// moves; the machine is told. Of several BARs that one access moves, all
	// leave their places before the first takes its new one.
	Name  string
	MMIO  device.MMIO
	Ports device.Ports
}

// The low bits of a base address register. PCI 3.0 §6.2.5.1.
const (
	barIO           = 1 << 0
	barMemory64     = 2 << 1
	barPrefetchable = 1 << 3

	maxBARs       = 6
	minIOSize     = 4
	maxIOSize     = 256
	minMemorySize = 16
	maxMemory32   = 1 << 31
	maxMemory64   = 1 << 46
	portSpace     = 1 << 16
)

// bar is a BAR and where it is mapped.
type bar struct {
	BAR
	index  int
	off    uint8 // of its register
	mapped bool
	base   uint64
}

// AddBAR gives the function BAR i, 0 to 5.
func (f *Function) AddBAR(i int, b BAR) error {
	least, most := uint64(minMemorySize), uint64(maxMemory32)
	switch b.Kind {
	case IO:
		least, most = minIOSize, maxIOSize
	case Memory64:
		most = maxMemory64
	}
	switch {
	case b.Size&(b.Size-1) != 0 || b.Size < least || b.Size > most:
		return fmt.Errorf("pcihost: BAR%d: size %#x is not a power of two from %#x to %#x", i, b.Size, least, most)
	case i < 0 || i >= maxBARs || b.Kind == Memory64 && i == maxBARs-1:
		return fmt.Errorf("pcihost: BAR%d: there are %d, and a 64-bit one takes two", i, maxBARs)
	case f.taken(i) || b.Kind == Memory64 && f.taken(i+1):
		return fmt.Errorf("pcihost: BAR%d is there already", i)
	case (b.Ports != nil) != (b.Kind == IO) || (b.MMIO != nil) != (b.Kind != IO):
		return fmt.Errorf("pcihost: BAR%d: %s is for another kind of BAR", i, b.Name)
	}
	off := uint8(regBAR + 4*i)
	var kind uint16
	switch {
	case b.Kind == IO:
		kind = barIO
	case b.Kind == Memory64:
		kind = barMemory64
	}
	if b.Prefetchable && b.Kind != IO {
		kind |= barPrefetchable
	}
	mask := -b.Size
	f.Define16(off, kind, uint16(mask))
	f.Define16(off+2, 0, uint16(mask>>16))
	if b.Kind == Memory64 {
		f.Define16(off+4, 0, uint16(mask>>32))
		f.Define16(off+6, 0, uint16(mask>>48))
	}
	f.bars[i] = &bar{BAR: b, index: i, off: off}
	return nil
}

// taken tells whether BAR i is there, by itself or as the upper half of one.
func (f *Function) taken(i int) bool {
	return f.bars[i] != nil || i > 0 && f.bars[i-1] != nil && f.bars[i-1].Kind == Memory64
}

// mapBARs unmaps and maps the BARs that registers have changed.
func (f *Function) mapBARs() {
	for _, b := range f.bars {
		if b == nil || !b.mapped {
			continue
		}
		if base, ok := f.decode(b); !ok || base != b.base {
			b.mapped = false
			f.remove(b)
		}
	}
	for _, b := range f.bars {
		if b == nil || b.mapped {
			continue
		}
		if base, ok := f.decode(b); ok {
			b.mapped, b.base = true, base
			f.put(b)
		}
	}
}

// put makes a BAR answer at its base.
func (f *Function) put(b *bar) {
	var err error
	if b.Kind == IO {
		err = f.host.ports.Register(b.Name, uint16(b.base), int(b.Size), b.Ports)
	} else if err = f.host.memory.Register(b.Name, b.base, b.Size, b.MMIO); err == nil {
		err = f.host.hidden(f, b)
	}
	if err != nil && f.host.refused != nil {
		f.host.refused(err)
	}
}

// hidden is an error if there is memory where a BAR is, which its guest sees in
// its place. That is one line for a machine: a guest may do it all the time.
func (h *Host) hidden(f *Function, b *bar) error {
	end := b.base + b.Size
	if h.ram == nil || h.toldHidden || b.base >= h.ram.Low() && max(b.base, ram.HighStart) >= min(end, h.ram.High()) {
		return nil
	}
	h.toldHidden = true
	return fmt.Errorf("PCI: 00:%02x.%d: BAR%d, %s, at %#x-%#x, is hidden by memory", f.slot/functions, f.slot%functions, b.index, b.Name, b.base, end)
}

// remove makes it cease to.
func (f *Function) remove(b *bar) {
	if b.Kind == IO {
		f.host.ports.Unregister(b.Ports)
	} else {
		f.host.memory.Unregister(b.MMIO)
	}
}

// decode is where a BAR answers; ok is false when it does not: the function is
// on no bus yet, the command register says so, it has no address (0), or the
// range ends at the end of its address space, as it does while the guest finds out its size by writing ones.
func (f *Function) decode(b *bar) (base uint64, ok bool) {
	if f.host == nil {
		return 0, false
	}
	command := f.Command()
	low := uint64(binary.LittleEndian.Uint32(f.config[b.off:]))
	switch b.Kind {
	case IO:
		base = low &^ (minIOSize - 1)
		return base, command&CommandIO != 0 && base != 0 && base+b.Size < portSpace
	case Memory32:
		base = low &^ (minMemorySize - 1)
		return base, command&CommandMemory != 0 && base != 0 && base+b.Size < 1<<32
	}
	base = binary.LittleEndian.Uint64(f.config[b.off:]) &^ (minMemorySize - 1)
	return base, command&CommandMemory != 0 && base != 0 && base+b.Size > base && base+b.Size <= maxAddress
}

// maxAddress is the end of the physical addresses that x86 processors have.
// Intel SDM vol. 3 §4.1.4 (MAXPHYADDR), AMD APM vol. 2 §1.1.3.
const maxAddress = 1 << 52
