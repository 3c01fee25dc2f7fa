package boot

import "encoding/binary"

// Memory is host-physical memory. Bytes returns the n bytes at host-physical
// address pa, or nil when they are not all within reach; it must cope with any
// pa and any n that is not negative.
type Memory interface {
	Bytes(pa uint64, n int) []byte
}

// Error is a reason not to boot.
type Error string

func (e Error) Error() string { return string(e) }

// The errors of Parse and FindUsable. Info's problems hold the numbers.
const (
	ErrProtocol  Error = "boot: not started by a multiboot 1, multiboot 2 or PVH loader"
	ErrReach     Error = "boot: the loader's boot information is at an address out of reach"
	ErrMalformed Error = "boot: the loader's boot information is malformed"
	ErrNoMap     Error = "boot: the loader gave no memory map"
	ErrNoRAM     Error = "boot: the loader's memory map has no RAM in it"
	ErrTooSmall  Error = "boot: too little memory: the kernel's image ends above all RAM"
	ErrNoUsable  Error = "boot: the kernel and the boot modules leave no RAM to use"
)

// What a loader leaves in EAX. Sections: Multiboot Specification §3.2,
// Multiboot2 Specification §3.3.
const (
	multiboot1Magic = 0x2BADB002
	multiboot2Magic = 0x36d76289
)

var le = binary.LittleEndian

// Parse fills in i from what the loader left: magic is EAX and addr EBX at the
// entry point. A loader that sets no magic is PVH if addr leads to PVH's start
// information. Memory is read through m and only read.
//
// Parse returns ErrProtocol, ErrReach or ErrMalformed when there is no telling
// what was handed over, and ErrNoMap or ErrNoRAM when there is no memory to
// boot with; i then holds what could be read. Pre-runtime.
func (i *Info) Parse(magic uint32, addr uint64, m Memory) error {
	*i = Info{}
	var err error
	switch magic {
	case multiboot1Magic:
		err = i.parseMultiboot1(addr, m)
	case multiboot2Magic:
		err = i.parseMultiboot2(addr, m)
	default:
		err = i.parsePVH(magic, addr, m)
	}
	if err != nil {
		return err
	}
	return i.normalise()
}

// read returns the n bytes at pa and records them as part of the hand-over;
// when they are out of reach it notes problem c and returns nil.
func (i *Info) read(m Memory, pa, n uint64, c Code) []byte {
	if n == 0 {
		return nil
	}
	b := m.Bytes(pa, int(n))
	if uint64(len(b)) != n {
		i.note(c, pa, n)
		return nil
	}
	if i.handoverCount < len(i.handover) {
		i.handover[i.handoverCount] = Range{pa, pa + n}
		i.handoverCount++
	}
	return b
}

// readText copies the NUL-terminated string at pa to dst, a page at a time
// because its length is not known, and returns its length.
func (i *Info) readText(m Memory, pa uint64, dst []byte) int {
	n, end := 0, false
	for at := pa; !end && at >= pa; {
		size := PageSize - at%PageSize
		b := m.Bytes(at, int(size))
		if b == nil {
			i.note(TextOutOfReach, at, 0)
			break
		}
		n, end = i.copyText(dst, n, b)
		at += size
	}
	return n
}

// copyText copies src up to its first NUL behind the n bytes that are in dst.
// It returns how many are there then, and whether the string has ended: in the
// NUL, or because dst is full.
func (i *Info) copyText(dst []byte, n int, src []byte) (int, bool) {
	for _, c := range src {
		if c == 0 {
			return n, true
		}
		if n == len(dst) {
			i.note(TextTooLong, uint64(n), 0)
			return n, true
		}
		dst[n] = c
		n++
	}
	return n, false
}

// addModule appends a module that occupies start to end and returns it, or
// nil when it is impossible or one too many.
func (i *Info) addModule(start, end uint64) *Module {
	if i.moduleCount == len(i.modules) {
		i.note(TooManyModules, start, end)
		return nil
	}
	if end < start {
		i.note(ModuleBackwards, start, end)
		return nil
	}
	m := &i.modules[i.moduleCount]
	m.Range = Range{start, end}
	i.moduleCount++
	return m
}
