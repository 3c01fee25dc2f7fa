package loader

import (
	"bytes"
	"slices"
	"testing"

	"github.com/ringo-vmm/ringo/boot"
)

// note is an ELF note.
func note(owner string, kind uint32, contents ...byte) []byte {
	b := le.AppendUint32(nil, uint32(len(owner)))
	b = le.AppendUint32(b, uint32(len(contents)))
	b = le.AppendUint32(b, kind)
	b = append(b, owner...)
	b = append(b, make([]byte, -len(b)&3)...)
	b = append(b, contents...)
	return append(b, make([]byte, -len(b)&3)...)
}

// makePVH makes an ELF image with notes at 0x1800 of the file, in the middle of
// text in memory.
func makePVH(class byte, notes []byte) []byte {
	const at = 0x1800
	segments := append(slices.Clone(kernelSegments), segment{4, at, uint64(len(notes)), 0xc0100100, 0x100100, uint64(len(notes))})
	b := withContents(makeELF(class, 0xc0100000, segments...))
	copy(b[at:], notes)
	return b
}

var pvhNotes = slices.Concat(
	note("Xen\x00", 6, []byte("linux\x00")...),
	note("GNU\x00", noteEntry, 1, 2, 3, 4),
	note("Xen\x00", noteEntry, 0x40, 0x00, 0x10, 0x00),
)

func TestPVH(t *testing.T) {
	for name, image := range map[string][]byte{
		"64-bit ELF":     makePVH(elfClass64, pvhNotes),
		"32-bit ELF":     makePVH(elfClass32, pvhNotes),
		"64-bit address": makePVH(elfClass64, note("Xen\x00", noteEntry, 0x40, 0, 0x10, 0, 0, 0, 0, 0)),
	} {
		c := Config{
			RAM:         memory(t, 16*mib),
			RSDP:        0xe0000,
			Kernel:      Image{"vmlinux", image},
			CommandLine: "console=ttyS0",
			Modules:     []Module{module("a", 5000, "initrd one"), module("b", 3, "")},
		}
		e := mustLoad(t, c)
		if e.Protocol != PVH || e.Mode != Protected || e.RIP != 0x100040 {
			t.Errorf("%s: %v, RIP %#x, want pvh at 0x100040", name, e, e.RIP)
		}
		wantKernelSegments(t, c.RAM)
		i := handover(t, c.RAM, e)
		if i.Protocol != boot.PVH || i.CommandLine() != c.CommandLine || i.RSDP != 0xe0000 {
			t.Errorf("%s: %v, command line %q, RSDP %#x", name, i.Protocol, i.CommandLine(), i.RSDP)
		}
		wantModules(t, c, i)
		wantMap(t, i, 16*mib)
		if got := le.Uint32(read(t, c.RAM, e.RBX+4, 4)); got != 1 {
			t.Errorf("%s: version %d, want 1", name, got)
		}
	}
}

// wantModules fails unless the modules are where the kernel is told.
func wantModules(t *testing.T, c Config, i *boot.Info) {
	t.Helper()
	if len(i.Modules()) != len(c.Modules) {
		t.Fatalf("%d modules, want %d", len(i.Modules()), len(c.Modules))
	}
	for k, m := range i.Modules() {
		want := c.Modules[k]
		if m.CommandLine() != want.CommandLine || m.Start%pageSize != 0 || m.End-m.Start != uint64(len(want.Data)) ||
			!bytes.Equal(read(t, c.RAM, m.Start, len(want.Data)), want.Data) {
			t.Errorf("module %s at %#x-%#x, %q", want.Name, m.Start, m.End, m.CommandLine())
		}
	}
}

// wantMap fails unless the kernel is told of all memory up to low.
func wantMap(t *testing.T, i *boot.Info, low uint64) {
	t.Helper()
	var ram []boot.Range
	for _, r := range i.Memory.Regions() {
		if r.Kind == boot.RAM {
			ram = append(ram, boot.Range{Start: r.Start, End: r.End})
		}
	}
	if want := []boot.Range{{Start: 0, End: 0x9fc00}, {Start: 0x100000, End: low}}; !slices.Equal(ram, want) {
		t.Errorf("memory %#x, want %#x", ram, want)
	}
}

func TestPVHWithoutACommandLineOrModules(t *testing.T) {
	c := Config{RAM: memory(t, 4*mib), Kernel: Image{"k", makePVH(elfClass64, pvhNotes)}}
	i := handover(t, c.RAM, mustLoad(t, c))
	if i.CommandLine() != "" || len(i.Modules()) != 0 || i.RSDP != 0 {
		t.Errorf("command line %q, %d modules, RSDP %#x", i.CommandLine(), len(i.Modules()), i.RSDP)
	}
}

func TestBadPVHImages(t *testing.T) {
	far := makePVH(elfClass64, nil)
	x := elfLayouts[elfClass64]
	put32(x.headerSize+2*x.phSize+x.offset, 0x7fffffff)(far)
	put32(x.headerSize+2*x.phSize+x.fileSize, 12)(far)
	long := slices.Clone(pvhNotes)
	le.PutUint32(long[4:], 0xffffffff)
	owner := slices.Clone(pvhNotes)
	le.PutUint32(owner, 0xfffffffd)
	for name, tt := range map[string]struct {
		b    []byte
		want string
	}{
		"no note":               {makePVH(elfClass64, note("GNU\x00", noteEntry, 1, 2, 3, 4)), "has no PVH note"},
		"cut short":             {makePVH(elfClass64, pvhNotes[:len(pvhNotes)-1]), "is corrupt: an ELF note of 4 and 4 bytes runs past its segment's end"},
		"less than a note":      {makePVH(elfClass64, pvhNotes[:11]), "has no PVH note"},
		"long contents":         {makePVH(elfClass64, long), "is corrupt: an ELF note of 4 and 4294967295 bytes runs past its segment's end"},
		"long owner":            {makePVH(elfClass64, owner), "is corrupt: an ELF note of 4294967293 and 6 bytes runs past its segment's end"},
		"two bytes":             {makePVH(elfClass64, note("Xen\x00", noteEntry, 1, 2)), "is corrupt: its PVH note has 2 bytes"},
		"entry in no segment":   {makePVH(elfClass64, note("Xen\x00", noteEntry, 0, 0, 0x11, 0)), "is corrupt: its PVH entry point 0x110000 is in no segment"},
		"notes beyond the file": {far, "is truncated: 9216 bytes, it has 12 at 0x7fffffff"},
		"no ELF":                {pattern(100), "is no ELF image"},
	} {
		wantError(t, name, Config{RAM: memory(t, 4*mib), Kernel: Image{"k", tt.b}, Protocol: PVH}, "kernel: k: "+tt.want)
	}
}
