package loader

import "github.com/ringo-vmm/ringo/vmm/memmap"

// What a multiboot kernel finds in EAX, and the information that EBX points
// to: flags, then fields of which the flags say that they are valid. Multiboot
// Specification 0.6.96 §3.2, §3.3.
const (
	mbBootMagic = 0x2badb002

	mbInfoMemory      = 1 << 0
	mbInfoCommandLine = 1 << 2
	mbInfoModules     = 1 << 3
	mbInfoMap         = 1 << 6
	mbInfoLoader      = 1 << 9

	mbMemLower    = 4 // KiB
	mbMemUpper    = 8 // KiB, from 1 MiB
	mbCommandLine = 16
	mbModuleCount = 20
	mbModules     = 24
	mbMapLength   = 44
	mbMap         = 48
	mbLoader      = 64
	mbInfoSize    = 120

	mbMapEntry = 20 // bytes behind an entry's size field
	loaderName = "Ringo"
)

// multibootInfo adds the information for a multiboot kernel and puts the
// modules into memory.
func (l *load) multibootInfo(d *bootData) (uint64, error) {
	line, err := d.text("cmdline", l.CommandLine)
	if err != nil {
		return 0, err
	}
	var list []byte // start, end, string, reserved
	for _, m := range l.Modules {
		at, err := l.putModule(m)
		if err != nil {
			return 0, err
		}
		text, err := d.text(m.Key, m.CommandLine)
		if err != nil {
			return 0, err
		}
		for _, v := range [...]uint64{at, at + uint64(len(m.Data)), text, 0} {
			list = le.AppendUint32(list, uint32(v))
		}
	}
	modules, err := d.add("modules", list)
	if err != nil {
		return 0, err
	}
	var ranges []byte // size of the rest, address, length, type
	for _, r := range l.space.e820 {
		ranges = le.AppendUint32(ranges, mbMapEntry)
		ranges = le.AppendUint64(ranges, r.Start)
		ranges = le.AppendUint64(ranges, r.Size)
		ranges = le.AppendUint32(ranges, uint32(r.Type))
	}
	table, err := d.add("memory", ranges)
	if err != nil {
		return 0, err
	}
	name, err := d.text("memory", loaderName)
	if err != nil {
		return 0, err
	}
	b := make([]byte, mbInfoSize)
	le.PutUint32(b, mbInfoMemory|mbInfoCommandLine|mbInfoModules|mbInfoMap|mbInfoLoader)
	for off, v := range map[int]uint64{
		mbMemLower:    memmap.ExtendedData >> 10,
		mbMemUpper:    (l.RAM.Low() - memmap.Extended) >> 10,
		mbCommandLine: line,
		mbModuleCount: uint64(len(l.Modules)),
		mbModules:     modules,
		mbMapLength:   uint64(len(ranges)),
		mbMap:         table,
		mbLoader:      name,
	} {
		le.PutUint32(b[off:], uint32(v))
	}
	return d.add("memory", b)
}
