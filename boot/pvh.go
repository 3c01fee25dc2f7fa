package boot

// hvm_start_info: its magic number, the sizes in bytes of its two versions and
// the offsets of its fields.
// Section: Xen include/public/arch-x86/hvm/start_info.h.
const (
	pvhMagic       = 0x336ec578
	pvhSize0       = 40
	pvhSize1       = 56
	pvhVersion     = 4
	pvhModuleCount = 12
	pvhModuleAddr  = 16
	pvhCommandLine = 24
	pvhRSDP        = 32
	pvhMapAddr     = 40 // version 1
	pvhMapCount    = 48 // version 1
)

// Sizes in bytes of a module list entry (address, size, command line address,
// reserved) and of a memory map entry (address, size, type, reserved).
const (
	pvhModuleSize = 32
	pvhEntrySize  = 24
)

// parsePVH reads the start information at host-physical addr. PVH sets no
// magic in a register; the one given is for the message alone.
func (i *Info) parsePVH(magic uint32, addr uint64, m Memory) error {
	b := m.Bytes(addr, pvhSize0)
	if len(b) != pvhSize0 || le.Uint32(b) != pvhMagic {
		i.note(UnknownLoader, uint64(magic), addr)
		return ErrProtocol
	}
	i.Protocol = PVH
	version, size := le.Uint32(b[pvhVersion:]), uint64(pvhSize0)
	if version >= 1 {
		size = pvhSize1
	}
	if b = i.read(m, addr, size, InfoOutOfReach); b == nil {
		return ErrReach
	}

	i.RSDP = le.Uint64(b[pvhRSDP:])
	if text := le.Uint64(b[pvhCommandLine:]); text != 0 {
		i.commandLineLen = i.readText(m, text, i.commandLine[:])
	}
	i.parseModulesPVH(le.Uint64(b[pvhModuleAddr:]), uint64(le.Uint32(b[pvhModuleCount:])), m)
	if version >= 1 {
		i.parseMapPVH(le.Uint64(b[pvhMapAddr:]), uint64(le.Uint32(b[pvhMapCount:])), m)
	}
	return nil
}

// parseMapPVH reads the memory map of count entries at host-physical addr.
func (i *Info) parseMapPVH(addr, count uint64, m Memory) {
	b := i.read(m, addr, count*pvhEntrySize, MapOutOfReach)
	for ; len(b) > 0; b = b[pvhEntrySize:] {
		if !i.addEntry(le.Uint64(b), le.Uint64(b[8:]), le.Uint32(b[16:])) {
			return
		}
	}
}

// parseModulesPVH reads the list of count modules at host-physical addr.
func (i *Info) parseModulesPVH(addr, count uint64, m Memory) {
	if count == 0 {
		return
	}
	b := i.read(m, addr, count*pvhModuleSize, ModulesOutOfReach)
	for ; len(b) > 0; b = b[pvhModuleSize:] {
		start := le.Uint64(b)
		mod := i.addModule(start, start+le.Uint64(b[8:]))
		if text := le.Uint64(b[16:]); mod != nil && text != 0 {
			mod.textLen = i.readText(m, text, mod.text[:])
		}
	}
}
