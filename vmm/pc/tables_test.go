package pc

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/ringo-vmm/ringo/boot/acpi"
)

func TestTheTablesNameTheSerialPortsThatThereAre(t *testing.T) {
	for want, ports := range map[string][]int{"[1]": {}, "[2 3]": {2, 3}, "[4]": {0, 4}, "[]": {0}} {
		c := machine(&host{now: 1})
		for _, n := range ports {
			c.Serials = append(c.Serials, Serial{Port: n, Open: c.Console.Open})
		}
		tables, err := acpi.Find(guestMemory{build(t, c)}, tableArea, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := []int{}
		for _, table := range tables.List() {
			for n := range len(comPorts) + 1 {
				if bytes.Contains(table.Data, fmt.Appendf(nil, "COM%d", n)) {
					got = append(got, n)
				}
			}
		}
		if fmt.Sprint(got) != want {
			t.Errorf("with %v: COM%v, want %s", ports, got, want)
		}
	}
}

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
