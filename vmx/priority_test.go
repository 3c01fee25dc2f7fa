//go:build !tamago

package vmx

import (
	"testing"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/vmm"
)

// CR8 is bits 7:4 of the byte at 80h of the virtual-APIC page. SDM vol. 3 §29.1.1.
func TestCR8IsInTheVirtualAPICPage(t *testing.T) {
	c, v := running(t)
	page := amd64.Bytes(uintptr(c.controls.VirtualAPIC), 4096)
	c.SetCR8(5)
	v.exit(t, c, ReasonInterrupt, nil)
	if page[0x80] != 0x50 || v.fields[fieldVirtualAPIC] != c.apic || v.at.primary&(primaryTPRShadow|primaryCR8Load|primaryCR8Store) != primaryTPRShadow {
		t.Errorf("the byte is %#x, the page %#x, the controls %#x", page[0x80], v.fields[fieldVirtualAPIC], v.at.primary)
	}
	page[0x80] = 0x90
	if c.CR8() != 9 || *c.Raised() == 0 {
		t.Errorf("the guest made it 9, and it is %d", c.CR8())
	}
}

// An entry with a threshold above CR8 would be refused: the engine says what has
// happened instead, once.
func TestThreshold(t *testing.T) {
	c, v := running(t)
	c.SetCR8(7)
	c.ExitBelow(5)
	if e := v.exit(t, c, ReasonTPR, func(*context) { c.SetCR8(6) }); e.Reason != vmm.ReasonWindow || v.fields[fieldTPRThreshold] != 5 {
		t.Errorf("%+v, threshold %d", e, v.fields[fieldTPRThreshold])
	}
	c.SetCR8(3) // by SetState, say
	var e vmm.Exit
	n := v.entries
	c.Run(&e)
	if e.Reason != vmm.ReasonWindow || v.entries != n {
		t.Errorf("%v, %d entries", e.Reason, v.entries-n)
	}
	if e := v.exit(t, c, ReasonInterrupt, nil); e.Reason != vmm.ReasonHost || v.fields[fieldTPRThreshold] != 3 {
		t.Errorf("%+v, threshold %d", e, v.fields[fieldTPRThreshold])
	}
	c.ExitBelow(0)
	c.SetCR8(0)
	if v.exit(t, c, ReasonInterrupt, nil); v.fields[fieldTPRThreshold] != 0 || c.work&workThreshold != 0 {
		t.Errorf("threshold %d", v.fields[fieldTPRThreshold])
	}
}

func TestMovesToCR8ExitWithoutTheShadow(t *testing.T) {
	m := cpuidtest.BochsBroadwell.Clone()
	m.MSRs[msr.VMXTrueProcCtls] &^= primaryTPRShadow << 32
	e, _ := newEngine(t, m)
	s, err := e.NewSpace()
	if err != nil {
		t.Fatal(err)
	}
	made, err := e.NewCPU(s)
	if err != nil {
		t.Fatal(err)
	}
	c := made.(*CPU)
	c.SetCR8(7)
	c.ExitBelow(5)
	if c.primary&(primaryTPRShadow|primaryCR8Load|primaryCR8Store) != primaryCR8Load|primaryCR8Store || c.controls.TPRThreshold != 0 || c.CR8() != 7 {
		t.Errorf("controls %#x, threshold %d, CR8 %d", c.primary, c.controls.TPRThreshold, c.CR8())
	}
}
