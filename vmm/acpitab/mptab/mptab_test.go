package mptab

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/pcihost"
)

const at = 0xf1000

// parsed is a table as a kernel reads it.
type parsed struct {
	processors []string
	buses      map[byte]string
	ioapics    []string
	inputs     map[[2]byte]byte // of the I/O APIC, by bus and source
	levels     map[byte]bool    // inputs that have a level
	locals     []string
}

// parse reads a table by the specification, and fails the test if it cannot.
func parse(t *testing.T, b []byte) *parsed {
	t.Helper()
	sum := func(what string, b []byte) {
		var s byte
		for _, v := range b {
			s += v
		}
		if s != 0 {
			t.Errorf("the sum of the %s is %#x", what, s)
		}
	}
	if string(b[:4]) != "_MP_" || b[8] != 1 || b[9] != 4 {
		t.Fatalf("floating pointer % x", b[:16])
	}
	sum("pointer", b[:16])
	table := b[le.Uint32(b[4:])-at:]
	if string(table[:4]) != "PCMP" || int(le.Uint16(table[4:])) != len(table) || le.Uint32(table[36:]) != 0xfee00000 {
		t.Fatalf("header % x", table[:headerSize])
	}
	sum("table", table)
	p := &parsed{buses: map[byte]string{}, inputs: map[[2]byte]byte{}, levels: map[byte]bool{}}
	entries, last := table[headerSize:], byte(0)
	for range le.Uint16(table[34:]) {
		e := entries[:8]
		if e[0] < last {
			t.Errorf("an entry of type %d behind type %d", e[0], last)
		}
		last = e[0]
		size := 8
		switch e[0] {
		case 0:
			size = 20
			p.processors = append(p.processors, fmt.Sprintf("%d %#x %#x %#x", e[1], e[3], le.Uint32(e[4:]), le.Uint32(entries[8:])))
		case 1:
			p.buses[e[1]] = strings.TrimSpace(string(e[2:8]))
		case 2:
			p.ioapics = append(p.ioapics, fmt.Sprintf("%d %#x %#x", e[1], e[3], le.Uint32(e[4:])))
		case 3:
			if _, twice := p.inputs[[2]byte{e[4], e[5]}]; twice {
				t.Errorf("source %#x of bus %d is there twice", e[5], e[4])
			}
			p.inputs[[2]byte{e[4], e[5]}] = e[7]
			p.levels[e[7]] = e[2]>>2&3 == 3
		case 4:
			p.locals = append(p.locals, fmt.Sprintf("%d to %#x LINT%d", e[1], e[6], e[7]))
		}
		entries = entries[size:]
	}
	if len(entries) != 0 {
		t.Errorf("%d bytes behind the last entry", len(entries))
	}
	return p
}

func build(t *testing.T, c Config) []byte {
	t.Helper()
	b, err := Build(c, at)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAKernelReadsHowInterruptsAreWired(t *testing.T) {
	p := parse(t, build(t, Config{Processors: 3, Signature: 0x800f12, Features: 0x178bfbff, IOAPICID: 7, Routes: [4]uint8{10, 10, 11, 5}}))
	for what, tt := range map[string][2]any{
		"processors": {p.processors, []string{"0 0x3 0x800f12 0x178bfbff", "1 0x1 0x800f12 0x178bfbff", "2 0x1 0x800f12 0x178bfbff"}},
		"buses":      {p.buses, map[byte]string{0: "PCI", 1: "ISA"}},
		"I/O APICs":  {p.ioapics, []string{"7 0x1 0xfec00000"}},
		"local":      {p.locals, []string{"3 to 0xff LINT0", "1 to 0xff LINT1"}},
	} {
		if got, want := fmt.Sprint(tt[0]), fmt.Sprint(tt[1]); got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
	for source, want := range map[[2]byte]byte{
		{isaBus, 0}: 2, {isaBus, 1}: 1, {isaBus, 4}: 4, {isaBus, 14}: 14,
		{pciBus, 1<<2 | 0}: 10, {pciBus, 3<<2 | 0}: 11, {pciBus, 4<<2 | 0}: 5, {pciBus, 4<<2 | 1}: 10, {pciBus, 31<<2 | 3}: 10,
	} {
		if got, ok := p.inputs[source]; !ok || got != want {
			t.Errorf("source %d of bus %d is at input %d, want %d", source[1], source[0], got, want)
		}
	}
	for _, gone := range []byte{2, 5, 10, 11} {
		if _, ok := p.inputs[[2]byte{isaBus, gone}]; ok {
			t.Errorf("ISA interrupt %d is there", gone)
		}
	}
	for input, want := range map[byte]bool{2: false, 4: false, 9: true, 5: true, 10: true, 11: true} {
		if p.levels[input] != want {
			t.Errorf("input %d has a level: %v, want %v", input, p.levels[input], want)
		}
	}
}

func TestTheLargestMachineFitsBelow1MiB(t *testing.T) {
	b := build(t, Config{Processors: maxProcessors, Chipset: pcihost.Q35, Routes: [4]uint8{10, 10, 11, 11}})
	if p := parse(t, b); len(p.processors) != maxProcessors || p.inputs[[2]byte{pciBus, 31 << 2}] != 10 || at+len(b) > 1<<20 {
		t.Errorf("%d processors in %d bytes", len(p.processors), len(b))
	}
}

func TestImpossibleMachinesAreErrors(t *testing.T) {
	for want, tt := range map[string]struct {
		c  Config
		at uint32
	}{
		"0 processors":                     {Config{}, at},
		"255 processors":                   {Config{Processors: 255}, at},
		"PIRQB# is routed to interrupt 16": {Config{Processors: 1, Routes: [4]uint8{0, 16}}, at},
		"want a multiple of 16":            {Config{Processors: 1}, at + 8},
	} {
		if b, err := Build(tt.c, tt.at); err == nil || !strings.Contains(err.Error(), want) || !bytes.Equal(b, nil) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
