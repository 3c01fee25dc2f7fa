package monitor

import (
	"errors"
	"fmt"
	"testing"
)

// fakeMemory is 4 KiB at base; every access is noted.
type fakeMemory struct {
	base     uint64
	bytes    [4096]byte
	accesses []string
}

func (m *fakeMemory) at(addr uint64, n int) ([]byte, error) {
	if addr < m.base || addr-m.base > uint64(len(m.bytes)-n) {
		return nil, fmt.Errorf("no memory at %#x", addr)
	}
	return m.bytes[addr-m.base:][:n], nil
}

func (m *fakeMemory) Read(addr uint64, p []byte) error {
	m.accesses = append(m.accesses, fmt.Sprintf("r%d@%x", len(p), addr))
	b, err := m.at(addr, len(p))
	copy(p, b)
	return err
}

func (m *fakeMemory) Write(addr uint64, p []byte) error {
	m.accesses = append(m.accesses, fmt.Sprintf("w%d@%x", len(p), addr))
	b, err := m.at(addr, len(p))
	copy(b, p)
	return err
}

func newFakeMemory() *fakeMemory {
	m := &fakeMemory{base: 0x1000}
	for i := range m.bytes {
		m.bytes[i] = byte(i)
	}
	return m
}

func TestMemoryCommands(t *testing.T) {
	for _, tc := range []struct{ line, want string }{
		{"peek 0x1000", "0000000000001000: 03020100\n"},
		{"peek 0x1001 b", "0000000000001001: 01\n"},
		{"peek 0x1000 5 l", "0000000000001000: 03020100 07060504 0b0a0908 0f0e0d0c\n0000000000001010: 13121110\n"},
		{"peek 4K 3 q", "0000000000001000: 0706050403020100 0f0e0d0c0b0a0908\n0000000000001010: 1716151413121110\n"},
		{"peek 0x1000 2 w", "0000000000001000: 0100 0302\n"},
		{"peek 0x1ff8 q; peek 0x1ff8 2 q", "0000000000001ff8: fffefdfcfbfaf9f8\n0000000000001ff8: fffefdfcfbfaf9f8\npeek: no memory at 0x2000\n"},
		{"peek 0", "peek: no memory at 0x0\n"},
		{"peek zz", "peek: ADDR is \"zz\", not a number such as 4096, 0x1000 or 4K (usage: peek ADDR [N] [b|w|l|q])\n"},
		{"peek 0 0", "peek: N is 0, less than 1 (usage: peek ADDR [N] [b|w|l|q])\n"},
		{"peek 0 4097", "peek: N is 4097, more than 4096 (usage: peek ADDR [N] [b|w|l|q])\n"},
		{"peek 0 1 x", "peek: the width is \"x\", not b, w, l or q (8, 16, 32 or 64 bits) (usage: peek ADDR [N] [b|w|l|q])\n"},
		{"peek 0 b 1", "peek: too many arguments (usage: peek ADDR [N] [b|w|l|q])\n"},
		{"peek 0xfffffffffffffffd", "peek: 0x4 bytes at 0xfffffffffffffffd run over the end of the address space (usage: peek ADDR [N] [b|w|l|q])\n"},
		{"peek 0xfffffffffffffffc", "peek: no memory at 0xfffffffffffffffc\n"},

		{"poke 0x1000 0xdeadbeef; peek 0x1000", "0000000000001000: deadbeef\n"},
		{"poke 0x1000 0x7f b; peek 0x1000", "0000000000001000: 0302017f\n"},
		{"poke 0x1000 0xffffffffffffffff q; peek 0x1000 q", "0000000000001000: ffffffffffffffff\n"},
		{"poke 0x1000 256 b", "poke: VALUE is 256, more than 255 (usage: poke ADDR VALUE [b|w|l|q])\n"},
		{"poke 0x1000 0x100000000", "poke: VALUE is 0x100000000, more than 0xffffffff (usage: poke ADDR VALUE [b|w|l|q])\n"},
		{"poke 0x1000 1 z", "poke: the width is \"z\", not b, w, l or q (8, 16, 32 or 64 bits) (usage: poke ADDR VALUE [b|w|l|q])\n"},
		{"poke 0 1", "poke: no memory at 0x0\n"},
		{"poke 0xffffffffffffffff 1 w", "poke: 0x2 bytes at 0xffffffffffffffff run over the end of the address space (usage: poke ADDR VALUE [b|w|l|q])\n"},

		{"dump 0x1040 20", "0000000000001040: 40 41 42 43 44 45 46 47  48 49 4a 4b 4c 4d 4e 4f |@ABCDEFGHIJKLMNO|\n" +
			"0000000000001050: 50 51 52 53                                      |PQRS|\n"},
		{"dump 0x1078 16", "0000000000001078: 78 79 7a 7b 7c 7d 7e 7f  80 81 82 83 84 85 86 87 |xyz{|}~.........|\n"},
		{"dump 0x1ff0 0x11", "0000000000001ff0: f0 f1 f2 f3 f4 f5 f6 f7  f8 f9 fa fb fc fd fe ff |................|\ndump: no memory at 0x2000\n"},
		{"dump 0x1000 0", "dump: LEN is 0, less than 1 (usage: dump ADDR [LEN])\n"},
		{"dump 0x1000 1G", "dump: LEN is 1G, more than 0x100000 (usage: dump ADDR [LEN])\n"},
		{"dump 0xffffffffffffff00 257", "dump: 0x101 bytes at 0xffffffffffffff00 run over the end of the address space (usage: dump ADDR [LEN])\n"},
	} {
		m := newFakeMemory()
		got, _ := run(t, tc.line, Peek(m), Poke(m), Dump(m))
		if got != tc.want {
			t.Errorf("%s printed\n%q\nwant\n%q", tc.line, got, tc.want)
		}
	}
}

// A device register must be touched once, at its own width.
func TestPeekAndPokeMakeOneAccessPerValue(t *testing.T) {
	m := newFakeMemory()
	run(t, "peek 0x1008 2 l; poke 0x1010 1 q; peek 0x1001 b", Peek(m), Poke(m))
	if got, want := fmt.Sprint(m.accesses), "[r4@1008 r4@100c w8@1010 r1@1001]"; got != want {
		t.Errorf("accesses %s, want %s", got, want)
	}
}

func TestLongDumpStopsAtCtrlC(t *testing.T) {
	m := endless{}
	c := start(t, Dump(m))
	c.send("dump 0 1M\r")
	c.expect("0000000000000100:")
	c.send("\x03")
	c.expect("dump: stopped\r\n" + Prompt)
}

type endless struct{}

func (endless) Read(addr uint64, p []byte) error  { return nil }
func (endless) Write(addr uint64, p []byte) error { return errors.New("read-only") }
