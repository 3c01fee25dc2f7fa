package emulate

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

func TestAtHLT(t *testing.T) {
	for code, want := range map[string]bool{"f4": true, "90f4": false, "0ff4": false} {
		if g := newGuest(t, x86.Long64, code); g.AtHLT() != want {
			t.Errorf("%s: %v, want %v", code, !want, want)
		}
	}
	g := newGuest(t, x86.Long64, "f4")
	g.RIP = deviceVA
	if g.AtHLT() {
		t.Error("there is a HLT in a device")
	}
	g.RIP = 1 << 40
	if g.AtHLT() {
		t.Error("there is a HLT in a page that is not mapped")
	}
}
