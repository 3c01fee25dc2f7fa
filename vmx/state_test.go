//go:build !tamago

package vmx

import (
	"math/rand/v2"
	"testing"

	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// someState is a state with something else in every field.
func someState(r *rand.Rand) (s x86.State) {
	for i := range s.GPR {
		s.GPR[i] = r.Uint64()
	}
	s.RIP, s.RFLAGS, s.CPL, s.Shadow = r.Uint64(), r.Uint64(), uint8(r.Uint64()&3), r.Uint64()&1 != 0
	for i := range s.Seg {
		s.Seg[i] = x86.Segment{Selector: uint16(r.Uint64()), Attributes: x86.Attributes(r.Uint64() & 0xfff), Limit: uint32(r.Uint64()), Base: r.Uint64()}
	}
	ss := &s.Seg[x86.SS].Attributes
	*ss = *ss&^(3<<accessDPLShift) | x86.Attributes(s.CPL)<<accessDPLShift
	s.GDTR = x86.Table{Base: r.Uint64(), Limit: uint16(r.Uint64())}
	s.IDTR = x86.Table{Base: r.Uint64(), Limit: uint16(r.Uint64())}
	for _, p := range []*uint64{&s.CR0, &s.CR2, &s.CR3, &s.CR4, &s.CR8, &s.EFER, &s.XCR0, &s.DR[0], &s.DR[1], &s.DR[2], &s.DR[3], &s.DR6, &s.DR7,
		&s.STAR, &s.LSTAR, &s.CSTAR, &s.SFMASK, &s.KernelGSBase, &s.SysenterCS, &s.SysenterESP, &s.SysenterEIP, &s.PAT, &s.SpecCtrl} {
		*p = r.Uint64()
	}
	s.CR8 &= 0xf
	s.TSCAux = uint64(uint32(r.Uint64()))
	return s
}

func TestStateIsWhatWasSet(t *testing.T) {
	c, v := running(t)
	r := rand.New(rand.NewPCG(3, 5))
	for range 200 {
		want := someState(r)
		c.SetState(&want)
		var got x86.State
		c.State(&got)
		if got != want {
			t.Fatalf("state is\n%+v\nwant\n%+v", got, want)
		}
		// And when it has been through the VMCS.
		v.store(guestFields[:], &c.guest)
		c.guest, c.look, c.fresh = guest{CR0Shadow: c.guest.CR0Shadow, CR4Shadow: c.guest.CR4Shadow}, look{}, freshNone
		c.State(&got)
		if got != want {
			t.Fatalf("state from the VMCS is\n%+v\nwant\n%+v", got, want)
		}
	}
}

func TestLookIsThatPartOfTheState(t *testing.T) {
	c, v := running(t)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 200 {
		want := someState(r)
		c.SetState(&want)
		if i%2 != 0 {
			v.store(guestFields[:], &c.guest)
			c.state, c.look, c.fresh = x86.State{Registers: x86.Registers{GPR: c.state.GPR}}, look{}, freshNone
		}
		got := c.Look()
		if got.GPR != want.GPR || got.RIP != want.RIP || got.RFLAGS != want.RFLAGS || got.CPL != want.CPL || got.Shadow != want.Shadow ||
			got.CR0 != want.CR0 || got.CR3 != want.CR3 || got.CR4 != want.CR4 || got.EFER != want.EFER ||
			got.Seg[x86.CS].Base != want.Seg[x86.CS].Base || got.Seg[x86.CS].Attributes != want.Seg[x86.CS].Attributes {
			t.Fatalf("Look is\n%+v\nwant\n%+v", got, want)
		}
		c.LookSegments()
		if got.Seg != want.Seg {
			t.Fatalf("segments are\n%+v\nwant\n%+v", got.Seg, want.Seg)
		}
	}
}

func TestNewCPUCanBeEntered(t *testing.T) {
	for _, m := range []cpuidtest.Model{cpuidtest.BochsBroadwell, cpuidtest.BochsSkylake} {
		e, f := newEngine(t, m)
		s, _ := e.NewSpace()
		before := len(f.pages)
		made, err := e.NewCPU(s)
		if err != nil {
			t.Fatal(err)
		}
		c := made.(*CPU)
		if err := c.wrong(); err != nil {
			t.Error(err)
		}
		var got, want x86.State
		c.State(&got)
		if want.Reset(0); got != want {
			t.Errorf("state is %+v, want that of power-on", got)
		}
		c.Close()
		if len(f.pages) != before {
			t.Errorf("%d pages, %d before the processor was made", len(f.pages), before)
		}
	}
}

func TestNewCPUWithoutMemoryLeavesNothing(t *testing.T) {
	e, f := newEngine(t, cpuidtest.BochsBroadwell)
	s, _ := e.NewSpace()
	before := len(f.pages)
	for n := range 3 {
		f.left = n
		if _, err := e.NewCPU(s); err == nil {
			t.Errorf("with %d allocations: no error", n)
		}
		if len(f.pages) != before {
			t.Errorf("with %d allocations: %d pages remain", n, len(f.pages)-before)
		}
	}
}

func TestSkip(t *testing.T) {
	c, _ := running(t)
	for _, tc := range []struct {
		name      string
		efer      uint64
		cs        x86.Segment
		rip, want uint64
	}{
		{"64-bit", x86.EFERLMA, x86.FlatCode64, 0xffff_ffff, 0x1_0000_0001},
		{"compatibility mode", x86.EFERLMA, x86.FlatCode32, 0xffff_ffff, 1},
		{"32-bit", 0, x86.FlatCode32, 0xffff_fffe, 0},
		{"32-bit, behind 64 KiB", 0, x86.FlatCode32, 0xfffe, 0x1_0000},
		{"real mode", 0, x86.Segment{Attributes: 0x9b, Limit: 0xffff}, 0x7c00, 0x7c02},
	} {
		s := longMode()
		s.EFER, s.Seg[x86.CS], s.RIP, s.Shadow = tc.efer, tc.cs, tc.rip, true
		c.SetState(&s)
		c.Skip(2)
		if c.RIP() != tc.want || !c.CanInterrupt() {
			t.Errorf("%s: RIP is %#x, want %#x; can interrupt: %v", tc.name, c.RIP(), tc.want, c.CanInterrupt())
		}
	}
}

func TestABadStateIsNotEntered(t *testing.T) {
	c, v := running(t)
	s := longMode()
	s.CR4 |= x86.CR4VMXE
	c.SetState(&s)
	var e vmm.Exit
	c.Run(&e)
	if e.Reason != vmm.ReasonInvalid || v.entries != 0 || c.Why() == nil {
		t.Errorf("%v after %d entries: %v", e.Reason, v.entries, c.Why())
	}
}

// A ringing bell keeps the guest out, and nothing of what was to happen is lost.
func TestTheBellKeepsTheGuestOut(t *testing.T) {
	c, v := running(t)
	var bell vmm.Bell
	c.Watch(&bell)
	c.Interrupt(0x31)
	c.Window(true)
	bell.Rang.Store(1)
	var e vmm.Exit
	c.Run(&e)
	if e.Reason != vmm.ReasonHost || !e.Delivering || v.entries != 0 || e.RIP != 0x1000 {
		t.Fatalf("%+v after %d entries", e, v.entries)
	}
	bell.Rang.Store(0)
	c.Run(&e)
	if v.entries != 1 || v.at.event != 0x8000_0031 || v.fields[fieldPrimary]&primaryInterruptWindow == 0 || v.fields[fieldCR0] == 0 {
		t.Errorf("%d entries, event %#x, fields %#x", v.entries, v.at.event, v.fields)
	}
}
