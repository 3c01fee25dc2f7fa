package loader

import (
	"errors"
	"fmt"
)

// The multiboot header. Multiboot Specification 0.6.96 §3.1.
const (
	mbSearch     = 8192 // bytes of the file that may hold it
	mbAlign      = 4
	mbMagic      = 0x1badb002
	mbSize       = 12     // magic, flags, checksum
	mbAddresses  = 12     // offset of the address fields
	mbFullSize   = 32     // with the address fields
	mbUnknown    = 0xfff8 // flags that a loader must know, and that mean nothing yet
	mbHasAddress = 1 << 16
)

var errNoMultiboot = errors.New("has no multiboot header")

// multibootHeader is what a loader needs of it.
type multibootHeader struct {
	offset       int // in the file
	hasAddresses bool
	// The address fields: guest-physical addresses of the header and of the
	// first byte loaded, the ends of data and of cleared memory (0: the end of
	// the file, none), and the entry point.
	header, load, loadEnd, bssEnd, entry uint32
}

// findMultiboot finds the header, errNoMultiboot if there is none.
func findMultiboot(b []byte) (multibootHeader, error) {
	area := b[:min(len(b), mbSearch)]
	for off := 0; off+mbSize <= len(area); off += mbAlign {
		h := area[off:]
		flags := le.Uint32(h[4:])
		if le.Uint32(h) != mbMagic || mbMagic+flags+le.Uint32(h[8:]) != 0 {
			continue
		}
		m := multibootHeader{offset: off, hasAddresses: flags&mbHasAddress != 0}
		if flags&mbUnknown != 0 {
			return m, fmt.Errorf("needs multiboot features that do not exist: flags %#x", flags)
		}
		if m.hasAddresses {
			if len(h) < mbFullSize {
				return m, fmt.Errorf("is corrupt: its multiboot header at %#x is cut short", off)
			}
			a := h[mbAddresses:]
			m.header, m.load, m.loadEnd = le.Uint32(a), le.Uint32(a[4:]), le.Uint32(a[8:])
			m.bssEnd, m.entry = le.Uint32(a[12:]), le.Uint32(a[16:])
		}
		return m, nil
	}
	return multibootHeader{}, errNoMultiboot
}

// multiboot loads a multiboot 1 kernel: by its address fields if it has them,
// else as an ELF image. Multiboot Specification 0.6.96 §3.
func (l *load) multiboot() (Entry, error) {
	h, err := findMultiboot(l.Kernel.Data)
	if err != nil {
		return Entry{}, l.kernelError(err)
	}
	return l.enterMultiboot(h, mbBootMagic, l.multibootInfo)
}

// enterMultiboot puts the kernel into memory, by its address fields or as an ELF
// image, and makes the state that both versions start in: EAX and EBX lead to what
// info adds.
func (l *load) enterMultiboot(h multibootHeader, magic uint64, info func(d *bootData) (uint64, error)) (Entry, error) {
	d, err := l.bootData()
	if err != nil {
		return Entry{}, err
	}
	gdt, err := d.gdt(Protected)
	if err != nil {
		return Entry{}, err
	}
	var at uint64
	if h.hasAddresses {
		at, err = l.putByAddresses(h)
	} else {
		at, err = l.putELF(h.entry)
	}
	if err != nil {
		return Entry{}, err
	}
	where, err := info(d)
	if err != nil {
		return Entry{}, err
	}
	e, err := l.enter(Protected, at, gdt, 0)
	e.RAX, e.RBX = magic, where
	return e, err
}

// putELF puts an ELF kernel into memory and returns its entry point: the
// guest-physical address that a header gives, or if that is 0 the file's own.
func (l *load) putELF(entry uint32) (uint64, error) {
	e, err := parseELF(l.Kernel.Data)
	if err != nil {
		return 0, l.kernelError(err)
	}
	at := uint64(entry)
	if at == 0 {
		at, err = e.physicalEntry()
	} else if !e.isLoaded(at) {
		err = fmt.Errorf("is corrupt: its multiboot entry point %#x is in no segment", at)
	}
	if err != nil {
		return 0, l.kernelError(err)
	}
	return at, e.put(l)
}

// putByAddresses puts a kernel into memory by its header's address fields and
// returns its entry point. The header's address tells which byte of the file
// goes to the load address.
func (l *load) putByAddresses(h multibootHeader) (uint64, error) {
	b := l.Kernel.Data
	before := uint64(h.header) - uint64(h.load)
	if h.load > h.header || before > uint64(h.offset) {
		return 0, l.kernelError(fmt.Errorf("is corrupt: multiboot header at %#x of the file and %#x in memory, load address %#x", h.offset, h.header, h.load))
	}
	b = b[uint64(h.offset)-before:]
	if h.loadEnd != 0 {
		if h.loadEnd < h.load {
			return 0, l.kernelError(fmt.Errorf("is corrupt: multiboot load address %#x, end %#x", h.load, h.loadEnd))
		}
		n := uint64(h.loadEnd - h.load)
		if n > uint64(len(b)) {
			return 0, l.kernelError(fmt.Errorf("is truncated: its multiboot header wants %d bytes, %d are there", n, len(b)))
		}
		b = b[:n]
	}
	size := uint64(len(b))
	if h.bssEnd != 0 {
		if end := uint64(h.load) + size; uint64(h.bssEnd) < end {
			return 0, l.kernelError(fmt.Errorf("is corrupt: multiboot data ends at %#x, cleared memory at %#x", end, h.bssEnd))
		}
		size = uint64(h.bssEnd) - uint64(h.load)
	}
	if uint64(h.entry)-uint64(h.load) >= size {
		return 0, l.kernelError(fmt.Errorf("is corrupt: its multiboot entry point %#x is outside of %#x-%#x", h.entry, h.load, uint64(h.load)+size))
	}
	if err := l.put("kernel", uint64(h.load), b, size); err != nil {
		return 0, l.kernelError(err)
	}
	return uint64(h.entry), nil
}
