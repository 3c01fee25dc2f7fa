package boot

// Flags of the multiboot 1 information: which fields are valid.
// Section: Multiboot Specification 0.6.96 §3.3.
const (
	mb1Memory      = 1 << 0
	mb1CommandLine = 1 << 2
	mb1Modules     = 1 << 3
	mb1Map         = 1 << 6
	mb1LoaderName  = 1 << 9
	mb1Framebuffer = 1 << 12
)

// Offsets in bytes of the fields of the multiboot 1 information, and the sizes
// of its parts: it is as long as the last field that its flags announce.
// Section: Multiboot Specification 0.6.96 §3.3.
const (
	mb1MemLower        = 4 // KiB
	mb1MemUpper        = 8 // KiB
	mb1CommandLineAddr = 16
	mb1ModuleCount     = 20
	mb1ModuleAddr      = 24
	mb1MapLength       = 44
	mb1MapAddr         = 48
	mb1LoaderAddr      = 64
	mb1FramebufferDesc = 88
	mb1Colours         = mb1FramebufferDesc + framebufferSize
	mb1ColoursGRUB     = mb1Colours + 2

	mb1BasicSize       = 52
	mb1LoaderSize      = 68
	mb1FramebufferSize = mb1ColoursGRUB + colourSize
)

// A module's entry in the module list: start, end, string, reserved.
const mb1ModuleSize = 16

// A memory map entry is its size, not counting the size field itself, and
// then base, length and type. Section: Multiboot Specification 0.6.96 §3.3.
const (
	mb1EntryHeader = 4
	mb1EntrySize   = 20
)

// parseMultiboot1 reads the multiboot 1 information at host-physical addr.
func (i *Info) parseMultiboot1(addr uint64, m Memory) error {
	i.Protocol = Multiboot1
	b := m.Bytes(addr, 4)
	if len(b) != 4 {
		i.note(InfoOutOfReach, addr, 4)
		return ErrReach
	}
	flags, size := le.Uint32(b), uint64(mb1BasicSize)
	if flags&mb1LoaderName != 0 {
		size = mb1LoaderSize
	}
	if flags&mb1Framebuffer != 0 {
		size = mb1FramebufferSize
	}
	if b = i.read(m, addr, size, InfoOutOfReach); b == nil {
		return ErrReach
	}

	if flags&mb1Memory != 0 {
		i.lower = uint64(le.Uint32(b[mb1MemLower:])) << 10
		i.upper = uint64(le.Uint32(b[mb1MemUpper:])) << 10
	}
	if flags&mb1CommandLine != 0 {
		i.commandLineLen = i.readText(m, uint64(le.Uint32(b[mb1CommandLineAddr:])), i.commandLine[:])
	}
	if flags&mb1LoaderName != 0 {
		i.loaderLen = i.readText(m, uint64(le.Uint32(b[mb1LoaderAddr:])), i.loader[:])
	}
	if flags&mb1Map != 0 {
		i.parseMap1(uint64(le.Uint32(b[mb1MapAddr:])), uint64(le.Uint32(b[mb1MapLength:])), m)
	}
	if flags&mb1Modules != 0 {
		i.parseModules1(uint64(le.Uint32(b[mb1ModuleAddr:])), uint64(le.Uint32(b[mb1ModuleCount:])), m)
	}
	if flags&mb1Framebuffer != 0 {
		i.parseFramebuffer1(b[mb1FramebufferDesc:mb1FramebufferSize])
	}
	return nil
}

// parseFramebuffer1 reads the description of the framebuffer. GRUB puts the
// colours 2 bytes behind where the specification does; read at the wrong place
// one of them has no bits, which tells the two apart.
func (i *Info) parseFramebuffer1(b []byte) {
	f := readFramebuffer(b, b[mb1Colours-mb1FramebufferDesc:])
	if !f.possible() {
		f = readFramebuffer(b, b[mb1ColoursGRUB-mb1FramebufferDesc:])
	}
	i.setFramebuffer(f)
}

// parseMap1 reads the memory map of length bytes at host-physical addr.
func (i *Info) parseMap1(addr, length uint64, m Memory) {
	b := i.read(m, addr, length, MapOutOfReach)
	for len(b) > 0 {
		size := uint64(0)
		if len(b) >= mb1EntryHeader {
			size = uint64(le.Uint32(b))
		}
		if size < mb1EntrySize || size > uint64(len(b)-mb1EntryHeader) {
			i.note(MapEntryMalformed, addr, size)
			return
		}
		if !i.addEntry(le.Uint64(b[4:]), le.Uint64(b[12:]), le.Uint32(b[20:])) {
			return
		}
		b = b[mb1EntryHeader+size:]
		addr += mb1EntryHeader + size
	}
}

// parseModules1 reads the list of count modules at host-physical addr.
func (i *Info) parseModules1(addr, count uint64, m Memory) {
	b := i.read(m, addr, count*mb1ModuleSize, ModulesOutOfReach)
	for ; len(b) > 0; b = b[mb1ModuleSize:] {
		mod := i.addModule(uint64(le.Uint32(b)), uint64(le.Uint32(b[4:])))
		if text := uint64(le.Uint32(b[8:])); mod != nil && text != 0 {
			mod.textLen = i.readText(m, text, mod.text[:])
		}
	}
}
