package loader

import "github.com/ringo-vmm/ringo/vmm/memmap"

// What a multiboot 2 kernel finds in EAX, and the tags of the information that
// EBX points to. Multiboot2 Specification 2.0 §3.3, §3.6.
const (
	mb2BootMagic = 0x36d76289

	mb2InfoEnd         = 0
	mb2InfoCommandLine = 1
	mb2InfoLoader      = 2
	mb2InfoModule      = 3
	mb2InfoMemory      = 4
	mb2InfoMap         = 6
	mb2InfoNewRSDP     = 15

	mb2MapEntry = 24 // bytes: address, length, type, 0
	rsdpSize    = 36 // ACPI 6.4 §5.2.5.3
)

// multiboot2Info adds the information for a multiboot 2 kernel and puts the
// modules into memory.
func (l *load) multiboot2Info(d *bootData) (uint64, error) {
	b := make([]byte, 8) // total size, 0
	tag := func(kind uint32, fields ...[]byte) {
		start := len(b)
		b = le.AppendUint32(b, kind)
		b = le.AppendUint32(b, 0)
		for _, f := range fields {
			b = append(b, f...)
		}
		le.PutUint32(b[start+4:], uint32(len(b)-start))
		for len(b)%mb2Align != 0 {
			b = append(b, 0)
		}
	}
	numbers := func(vs ...uint32) (n []byte) {
		for _, v := range vs {
			n = le.AppendUint32(n, v)
		}
		return n
	}
	text := func(s string) []byte { return append([]byte(s), 0) }

	tag(mb2InfoCommandLine, text(l.CommandLine))
	tag(mb2InfoLoader, text(loaderName))
	for _, m := range l.Modules {
		at, err := l.putModule(m)
		if err != nil {
			return 0, err
		}
		tag(mb2InfoModule, numbers(uint32(at), uint32(at+uint64(len(m.Data)))), text(m.CommandLine))
	}
	tag(mb2InfoMemory, numbers(memmap.ExtendedData>>10, uint32((l.RAM.Low()-memmap.Extended)>>10)))
	ranges := numbers(mb2MapEntry, 0) // size of an entry, version
	for _, r := range l.space.e820 {
		ranges = le.AppendUint64(ranges, r.Start)
		ranges = le.AppendUint64(ranges, r.Size)
		ranges = append(ranges, numbers(uint32(r.Type), 0)...)
	}
	tag(mb2InfoMap, ranges)
	if l.RSDP != 0 {
		var rsdp [rsdpSize]byte
		if err := l.RAM.Read(l.RSDP, rsdp[:]); err != nil {
			return 0, wrong("memory", "the ACPI root pointer: %w", err)
		}
		tag(mb2InfoNewRSDP, rsdp[:])
	}
	tag(mb2InfoEnd)
	le.PutUint32(b, uint32(len(b)))
	return d.add("modules", b)
}
