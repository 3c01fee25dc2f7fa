package bus

import (
	"fmt"
	"slices"
	"testing"
)

type silent struct{}

func (*silent) In(uint16, int) uint32     { return 0 }
func (*silent) Out(uint16, int, uint32)   {}
func (*silent) Read(uint64, int) uint64   { return 0 }
func (*silent) Write(uint64, int, uint64) {}

func TestAllNamesEveryDeviceOnce(t *testing.T) {
	var ports Ports
	var memory Memory
	for _, d := range []struct {
		name  string
		base  uint16
		count int
	}{{"COM1", 0x3f8, 8}, {"last", 0xfffe, 2}, {"PIC", 0x20, 2}, {"beside", 0x22, 1}} {
		if err := ports.Register(d.name, d.base, d.count, &silent{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := memory.Register("APIC", 0xfee0_0000, 0x1000, &silent{}); err != nil {
		t.Fatal(err)
	}
	var got []string
	ports.All(func(name string, first, last uint16) { got = append(got, fmt.Sprintf("%s %x-%x", name, first, last)) })
	memory.All(func(name string, gpa, size uint64) { got = append(got, fmt.Sprintf("%s %x+%x", name, gpa, size)) })
	want := []string{"PIC 20-21", "beside 22-22", "COM1 3f8-3ff", "last fffe-ffff", "APIC fee00000+1000"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
