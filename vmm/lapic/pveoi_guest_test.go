package lapic

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// guest takes interrupts whenever its processor is out of it, and ends them, by
// the word if it may.
type guest struct {
	*cpu
	nested []uint8 // that it handles
	taken  []uint8
}

// enter is what the vCPU does before it enters its guest, if it was notified.
func (g *guest) enter() {
	if g.notified == 0 {
		return
	}
	g.notified = 0
	for {
		v, ok := g.Pending()
		if !ok {
			return
		}
		g.Acknowledge(v)
		g.nested, g.taken = append(g.nested, v), append(g.taken, v)
	}
}

// finish ends the interrupt that the guest handles.
func (g *guest) finish() {
	if len(g.nested) == 0 {
		return
	}
	g.nested = g.nested[:len(g.nested)-1]
	if g.pvEOI != 0 && g.pvWord()[0]&1 != 0 {
		g.pvWord()[0] &^= 1
		return
	}
	g.reg(0xb0, 0)
}

// A guest with the word takes what one without it takes, when that does.
func TestAGuestSeesNoDifference(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		ma, a := one()
		mb, b := onePV(t)
		plain, word := &guest{cpu: a}, &guest{cpu: b}
		for range 100 {
			vector, level, tpr := uint8(0x20+r.IntN(4)<<4+r.IntN(3)), r.IntN(4) == 0, uint8(r.IntN(6)<<4)
			what := r.IntN(8)
			for _, g := range []*guest{plain, word} {
				switch what {
				case 0:
					g.SetTPR(tpr)
				case 1, 2, 3:
					g.Accept(vector, level)
				default:
					g.finish()
				}
				g.enter()
			}
			word.get(0x100)
			if !slices.Equal(plain.taken, word.taken) || a.isr != b.isr || a.irr != b.irr || !slices.Equal(ma.ended, mb.ended) {
				t.Fatalf("taken %x, without the word %x; ended %x and %x", word.taken, plain.taken, mb.ended, ma.ended)
			}
		}
	}
}

// However long the processor takes to come back, nothing is lost.
func TestNoInterruptIsLost(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		_, c := onePV(t)
		g := &guest{cpu: c}
		for range 100 {
			switch r.IntN(8) {
			case 0, 1:
				c.Accept(uint8(0x20+r.IntN(4)<<4+r.IntN(3)), false)
			case 2:
				g.enter()
			default:
				g.finish()
			}
		}
		for g.enter(); len(g.nested) > 0; g.enter() {
			g.finish()
		}
		c.collect()
		if c.irr.words != 0 || c.service != 0 {
			t.Fatalf("the guest has nothing to do, and %#x waits, %#x is in service", c.irr.highest(), c.service)
		}
	}
}
