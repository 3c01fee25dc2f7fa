package boot

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// memory is a fake of host-physical memory: what has not been put there is out
// of reach, and what was put there last counts.
type memory struct{ parts []part }

type part struct {
	pa uint64
	b  []byte
}

func (m *memory) Bytes(pa uint64, n int) []byte {
	for _, p := range slices.Backward(m.parts) {
		if pa >= p.pa && n >= 0 && pa-p.pa <= uint64(len(p.b)) && uint64(n) <= uint64(len(p.b))-(pa-p.pa) {
			return p.b[pa-p.pa:][:n]
		}
	}
	return nil
}

// put makes b readable at pa, and the rest of its last page, so that strings
// can be read there.
func (m *memory) put(pa uint64, b []byte) {
	pad := -(pa + uint64(len(b))) % PageSize
	m.putExact(pa, append(bytes.Clone(b), make([]byte, pad)...))
}

// putExact makes b readable at pa and nothing behind it.
func (m *memory) putExact(pa uint64, b []byte) { m.parts = append(m.parts, part{pa, b}) }

// pack lays out values as a loader does: little-endian, without gaps.
func pack(vs ...any) []byte {
	var b []byte
	for _, v := range vs {
		switch v := v.(type) {
		case int:
			panic(fmt.Sprintf("pack: %d has no size", v))
		case string:
			b = append(b, v...)
		case []byte:
			b = append(b, v...)
		default:
			var err error
			if b, err = binary.Append(b, binary.LittleEndian, v); err != nil {
				panic(err)
			}
		}
	}
	return b
}

type (
	u16 = uint16
	u32 = uint32
	u64 = uint64
)

// readHandover reads a recorded hand-over: the registers, and the memory that
// the loader's structures lay in.
func readHandover(t *testing.T, name string) (magic uint32, addr uint64, m *memory) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	pages := map[uint64][]byte{}
	for _, line := range strings.Split(string(text), "\n") {
		var pa uint64
		var data string
		if _, err := fmt.Sscanf(line, "eax %x", &magic); err == nil {
			continue
		}
		if _, err := fmt.Sscanf(line, "ebx %x", &addr); err == nil {
			continue
		}
		if _, err := fmt.Sscanf(line, "%x: %s", &pa, &data); err != nil {
			continue
		}
		b, err := hex.DecodeString(data)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		for k, c := range b {
			at := pa + uint64(k)
			page := at &^ (PageSize - 1)
			if pages[page] == nil {
				pages[page] = make([]byte, PageSize)
			}
			pages[page][at%PageSize] = c
		}
	}
	m = &memory{}
	for page, b := range pages {
		if pages[page-PageSize] != nil {
			continue
		}
		for next := page + PageSize; pages[next] != nil; next += PageSize {
			b = append(b, pages[next]...)
		}
		m.putExact(page, b)
	}
	return magic, addr, m
}

// problems are the problems of i in words.
func problems(i *Info) string {
	var all []string
	for k := range i.Problems() {
		all = append(all, i.Problems()[k].String())
	}
	return strings.Join(all, "\n")
}

// wantProblem fails unless there is exactly one problem, with this code.
func wantProblem(t *testing.T, i *Info, c Code) {
	t.Helper()
	if p := i.Problems(); len(p) != 1 || p[0].Code != c {
		t.Errorf("problems:\n%s\nwant one: %v", problems(i), c)
	}
}

// wantMemory fails unless the memory map has these regions.
func wantMemory(t *testing.T, m *Map, want ...Region) {
	t.Helper()
	if got := m.Regions(); fmt.Sprintf("%x", got) != fmt.Sprintf("%x", want) {
		t.Errorf("map\n%x, want\n%x", got, want)
	}
}
