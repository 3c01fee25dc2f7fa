package loader

import "fmt"

// The ELF header and program headers, of which there are a 32-bit and a 64-bit
// form. System V ABI ch. 4 and 5.
const (
	elfMagic     = "\x7fELF"
	elfClass     = 4
	elfData      = 5
	elfMachine   = 18
	elfIdentSize = 20

	elfClass32 = 1
	elfClass64 = 2
	elfLittle  = 1
	machine386 = 3
	machineX64 = 62

	segmentLoad = 1
	segmentNote = 4

	maxProgramHeaders = 128
)

// elfFile is an ELF executable.
type elfFile struct {
	b        []byte
	mode     Mode // of its code
	entry    uint64
	segments []segment
}

// segment is a program header.
type segment struct {
	kind             uint32
	offset, fileSize uint64 // in the file
	virtual          uint64
	physical         uint64 // guest-physical
	size             uint64 // in memory
}

func isELF(b []byte) bool {
	return len(b) >= len(elfMagic) && string(b[:len(elfMagic)]) == elfMagic
}

// elfLayout is where the fields of one form are.
type elfLayout struct {
	headerSize        int
	entry, phoff      int
	phentsize, phnum  int
	phSize            int
	offset, virtual   int
	physical          int
	fileSize, memSize int
	word              func([]byte) uint64
	mode              Mode
	machine           uint16
}

var elfLayouts = map[byte]elfLayout{
	elfClass32: {
		headerSize: 52, entry: 24, phoff: 28, phentsize: 42, phnum: 44,
		phSize: 32, offset: 4, virtual: 8, physical: 12, fileSize: 16, memSize: 20,
		word: func(b []byte) uint64 { return uint64(le.Uint32(b)) }, mode: Protected, machine: machine386,
	},
	elfClass64: {
		headerSize: 64, entry: 24, phoff: 32, phentsize: 54, phnum: 56,
		phSize: 56, offset: 8, virtual: 16, physical: 24, fileSize: 32, memSize: 40,
		word: le.Uint64, mode: Long, machine: machineX64,
	},
}

// parseELF reads the headers of an x86 executable.
func parseELF(b []byte) (*elfFile, error) {
	if !isELF(b) || len(b) < elfIdentSize {
		return nil, fmt.Errorf("is no ELF image")
	}
	x, ok := elfLayouts[b[elfClass]]
	if !ok || b[elfData] != elfLittle {
		return nil, fmt.Errorf("is corrupt: ELF class %d, data encoding %d", b[elfClass], b[elfData])
	}
	if m := le.Uint16(b[elfMachine:]); m != x.machine {
		return nil, fmt.Errorf("is for ELF machine %d, want %d for a file of class %d", m, x.machine, b[elfClass])
	}
	if len(b) < x.headerSize {
		return nil, fmt.Errorf("is truncated: %d bytes, an ELF header has %d", len(b), x.headerSize)
	}
	n, size := int(le.Uint16(b[x.phnum:])), le.Uint16(b[x.phentsize:])
	switch {
	case n == 0 || n > maxProgramHeaders:
		return nil, fmt.Errorf("has %d program headers, want 1 to %d", n, maxProgramHeaders)
	case int(size) != x.phSize:
		return nil, fmt.Errorf("is corrupt: program headers of %d bytes, want %d", size, x.phSize)
	}
	at := x.word(b[x.phoff:])
	if end := at + uint64(n*x.phSize); at > uint64(len(b)) || end > uint64(len(b)) {
		return nil, fmt.Errorf("is truncated: %d bytes, its program headers are at %#x", len(b), at)
	}
	e := &elfFile{b: b, mode: x.mode, entry: x.word(b[x.entry:])}
	for i := range n {
		h := b[at+uint64(i*x.phSize):]
		e.segments = append(e.segments, segment{
			kind:     le.Uint32(h),
			offset:   x.word(h[x.offset:]),
			fileSize: x.word(h[x.fileSize:]),
			virtual:  x.word(h[x.virtual:]),
			physical: x.word(h[x.physical:]),
			size:     x.word(h[x.memSize:]),
		})
	}
	return e, nil
}

// content is the bytes of a segment in the file.
func (e *elfFile) content(s segment) ([]byte, error) {
	if n := uint64(len(e.b)); s.offset > n || s.fileSize > n-s.offset {
		return nil, fmt.Errorf("is truncated: %d bytes, it has %d at %#x", n, s.fileSize, s.offset)
	}
	return e.b[s.offset:][:s.fileSize], nil
}

// put puts the segments into memory, at their physical addresses.
func (e *elfFile) put(l *load) error {
	loaded := false
	for _, s := range e.segments {
		if s.kind != segmentLoad || s.size == 0 {
			continue
		}
		b, err := e.content(s)
		if err == nil && s.fileSize > s.size {
			err = fmt.Errorf("is corrupt: a segment has %d bytes in the file and %d in memory", s.fileSize, s.size)
		}
		if err == nil {
			err = l.put("a segment", s.physical, b, s.size)
		}
		if err != nil {
			return l.kernelError(err)
		}
		loaded = true
	}
	if !loaded {
		return l.kernelError(fmt.Errorf("has nothing to load"))
	}
	return nil
}

// physicalEntry is the guest-physical address of the entry point, which the
// header gives as a virtual one.
func (e *elfFile) physicalEntry() (uint64, error) {
	for _, s := range e.segments {
		if s.kind == segmentLoad && e.entry-s.virtual < s.size {
			return s.physical + e.entry - s.virtual, nil
		}
	}
	return 0, fmt.Errorf("is corrupt: its entry point %#x is in no segment", e.entry)
}

// isLoaded tells whether a guest-physical address is in a segment.
func (e *elfFile) isLoaded(at uint64) bool {
	for _, s := range e.segments {
		if s.kind == segmentLoad && at-s.physical < s.size {
			return true
		}
	}
	return false
}

// elf loads an ELF image that is just started at its entry point, in 32-bit or
// 64-bit mode as its class says.
func (l *load) elf() (Entry, error) {
	if err := l.noModules(); err != nil {
		return Entry{}, err
	}
	e, err := parseELF(l.Kernel.Data)
	if err != nil {
		return Entry{}, l.kernelError(err)
	}
	at, err := e.physicalEntry()
	if err != nil {
		return Entry{}, l.kernelError(err)
	}
	gdt, pageTables, err := l.machineTables(e.mode)
	if err != nil {
		return Entry{}, err
	}
	if err := e.put(l); err != nil {
		return Entry{}, err
	}
	return l.enter(e.mode, at, gdt, pageTables)
}
