package pc

import "testing"

func TestTheMPTableIsWhereKernelsLook(t *testing.T) {
	c := machine(&host{now: 1})
	c.CPUs = 3
	p := build(t, c)
	m := guestMemory{p}
	for at := uint64(0xf0000); at < 1<<20; at += 16 {
		b := m.Bytes(at, 16)
		if string(b[:4]) != "_MP_" {
			continue
		}
		table := m.Bytes(at+16, 44+20)
		if string(table[:4]) != "PCMP" || table[44+2] != 0x14 || table[44+3] != 3 || table[44+8]&1 == 0 {
			t.Errorf("table % x", table)
		}
		return
	}
	t.Error("there is none")
}
