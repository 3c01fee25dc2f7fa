package coredump

import (
	"bytes"
	"debug/elf"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/internal/coredump/wire"
	"github.com/ringo-vmm/ringo/internal/hostpkg"
)

// dump is a log with a dump in it.
func dump(change func(w *wire.Writer)) string {
	var b bytes.Buffer
	w := &wire.Writer{Print: func(p []byte) { b.Write(p) }}
	b.WriteString("ringo: panic: something\r\nguest text without an end ")
	change(w)
	return strings.ReplaceAll(b.String(), "\n", "\r\n") + "ringo: exit 2\r\n"
}

func full(w *wire.Writer) {
	w.Begin(0x3000)
	w.Processor(1, &wire.Registers{RIP: 0x1000, RFLAGS: 2})
	w.Processor(0, &wire.Registers{RIP: 0x2000})
	w.Memory(0x20_0000, []byte("second"))
	w.Memory(0x10_0000, bytes.Repeat([]byte("ab"), 0x800))
	w.Memory(0x10_1000, []byte("behind"))
	w.End()
}

func TestRead(t *testing.T) {
	d, err := Read(strings.NewReader(dump(full)))
	if err != nil {
		t.Fatal(err)
	}
	if !d.Complete || d.Damaged != 0 || len(d.Memory) != 2 || d.Order[0] != 1 || d.Processors[1].RIP != 0x1000 {
		t.Errorf("%+v", d)
	}
	if got := string(d.Bytes(0x10_0ffe, 8)); got != "abbehind" {
		t.Errorf("%q", got)
	}
	if d.Bytes(0x10_0fff, 8) != nil || d.Bytes(0xfffff, 2) != nil || d.Bytes(1<<63, 1) != nil {
		t.Error("memory that is not there")
	}
}

func TestTheLastDumpCounts(t *testing.T) {
	first := dump(func(w *wire.Writer) { w.Begin(1); w.Memory(0x5000, []byte("old")) })
	d, err := Read(strings.NewReader(first + dump(full)))
	if err != nil || d.Bytes(0x5000, 3) != nil || !d.Complete {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestDamageIsTold(t *testing.T) {
	text := dump(full)
	lines := strings.SplitAfter(text, "\n")
	cut := strings.Join(append(lines[:3:3], lines[4:]...), "")
	if d, err := Read(strings.NewReader(cut)); err != nil || d.Complete {
		t.Errorf("a line is missing: complete %v, %v", d.Complete, err)
	}
	const record = 4 // the long one
	at := strings.LastIndex(lines[record], wire.Mark) + len(wire.Mark)
	for i := at; i < len(lines[record])-4; i++ {
		damaged := slices.Clone(lines)
		other := byte('A')
		if damaged[record][i] == other {
			other = 'B'
		}
		damaged[record] = damaged[record][:i] + string(other) + damaged[record][i+1:]
		d, err := Read(strings.NewReader(strings.Join(damaged, "")))
		if err != nil || d.Damaged != 1 || d.Complete {
			t.Errorf("character %d is damaged: %d records, complete %v, %v", i-at, d.Damaged, d.Complete, err)
		}
	}
	if _, err := Read(strings.NewReader("ringo: all is well\n")); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
}

// TestGdbShowsGoroutines dumps a Go program, which stands in for the kernel,
// and has gdb look at it.
func TestGdbShowsGoroutines(t *testing.T) {
	if err := hostpkg.This(os.Stderr).Ensure([]hostpkg.Package{{Apt: "gdb", Probe: "gdb"}}); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "victim")
	build := exec.Command("go", "build", "-o", program, "./testdata/victim")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	log, err := exec.Command(program).Output()
	if err != nil {
		t.Fatal(err)
	}
	d, err := Read(bytes.NewReader(log))
	if err != nil || !d.Complete {
		t.Fatalf("%v", err)
	}
	f, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	threads, err := d.Tasks(f)
	if err != nil {
		t.Fatal(err)
	}
	core := filepath.Join(dir, "core")
	var b bytes.Buffer
	if err := Write(&b, d, threads); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(core, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	out, _ := exec.Command("gdb", "-nx", "-batch", "-ex", "thread apply all bt", "-ex", "p 'main.secret'", program, core).CombinedOutput()
	for _, want := range []string{"main.wait", "main.middle", "main.main", "LWP 1000000", "= 12345"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q", want)
		}
	}
	if t.Failed() {
		t.Logf("%s", out)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(dump(full)))
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := Read(bytes.NewReader(text))
		if err != nil {
			return
		}
		end := uint64(0)
		for _, p := range d.Memory {
			if p.Address < end || len(p.Data) == 0 {
				t.Fatal("memory out of order")
			}
			end = p.Address + uint64(len(p.Data))
		}
		if Write(new(bytes.Buffer), d, nil) != nil {
			t.Fatal("not written")
		}
	})
}
