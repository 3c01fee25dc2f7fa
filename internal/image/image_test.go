package image

import (
	"bytes"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// linked is a small Go program, linked as the kernel is.
func linked(t *testing.T) []byte {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module hello\n\ngo 1.26\n")
	write("main.go", "package main\n\nvar zero [1 << 20]byte\n\nfunc main() { zero[9]++; println(\"hello\", zero[9]) }\n")
	cmd := exec.Command("go", "build", "-ldflags", "-T 0x01010000 -R 0x1000", "-o", "hello")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GOTOOLCHAIN=local")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	b, err := os.ReadFile(filepath.Join(dir, "hello"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// extent is what a loader must do with a program, from its program headers.
type extent struct{ start, fileEnd, memEnd, entry uint32 }

func extentOf(t *testing.T, f *elf.File) extent {
	t.Helper()
	e := extent{start: 1<<32 - 1, entry: uint32(f.Entry)}
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD {
			e.start = min(e.start, uint32(p.Vaddr))
			e.fileEnd = max(e.fileEnd, uint32(p.Vaddr+p.Filesz))
			e.memEnd = max(e.memEnd, uint32(p.Vaddr+p.Memsz))
		}
	}
	return e
}

// read32 reads 32-bit words of a header.
func read32(b []byte, n int) []uint32 {
	ws := make([]uint32, n)
	for k := range ws {
		ws[k] = le.Uint32(b[4*k:])
	}
	return ws
}

func TestBootWritesHeadersForThisProgram(t *testing.T) {
	in := linked(t)
	kept := bytes.Clone(in)
	out, err := Boot(in)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(in, kept) {
		t.Error("Boot changed its input")
	}
	f, err := elf.NewFile(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	want := extentOf(t, f)
	if want.start != 0x0100f000 || want.memEnd-want.fileEnd < 1<<20 {
		t.Fatalf("the program is not what this test needs: %#x", want)
	}

	t.Run("multiboot 1", func(t *testing.T) {
		for off := 0; off < 8192-48; off += 4 {
			h := read32(out[off:], 8)
			if h[0] != 0x1BADB002 || h[0]+h[1]+h[2] != 0 {
				continue
			}
			if h[1] != 0x10003 {
				t.Errorf("flags %#x", h[1])
			}
			if h[3]-h[4] != uint32(off) {
				t.Errorf("header at file offset %#x says it is loaded at %#x, %#x from the start", off, h[3], h[3]-h[4])
			}
			if got := (extent{h[4], h[5], h[6], h[7]}); got != want {
				t.Errorf("%#x, want %#x", got, want)
			}
			return
		}
		t.Error("no header")
	})

	t.Run("multiboot 2", func(t *testing.T) {
		for off := 0; off < 32768-16; off += 8 {
			h := read32(out[off:], 4)
			if h[0] != 0xE85250D6 || h[0]+h[1]+h[2]+h[3] != 0 {
				continue
			}
			if h[1] != 0 {
				t.Errorf("architecture %d", h[1])
			}
			checkTags(t, out[off:off+int(h[2])], uint32(off), want)
			return
		}
		t.Error("no header")
	})

	t.Run("PVH", func(t *testing.T) {
		for _, p := range f.Progs {
			b := make([]byte, p.Filesz)
			if _, err := p.ReadAt(b, 0); p.Type != elf.PT_NOTE || err != nil || !bytes.Contains(b, []byte("Xen\x00")) {
				continue
			}
			if h := read32(b, 6); h[0] != 4 || h[1] != 8 || h[2] != 18 || h[4] != want.entry || h[5] != 0 {
				t.Errorf("note %#x", h)
			}
			if p.Vaddr != uint64(want.start)+p.Off || p.Paddr != p.Vaddr {
				t.Errorf("note at file offset %#x says it is loaded at %#x", p.Off, p.Vaddr)
			}
			return
		}
		t.Error("no note")
	})

	t.Run("loading the file as one piece loads every segment", func(t *testing.T) {
		image := out[:want.fileEnd-want.start]
		for _, p := range f.Progs {
			if p.Type != elf.PT_LOAD {
				continue
			}
			b := make([]byte, p.Filesz)
			if _, err := p.ReadAt(b, 0); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(image[uint32(p.Vaddr)-want.start:][:len(b)], b) {
				t.Errorf("segment at %#x is not where it belongs", p.Vaddr)
			}
		}
	})

	t.Run("nothing else changes", func(t *testing.T) {
		l, err := readLayout(in)
		if err != nil {
			t.Fatal(err)
		}
		for off := range out {
			header := uint64(off) >= l.roomStart && uint64(off) < l.roomEnd
			stack := uint64(off) >= programHeader(l.stack) && uint64(off) < programHeader(l.stack+1)
			if in[off] != out[off] && !header && !stack {
				t.Fatalf("byte %#x changed", off)
			}
		}
	})

	t.Run("Linux still runs it", func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "hello")
		if err := os.WriteFile(name, out, 0o755); err != nil {
			t.Fatal(err)
		}
		if got, err := exec.Command(name).CombinedOutput(); err != nil || string(got) != "hello 1\n" {
			t.Errorf("%v, %q", err, got)
		}
	})

	t.Run("GRUB agrees", func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "hello")
		if err := os.WriteFile(name, out, 0o755); err != nil {
			t.Fatal(err)
		}
		if _, err := exec.LookPath("grub-file"); err != nil {
			t.Log("grub-file is not installed; the checks above stand alone")
			return
		}
		for _, kind := range []string{"--is-x86-multiboot", "--is-x86-multiboot2"} {
			if err := exec.Command("grub-file", kind, name).Run(); err != nil {
				t.Errorf("grub-file %s: %v", kind, err)
			}
		}
	})

	t.Run("a second time is refused", func(t *testing.T) {
		if _, err := Boot(out); err == nil || !strings.Contains(err.Error(), "already has multiboot headers") {
			t.Errorf("error %v", err)
		}
	})
}

// checkTags reads the tags of a multiboot 2 header at file offset off.
func checkTags(t *testing.T, h []byte, off uint32, want extent) {
	t.Helper()
	seen := map[uint16]bool{}
	for at := 16; ; {
		kind, flags, size := le.Uint16(h[at:]), le.Uint16(h[at+2:]), int(le.Uint32(h[at+4:]))
		body := read32(h[at+8:], (size-8)/4)
		seen[kind] = true
		switch kind {
		case 2:
			if body[0]-body[1] != off {
				t.Errorf("header at file offset %#x says it is loaded at %#x, %#x from the start", off, body[0], body[0]-body[1])
			}
			if got := (extent{body[1], body[2], body[3], want.entry}); got != want {
				t.Errorf("%#x, want %#x", got, want)
			}
		case 3:
			if body[0] != want.entry {
				t.Errorf("entry %#x, want %#x", body[0], want.entry)
			}
		case 0:
			if size != 8 || at+8 != len(h) {
				t.Errorf("end tag of %d bytes at %d of %d", size, at, len(h))
			}
			for _, kind := range []uint16{1, 2, 3, 6} {
				if !seen[kind] {
					t.Errorf("no tag of type %d", kind)
				}
			}
			return
		case 5, 4:
			t.Errorf("tag of type %d asks for a video mode", kind)
		default:
			if flags&1 == 0 {
				t.Errorf("tag of type %d is not optional", kind)
			}
		}
		at += (size + 7) &^ 7
	}
}

func TestHideMultibootLeavesPVH(t *testing.T) {
	in := tiny()
	if _, err := HideMultiboot(in); err == nil {
		t.Error("there was nothing to hide")
	}
	both, err := Boot(in)
	if err != nil {
		t.Fatal(err)
	}
	out, err := HideMultiboot(both)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := Describe(out); err != nil || !strings.HasSuffix(s, "; PVH") {
		t.Errorf("%q, %v", s, err)
	}
	if le.Uint32(both[findMultiboot1(both):]) != 0x1BADB002 {
		t.Error("HideMultiboot changed its input")
	}
}

func TestDescribe(t *testing.T) {
	in := tiny()
	out, err := Boot(in)
	if err != nil {
		t.Fatal(err)
	}
	const measures = "ELF64 of 0.0 MiB, entry 0x100f800, loads 0x100f000-0x1011010, memory to 0x1013000; "
	for _, c := range []struct {
		in   []byte
		want string
	}{
		{in, measures + "no boot headers"},
		{out, measures + "multiboot 1, multiboot 2, PVH"},
	} {
		if got, err := Describe(c.in); err != nil || got != c.want {
			t.Errorf("%q, %v, want %q", got, err, c.want)
		}
	}
	if _, err := Describe([]byte("#!/bin/sh\n")); err == nil {
		t.Error("a script was described")
	}
}
