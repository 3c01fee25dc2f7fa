package ahci

import (
	"slices"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
)

// The MSI capability, the function's first. PCI 3.0 §6.8.1.
const (
	msiControl = 0x42
	msiAddress = 0x44
	msiData    = 0x4c
)

// A driver by messages is told of each port that begins to interrupt, and again
// of what still does when it has said what it has seen.
func TestMessagesTellOfEachNewInterrupt(t *testing.T) {
	r := newRig(t)
	r.config(msiAddress, 4, 0xfee00000)
	r.config(msiData, 2, 0x4031)
	r.config(msiControl, 2, 1)
	want := func(when string, n int) {
		t.Helper()
		r.Drain()
		if want := slices.Repeat([]uint32{0x4031}, n); !slices.Equal(r.messages, want) {
			t.Errorf("%s: messages %x, want %d", when, r.messages, n)
		}
		r.messages = nil
	}
	read := func(port int) {
		code, n := fis(0x25, 0, 1), 512
		r.fill(port, 0, code, nil, region{dataAt, n})
		r.issue(port)
	}
	r.start(0)
	r.start(3)
	want("started", 0)
	read(0)
	want("a command has ended", 1)
	read(0)
	want("another, before the guest has looked", 0)
	read(3)
	want("one of another port", 1)
	r.set(at(0, portIS), ^uint32(0))
	r.set(regIS, 1<<0)
	want("one port seen, the other not", 1)
	r.set(regIS, 1<<3)
	want("the port's own status not cleared", 1)
	r.set(at(3, portIS), ^uint32(0))
	r.set(regIS, 1<<3)
	want("all seen", 0)
	read(0)
	want("after that", 1)
	saved := devicetest.Save(r.ahci)
	r.ahci.Reset()
	devicetest.Load(t, r.ahci, saved)
	want("loaded", 0)
	if r.line.Level || r.line.Edges != 0 {
		t.Error("the pin was driven too")
	}
}
