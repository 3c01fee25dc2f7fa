package lapic

import "testing"

// shared is a processor that has CR8.
type shared struct {
	cr8, below uint8
}

func (s *shared) Raised() *uint8    { return &s.cr8 }
func (s *shared) CR8() uint8        { return s.cr8 }
func (s *shared) SetCR8(v uint8)    { s.cr8 = v }
func (s *shared) ExitBelow(v uint8) { s.below = v }

func TestGuestChangesCR8WithoutNotice(t *testing.T) {
	_, c := one()
	p := new(shared)
	c.reg(0x80, 0x4f)
	c.ShareTPR(p)
	if p.cr8 != 4 || c.TPR() != 0x4f {
		t.Errorf("CR8 %d, TPR %#x", p.cr8, c.TPR())
	}
	p.cr8 = 6
	if tpr, ppr := c.get(0x80), c.get(0xa0); tpr != 0x60 || ppr != 0x60 {
		t.Errorf("TPR %#x, PPR %#x, want 60h", tpr, ppr)
	}
	c.Accept(0x55, false)
	if c.notified != 1 {
		t.Error("not notified: only the processor knows whether CR8 holds it up")
	}
	c.want(t, 0)
	if p.below != 5 {
		t.Errorf("asks for an exit below %d, want 5", p.below)
	}
	p.cr8 = 4
	c.want(t, 0x55)
	if p.below != 0 {
		t.Errorf("still asks for an exit below %d", p.below)
	}
}

// A threshold above CR8 would be refused.
func TestThresholdNeverExceedsCR8(t *testing.T) {
	m, c := one()
	p := &shared{cr8: 15}
	c.ShareTPR(p)
	c.reg(0x80, 0xf0)
	c.Accept(0xd5, false)
	c.want(t, 0)
	if p.below != 13 {
		t.Fatalf("asks for an exit below %d", p.below)
	}
	c.notified = 0
	for _, tpr := range []uint32{0xe0, 0xd8, 0x20} {
		c.reg(0x80, tpr)
		if p.cr8 != uint8(tpr>>4) || p.below > p.cr8 {
			t.Errorf("TPR %#x: CR8 %d, an exit below %d", tpr, p.cr8, p.below)
		}
	}
	if c.notified != 1 {
		t.Errorf("notified %d times, want once, of what 20h lets through", c.notified)
	}
	c.reg(0x80, 0xe0)
	c.want(t, 0)
	m.bus.Send(Message{Mode: INIT})
	if p.cr8 != 14 || p.below != 13 {
		t.Errorf("CR8 is %d, with an exit below %d: an INIT is another processor's, and this one may run", p.cr8, p.below)
	}
	p.cr8 = 0
	if c.TPR() != 0 {
		t.Errorf("TPR %#x after the processor has been reset", c.TPR())
	}
}
