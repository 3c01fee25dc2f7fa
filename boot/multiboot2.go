package boot

// Tags of the multiboot 2 information that we use. Each starts with its type
// and its size, 4 bytes each, and on a multiple of 8 bytes.
// Section: Multiboot2 Specification 2.0 §3.6.
const (
	mb2End          = 0  // §3.6.2
	mb2CommandLine  = 1  // §3.6.5
	mb2LoaderName   = 2  // §3.6.9
	mb2Module       = 3  // §3.6.6
	mb2Sizes        = 4  // §3.6.3
	mb2Map          = 6  // §3.6.8
	mb2Framebuffer  = 8  // §3.6.12
	mb2EFI32        = 11 // §3.6.13
	mb2EFI64        = 12 // §3.6.14
	mb2OldRSDP      = 14 // §3.6.16
	mb2NewRSDP      = 15 // §3.6.17
	mb2EFIMap       = 17 // §3.6.19
	mb2BootServices = 18 // §3.6.20
)

// Sizes in bytes: of the information's header (total size, reserved), of a
// tag's header, and of the fixed part behind that of the tags we use.
const (
	mb2HeaderSize      = 8
	mb2TagSize         = 8
	mb2ModuleSize      = 8 // start, end; then the string
	mb2SizesSize       = 8 // lower, upper
	mb2MapSize         = 8 // entry size, entry version; then the entries
	mb2EntrySize       = 20
	mb2FramebufferSize = framebufferSize + 2 // reserved bytes; then the colours
)

// Sizes in bytes of the ACPI root pointer: of ACPI 1.0, and since 2.0.
// Section: ACPI 6.4 §5.2.5.3.
const (
	rsdpOldSize = 20
	rsdpSize    = 36
)

// parseMultiboot2 reads the multiboot 2 information at host-physical addr.
func (i *Info) parseMultiboot2(addr uint64, m Memory) error {
	i.Protocol = Multiboot2
	b := m.Bytes(addr, mb2HeaderSize)
	if len(b) != mb2HeaderSize {
		i.note(InfoOutOfReach, addr, mb2HeaderSize)
		return ErrReach
	}
	total := uint64(le.Uint32(b))
	if total < mb2HeaderSize {
		i.note(InfoMalformed, addr, total)
		return ErrMalformed
	}
	if b = i.read(m, addr, total, InfoOutOfReach); b == nil {
		return ErrReach
	}
	for at := uint64(mb2HeaderSize); ; {
		if total < at+mb2TagSize {
			i.note(NoEndTag, at, 0)
			return nil
		}
		kind, size := le.Uint32(b[at:]), uint64(le.Uint32(b[at+4:]))
		if kind == mb2End {
			return nil
		}
		if size < mb2TagSize || size > total-at {
			i.note(TagMalformed, uint64(kind), size)
			i.note(NoEndTag, at, 0)
			return nil
		}
		if !i.parseTag(kind, b[at+mb2TagSize:at+size]) {
			i.note(TagMalformed, uint64(kind), size)
		}
		at += (size + 7) &^ 7
	}
}

// parseTag takes in one tag, whose bytes behind the header are b, and reports
// whether they are enough.
func (i *Info) parseTag(kind uint32, b []byte) bool {
	switch kind {
	case mb2CommandLine:
		i.commandLineLen, _ = i.copyText(i.commandLine[:], 0, b)
	case mb2LoaderName:
		i.loaderLen, _ = i.copyText(i.loader[:], 0, b)
	case mb2Module:
		if len(b) < mb2ModuleSize {
			return false
		}
		if mod := i.addModule(uint64(le.Uint32(b)), uint64(le.Uint32(b[4:]))); mod != nil {
			mod.textLen, _ = i.copyText(mod.text[:], 0, b[mb2ModuleSize:])
		}
	case mb2Sizes:
		if len(b) < mb2SizesSize {
			return false
		}
		i.lower, i.upper = uint64(le.Uint32(b))<<10, uint64(le.Uint32(b[4:]))<<10
	case mb2Map:
		return i.parseMap2(b)
	case mb2Framebuffer:
		if len(b) < mb2FramebufferSize {
			return false
		}
		i.setFramebuffer(readFramebuffer(b, b[mb2FramebufferSize:]))
	case mb2EFI32, mb2EFI64, mb2EFIMap:
		i.UEFI = true
	case mb2BootServices:
		i.UEFI = true
		i.note(BootServicesRunning, 0, 0)
	case mb2OldRSDP:
		return i.copyRSDP(b, rsdpOldSize)
	case mb2NewRSDP:
		return i.copyRSDP(b, rsdpSize)
	}
	return true
}

// parseMap2 reads the memory map in a tag. A later version of the
// specification may make the entries longer.
func (i *Info) parseMap2(b []byte) bool {
	if len(b) < mb2MapSize {
		return false
	}
	size := uint64(le.Uint32(b))
	if size < mb2EntrySize {
		return false
	}
	b = b[mb2MapSize:]
	for ; uint64(len(b)) >= size; b = b[size:] {
		if !i.addEntry(le.Uint64(b), le.Uint64(b[8:]), le.Uint32(b[16:])) {
			return true
		}
	}
	return len(b) == 0
}

// copyRSDP keeps a root pointer of the given size, unless there is a longer,
// newer one already.
func (i *Info) copyRSDP(b []byte, size int) bool {
	if len(b) < size {
		return false
	}
	if i.rsdpLen < size {
		i.rsdpLen = copy(i.rsdp[:size], b)
	}
	return true
}
