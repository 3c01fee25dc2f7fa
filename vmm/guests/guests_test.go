package guests

import (
	"bytes"
	"encoding/binary"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/guests/asm"
)

func TestEveryGuestBuilds(t *testing.T) {
	names := map[string]bool{}
	for _, g := range All {
		image, err := g.Build()
		if err != nil {
			t.Error(err)
			continue
		}
		if names[g.Name] || g.Help == "" || strings.Contains(g.Help, "\n") || g.Expect == "" {
			t.Errorf("%q: a name of its own, a line of help and what to expect are needed", g.Name)
		}
		names[g.Name] = true
		if _, err := regexp.Compile(g.Expect); err != nil {
			t.Errorf("%s: %v", g.Name, err)
		}
		if g.Hostile != strings.HasPrefix(g.Name, "hostile-") {
			t.Errorf("%s: Hostile is %v", g.Name, g.Hostile)
		}
		if file := strings.ReplaceAll(g.Name, "-", "_") + ".go"; !exists(file) {
			t.Errorf("%s is not in %s", g.Name, file)
		}
		if again, _ := g.Build(); !bytes.Equal(image, again) {
			t.Errorf("%s is another guest each time", g.Name)
		}
		if found, ok := Find(g.Name); !ok || found.Name != g.Name {
			t.Errorf("%s is not found", g.Name)
		}
	}
	if _, ok := Find("nobody"); ok {
		t.Error("nobody is found")
	}
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

func TestEveryGuestIsInTheManual(t *testing.T) {
	page, err := os.ReadFile("../../docs/guests.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range All {
		if line := "| `" + g.Name + "` | " + g.Help + " |"; !bytes.Contains(page, []byte(line)) {
			t.Errorf("docs/guests.md lacks: %s", line)
		}
	}
}

func TestTheExampleInTheManualIsTheGuest(t *testing.T) {
	page, err := os.ReadFile("../../docs/guests.md")
	if err != nil {
		t.Fatal(err)
	}
	code, err := os.ReadFile("hello.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(page, code) {
		t.Error("docs/guests.md does not show hello.go as it is")
	}
}

func TestMistakesNameTheGuestAndTheLine(t *testing.T) {
	for want, code := range map[string]func(p *Prog){
		"guest wrong: guests_test.go:": func(p *Prog) { p.Jmp(asm.Ref("nowhere")) },
		"Errorf":                       func(p *Prog) { p.Errorf("Errorf") },
		"guests_test.go":               func(p *Prog) { p.Check("x", asm.EAX, asm.EAX) },
		"copy it first":                func(p *Prog) { p.Check("x", asm.RSP, asm.Imm(0)) },
		"bytes of code and data, more than 32768": func(p *Prog) { p.Var("v", 0x8000) },
		"has a handler":          func(p *Prog) { p.Handle(1, "a"); p.Handle(1, "b") },
		"no IDT for 16-bit code": func(p *Prog) { p.Bits(16); p.LoadIDT() },
	} {
		_, err := Guest{Name: "wrong", Mode: Long, Code: code}.Build()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, not %q", err, want)
		}
	}
}

func TestImagesOf64BitCodeHaveThePageTables(t *testing.T) {
	for _, c := range []struct {
		mode   Mode
		code   func(p *Prog)
		tables bool
	}{
		{Real, func(*Prog) {}, false},
		{Protected, func(*Prog) {}, false},
		{Long, func(*Prog) {}, true},
		{Protected, func(p *Prog) { p.EnterLong() }, true},
		{Real, func(p *Prog) { p.EnterProtected(); p.EnterLong(); p.LeaveLong(); p.LeaveProtected() }, true},
	} {
		image, err := Guest{Mode: c.mode, Code: c.code}.Build()
		tables := len(image) > TablesAt-LoadAt && bytes.Equal(image[TablesAt-LoadAt:], identityTables())
		if err != nil || tables != c.tables || !tables && len(image) > TablesAt-LoadAt {
			t.Errorf("mode %d: %d bytes, tables %v, %v", c.mode, len(image), tables, err)
		}
	}
}

func TestIdentityTables(t *testing.T) {
	b := identityTables()
	entry := func(table uint64, index uint64) uint64 {
		return binary.LittleEndian.Uint64(b[table-TablesAt+index*8:])
	}
	const address = 0x000ffffffffff000
	for va := uint64(0); va < 4<<30; va += 2 << 20 {
		pdpt := entry(TablesAt, va>>39)
		pd := entry(pdpt&address, va>>30&511)
		page := entry(pd&address, va>>21&511)
		if page&address != va || page&(pagePresent|pageWritable|pageLarge) != pagePresent|pageWritable|pageLarge {
			t.Fatalf("%#x is mapped by %#x", va, page)
		}
		if uncached := page&pageNoCache != 0; uncached != (va >= 3<<30) {
			t.Fatalf("%#x: uncached %v", va, uncached)
		}
	}
}

func TestEveryGuestCanBeStill(t *testing.T) {
	for _, g := range All {
		still := g.Still()
		image, err := still.Build()
		if err != nil {
			t.Errorf("%s: %v", still.Name, err)
		}
		if !strings.Contains(string(image), "still \x00") || still.Name != "still-"+g.Name {
			t.Errorf("%s is not still", still.Name)
		}
	}
}
