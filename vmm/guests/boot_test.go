//go:build boot

package guests

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/guests/asm"
)

// The guests run on QEMU as a bare machine: a ROM takes the place of the
// firmware, copies the guest to where it belongs and starts it.
const (
	romSize  = 128 << 10 // QEMU shows a ROM of this size below 1 MiB and below 4 GiB
	romBase  = 1<<20 - romSize
	romCode  = 1<<20 - 0x1000 // the code that starts the guest, up to the reset vector
	romReset = 1<<20 - 0x10
	romSeg   = 0xf000 // real-mode segment of romCode
)

// Selectors of the ROM's GDT, beside those that the guest starts with.
const (
	rom32 = 0x20 // code with the base romSeg<<4
	rom16 = 0x28
	data  = 0x30
)

// poison fills the memory: a guest may not count on zeros.
const poison = 0xcccccccc

// rom returns a ROM that starts a guest.
func rom(t *testing.T, g Guest, image []byte) []byte {
	t.Helper()
	b := make([]byte, romSize)
	copy(b[:romCode-romBase], image)
	a := asm.New(romCode-romSeg<<4, 16)
	romStart(a, g, len(image))
	code, err := a.Assemble()
	if err != nil {
		t.Fatal(err)
	}
	copy(b[romCode-romBase:romReset-romBase], code)
	far := romCode - romSeg<<4
	copy(b[romReset-romBase:], []byte{0xea, byte(far), byte(far >> 8), romSeg & 0xff, romSeg >> 8})
	return b
}

// romStart fills the memory, copies an image of size bytes from the ROM's begin
// and enters it.
func romStart(a *asm.Assembler, g Guest, size int) {
	a.Cli()
	a.Lgdt(asm.Mem{Seg: asm.CS, Label: "gdtr"})
	a.Mov(asm.EAX, asm.CR0)
	a.Or(asm.AL, asm.Imm(1))
	a.Mov(asm.CR0, asm.EAX)
	a.JmpFar(rom32, "protected")
	a.Bits(32)
	a.Label("protected")
	segments := func(v asm.Imm) {
		a.Mov(asm.AX, v)
		for _, s := range []asm.Reg{asm.DS, asm.ES, asm.SS, asm.FS, asm.GS} {
			a.Mov(s, asm.AX)
		}
	}
	segments(Data)
	a.Cld()
	for _, ram := range [][2]uint64{{0, 0xa0000}, {1 << 20, g.Memory}} {
		a.Mov(asm.EAX, asm.Imm(poison))
		a.Mov(asm.EDI, asm.Imm(ram[0]))
		a.Mov(asm.ECX, asm.Imm((ram[1]-ram[0])/4))
		a.Rep()
		a.Stosd()
	}
	a.Mov(asm.ESI, asm.Imm(romBase))
	a.Mov(asm.EDI, asm.Imm(LoadAt))
	a.Mov(asm.ECX, asm.Imm(size))
	a.Rep()
	a.Movsb()
	romPM(a)
	entry := func(selector uint16) { // a far jump with 32 bits of offset
		a.Byte(0xea)
		a.Dword(LoadAt)
		a.Word(selector)
	}
	switch g.Mode {
	case Protected:
		entry(Code32)
	case Long:
		a.Mov(asm.EAX, asm.Imm(TablesAt))
		a.Mov(asm.CR3, asm.EAX)
		a.Mov(asm.EAX, asm.Imm(1<<cr4PAE))
		a.Mov(asm.CR4, asm.EAX)
		a.Mov(asm.ECX, asm.Imm(msrEFER))
		a.Mov(asm.EAX, asm.Imm(1<<eferLME))
		a.Mov(asm.EDX, asm.Imm(0))
		a.Wrmsr()
		a.Mov(asm.EAX, asm.CR0)
		a.Bts(asm.EAX, asm.Imm(cr0PG))
		a.Mov(asm.CR0, asm.EAX)
		entry(Code64)
	case Real:
		a.JmpFar(rom16, "leave")
		a.Bits(16)
		a.Label("leave")
		segments(data)
		a.Mov(asm.EAX, asm.CR0)
		a.And(asm.AL, asm.Imm(0xfe))
		a.Mov(asm.CR0, asm.EAX)
		segments(0)
		a.Byte(0xea)
		a.Word(LoadAt, 0)
	}
	a.Align(8)
	tables := uint32(a.Here() + romSeg<<4)
	a.Qword(gdt[:rom32/8]...)
	a.Qword(0x00cf9b0f0000ffff, 0x00009b0f0000ffff, 0x000093000000ffff)
	a.Label("gdtr")
	a.Word(data + 7)
	a.Dword(tables)
}

// romPM gives the PIIX4's power management registers their ports, as firmware
// does: PMBA and PMREGMISC of device 1, function 3.
func romPM(a *asm.Assembler) {
	const function = 1<<31 | 1<<11 | 3<<8
	for _, w := range [][2]int64{{0x40, pm1Control - 4 | 1}, {0x80, 1}} {
		a.Mov(asm.DX, asm.Imm(0xcf8))
		a.Mov(asm.EAX, asm.Imm(function|w[0]))
		a.Out(asm.DX, asm.EAX)
		a.Mov(asm.DX, asm.Imm(0xcfc))
		a.Mov(asm.EAX, asm.Imm(w[1]))
		a.Out(asm.DX, asm.EAX)
	}
}

// known are the checks that QEMU 7.2's TCG fails, by guest: there it is not
// what the manuals say.
var known = map[string][]string{
	// Any MSR can be read and written, and RDPMC does not exist.
	"exits": {"rdmsr of an MSR that is not there", "wrmsr of an MSR that is not there", "wrmsr of reserved bits",
		"rdpmc of a counter that is not there"},
	// EFER.LME can be written in long mode.
	"modes": {"EFER.LME off in long mode"},
	// Segments have no limits.
	"prot16": {"beyond the limit", "across the limit", "far beyond the limit", "expand-down, below"},
	// The counter cannot be written.
	"tsc": {"can be set"},
	// Memory without a device reads zeros.
	"mmio":          {"unclaimed reads all ones"},
	"hostile-probe": {"beyond memory are all ones", "across the end, beyond"},
}

func TestGuestsOnQEMU(t *testing.T) {
	for _, g := range All {
		t.Run(g.Name, func(t *testing.T) {
			image, err := g.Build()
			if err != nil {
				t.Fatal(err)
			}
			q := start(t, g, rom(t, g, image))
			end := q.wait(t, g)
			serial, err := os.ReadFile(q.serial)
			if err != nil {
				t.Fatal(err)
			}
			console := q.console.String() + string(serial)
			if !regexp.MustCompile(g.Expect).MatchString(console) {
				t.Errorf("no %q on the console", g.Expect)
			}
			var failed []string
			for _, m := range regexp.MustCompile(`(?m)^FAIL \S+ (.*) got`).FindAllStringSubmatch(console, -1) {
				what, _, _ := strings.Cut(m[1], ": ")
				failed = append(failed, what)
			}
			failed = slices.Compact(failed)
			if !slices.Equal(failed, known[g.Name]) && g.Ends != Anyhow {
				t.Errorf("failed %q, not %q", failed, known[g.Name])
			}
			want := map[End]string{Exits: "exit 0", Halts: "halted", TripleFaults: "guest-reset", Resets: "guest-reset", PowersOff: "guest-shutdown"}[g.Ends]
			if g.Ends == Exits && len(failed) > 0 {
				want = "exit 1"
			}
			if end != want && g.Ends != Anyhow {
				t.Errorf("the end was %q, not %q", end, want)
			}
			if t.Failed() || testing.Verbose() {
				t.Log(console[:min(len(console), 8<<10)])
			}
		})
	}
}
