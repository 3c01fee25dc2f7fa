package pci

import "fmt"

// The low bits of a base address register. PCI 3.0 §6.2.5.1.
const (
	barIO           = 1 << 0
	barIOMask       = 0xffff_fffc
	barTypeMask     = 3 << 1
	barType64       = 2 << 1
	barTypeBelow1M  = 1 << 1
	barPrefetchable = 1 << 3
	barMemoryMask   = 0xffff_fff0
	barUpper        = 0xffff_ffff_0000_0000
	// barIOUpper: a device may leave out the upper half of an I/O BAR.
	barIOUpper = 0xffff_0000
)

// BAR is a range of I/O ports or memory at which a device answers, if its
// command register lets it.
type BAR struct {
	Index        int    // 0 to 5; a 64-bit BAR takes up the next index as well
	IO           bool   // ports, not memory
	Base         uint64 // first port, or host-physical address; 0 when not assigned
	Size         uint64 // in bytes, a power of two
	Is64         bool
	Prefetchable bool
}

// String returns the BAR in words.
func (b BAR) String() string {
	kind := "mem"
	if b.IO {
		kind = "I/O"
	}
	s := fmt.Sprintf("BAR%d %s %#x %s", b.Index, kind, b.Base, sizeText(b.Size))
	if b.Is64 {
		s += " 64-bit"
	}
	if b.Prefetchable {
		s += " prefetchable"
	}
	return s
}

func sizeText(n uint64) string {
	units := [...]string{"B", "KiB", "MiB", "GiB", "TiB"}
	i := 0
	for n >= 1024 && n%1024 == 0 && i < len(units)-1 {
		n /= 1024
		i++
	}
	return fmt.Sprintf("%d %s", n, units[i])
}

// bars reads and sizes the n base address registers of a device. Sizing makes
// the device answer at addresses that are not its own, so its decoding is off
// meanwhile; not so for host and ISA bridges, behind which are the very ports
// and registers we use. PCI 3.0 §6.2.5.1.
func (s *scan) bars(d *Device, n int) {
	command := d.Read32(regCommand)
	if d.Class != classBridge || d.HeaderType == headerBridge {
		d.Write32(regCommand, command&0xffff&^(CommandIO|CommandMemory))
		defer d.Write32(regCommand, command&0xffff)
	}
	for i := 0; i < n; i++ {
		b, ok := s.bar(d, i, n)
		if ok {
			d.BARs = append(d.BARs, b)
		}
		if b.Is64 {
			i++
		}
	}
}

// bar reads and sizes one base address register of n. ok is false if it is not
// implemented or makes no sense.
func (s *scan) bar(d *Device, i, n int) (b BAR, ok bool) {
	value, mask := size(d, i)
	if mask == 0 {
		return BAR{}, false
	}
	if value == absent {
		s.problem(d.Address, "BAR%d reads as all ones", i)
		return BAR{}, false
	}
	b = BAR{Index: i}
	var inverse uint64 // the address bits that can be set, and all above them
	if mask&barIO != 0 {
		b.IO = true
		b.Base = uint64(value & barIOMask)
		inverse = barUpper | uint64(mask&barIOMask)
		if mask&barIOUpper == 0 {
			inverse |= barIOUpper
		}
	} else {
		b.Prefetchable = mask&barPrefetchable != 0
		b.Base = uint64(value & barMemoryMask)
		inverse = barUpper | uint64(mask&barMemoryMask)
		switch mask & barTypeMask {
		case 0, barTypeBelow1M:
		case barType64:
			b.Is64 = true
			if i+1 == n {
				s.problem(d.Address, "BAR%d is 64-bit and the last", i)
				return b, false
			}
			high, highMask := size(d, i+1)
			b.Base |= uint64(high) << 32
			inverse = uint64(highMask)<<32 | uint64(mask&barMemoryMask)
		default:
			s.problem(d.Address, "BAR%d is of no type", i)
			return b, false
		}
	}
	b.Size = -inverse
	if b.Size == 0 || b.Size&(b.Size-1) != 0 {
		s.problem(d.Address, "BAR%d has size %#x, which is no power of two", i, b.Size)
		return b, false
	}
	if b.Base&(b.Size-1) != 0 {
		s.problem(d.Address, "BAR%d at %#x is not aligned to its size %#x", i, b.Base, b.Size)
		return b, false
	}
	return b, true
}

// size returns the value of a base address register, and what it reads back
// after ones were written: those bits, and all below, can be set.
func size(d *Device, i int) (value, mask uint32) {
	off := uint16(regBAR + 4*i)
	value = d.Read32(off)
	d.Write32(off, ^uint32(0))
	mask = d.Read32(off)
	d.Write32(off, value)
	return value, mask
}
