package emulate

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// place is where an operand is: in one page, or in two.
type place struct {
	gpa    [2]uint64 // guest-physical addresses
	size   int
	first  int  // bytes at gpa[0]; the rest is at gpa[1]
	device bool // the access stopped here, so it is no memory whatever Span says
}

// lookup is a translation that has just been made.
type lookup struct {
	page  uint64 // linear address >> 12
	frame uint64 // guest-physical address
	ok    bool
}

// operand is the place of an operand of an instruction that stopped at
// guest-physical address gpa: there, or if the addresses within the page say
// otherwise, where the page tables put it.
func (e *Emulator) operand(linear uint64, size int, acc x86.Access, gpa uint64) (place, error) {
	if (linear^gpa)&pageMask == 0 && int(linear&pageMask)+size <= pageSize {
		return place{gpa: [2]uint64{gpa}, size: size, first: size, device: true}, nil
	}
	return e.locate(linear, size, acc)
}

// locate is the place of an operand at a linear address, by the page tables.
func (e *Emulator) locate(linear uint64, size int, acc x86.Access) (p place, err error) {
	p.size, p.first = size, min(size, int(pageSize-linear&pageMask))
	if p.gpa[0], err = e.translate(linear, acc); err != nil || p.first == size {
		return p, err
	}
	next := linear + uint64(p.first)
	if e.state.CodeBits() != 64 {
		next = uint64(uint32(next))
	}
	p.gpa[1], err = e.translate(next, acc)
	return p, err
}

// translate is the guest-physical address of a linear one. A string
// instruction asks for the same page many times.
func (e *Emulator) translate(linear uint64, acc x86.Access) (uint64, error) {
	l := &e.recent[acc&x86.Write>>1]
	if !l.ok || l.page != linear/pageSize {
		if e.state.CPL == 3 {
			acc |= x86.User
		}
		gpa, err := e.state.TranslateFor(e.memory, linear, acc)
		if err != nil {
			return 0, e.noTranslation(err)
		}
		*l = lookup{page: linear / pageSize, frame: gpa &^ pageMask, ok: true}
	}
	return l.frame | linear&pageMask, nil
}

// load reads an operand.
func (e *Emulator) load(p *place) uint64 {
	v := e.loadRun(p.gpa[0], p.first, p.device)
	if p.first < p.size {
		v |= e.loadRun(p.gpa[1], p.size-p.first, false) << (8 * uint(p.first))
	}
	return v
}

// store writes an operand.
func (e *Emulator) store(p *place, v uint64) {
	e.storeRun(p.gpa[0], p.first, v, p.device)
	if p.first < p.size {
		e.storeRun(p.gpa[1], p.size-p.first, v>>(8*uint(p.first)), false)
	}
}

// loadRun reads n bytes that are in one page.
func (e *Emulator) loadRun(gpa uint64, n int, device bool) (v uint64) {
	if !device {
		if b := e.memory.Span(gpa); len(b) >= n {
			return loadBytes(b, n)
		}
	}
	for at := 0; at < n; {
		size := unit(gpa+uint64(at), n-at)
		v |= e.devices.Read(gpa+uint64(at), size) & sizeMask(size) << (8 * uint(at))
		at += size
	}
	return v
}

// storeRun writes the low n bytes of v, which go to one page.
func (e *Emulator) storeRun(gpa uint64, n int, v uint64, device bool) {
	if !device {
		if b := e.memory.RAM(gpa); len(b) >= n {
			storeBytes(b, n, v)
			return
		}
	}
	for at := 0; at < n; {
		size := unit(gpa+uint64(at), n-at)
		e.devices.Write(gpa+uint64(at), size, v>>(8*uint(at))&sizeMask(size))
		at += size
	}
}

// unit is the size of the first access of n bytes at gpa to a device: all of
// them if they are a size an access can have, else what is aligned.
func unit(gpa uint64, n int) int {
	if n&(n-1) == 0 {
		return n
	}
	size := 4
	for size > n || gpa&uint64(size-1) != 0 {
		size /= 2
	}
	return size
}

func loadBytes(b []byte, n int) uint64 {
	switch n {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(binary.LittleEndian.Uint16(b))
	case 4:
		return uint64(binary.LittleEndian.Uint32(b))
	case 8:
		return binary.LittleEndian.Uint64(b)
	}
	var w [8]byte
	copy(w[:], b[:n])
	return binary.LittleEndian.Uint64(w[:])
}

func storeBytes(b []byte, n int, v uint64) {
	switch n {
	case 1:
		b[0] = byte(v)
	case 2:
		binary.LittleEndian.PutUint16(b, uint16(v))
	case 4:
		binary.LittleEndian.PutUint32(b, uint32(v))
	case 8:
		binary.LittleEndian.PutUint64(b, v)
	default:
		var w [8]byte
		binary.LittleEndian.PutUint64(w[:], v)
		copy(b[:n], w[:])
	}
}
