package i8042

import (
	"math/rand"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/state"
)

func TestStateSurvives(t *testing.T) {
	r := newRig()
	r.mode(modeSystem | modeTranslate | modeKeyboardInt | modeMouseInt)
	r.toMouse(0xf4)
	r.toMouse(0xe7)
	r.Move(100, 0, 0, 1)
	r.Move(1000, 0, 0, 1)
	r.send(0xf2)
	r.Codes(0x1e, 0x9e)
	r.do(0xd3)
	r.send(0x11)
	r.do(0xd1)

	fresh := newRig()
	devicetest.Survives(t, r, fresh)
	if fresh.mouse.Level != r.mouse.Level || fresh.keyboard.Level != r.keyboard.Level || !r.mouse.Level {
		t.Error("the lines differ")
	}
	for _, x := range []*rig{r, fresh} {
		if x.send(0); x.resets != 1 {
			t.Errorf("the command that waited resets %d times", x.resets)
		}
	}
	k, m := r.drain(t)
	fresh.expect(t, "what was waiting", string(k), string(m))
	if len(k) < 4 || len(m) < 9 {
		t.Errorf("%x and %x were waiting", k, m)
	}
}

func TestImpossibleStatesAreRefused(t *testing.T) {
	for name, spoil := range map[string]func(c *Controller){
		"scan code set 3":  func(c *Controller) { c.keyboard.set = 3 },
		"a queue too long": func(c *Controller) { c.replies.n = mostReplies + 1 },
	} {
		r := newRig()
		spoil(r.Controller)
		c := state.Loader(devicetest.Save(r))
		fresh := newRig()
		fresh.State(c)
		if err := c.Close(); err == nil || !strings.Contains(err.Error(), "i8042") {
			t.Errorf("%s: error %v", name, err)
		}
		fresh.Codes(1)
		fresh.drain(t)
	}
}

// drive does what a guest and a user could.
func (r *rig) drive(ops []byte) {
	for ; len(ops) >= 2; ops = ops[2:] {
		op, v := ops[0], ops[1]
		switch op & 7 {
		case 0, 1:
			r.do(v)
		case 2, 3:
			r.send(v)
		case 4:
			r.status()
			r.clock.Advance(uint64(v) << 20)
		case 5:
			r.read()
		case 6:
			codes := [3]uint8{prefix0, v, ^v}
			switch {
			case op&8 != 0:
				r.Key(Key(codes[op>>7])<<8|Key(v), op&16 != 0)
			case op&16 != 0:
				r.Type([]byte{0x1b, '[', v, ^v}[op>>6:])
				r.Type(AppendKey(make([]byte, 0, MaxSequence), Key(v)|Key(op&0xc0)<<8, op&32 != 0))
			default:
				r.Codes(codes[op>>6:]...)
			}
		case 7:
			r.Move(int(int8(v))<<(op>>3), int(op)-128, int(v), v)
		}
	}
}

func FuzzAccess(f *testing.F) {
	f.Add([]byte("\x00\x60\x02\x47\x02\xf2\x06\x1e\x05\x00\x05\x00\x00\xd4\x02\xf4\x07\x09\x05\x00"), []byte(nil))
	f.Add([]byte("\x00\xd3\x02\x5a\x05\x00\x00\xaa\x05\x00\x00\xfe\x02\xf0\x02\x01\x06\x9e"), []byte(nil))
	r := newRig()
	r.Codes(0x1e)
	r.Key(KeyUp, true)
	r.Type([]byte("ab\x1b["))
	f.Add([]byte("\x05\x00\x04\xff\x05\x00"), devicetest.Save(r))
	f.Fuzz(func(t *testing.T, ops, saved []byte) {
		r := newRig()
		if saved != nil {
			r.State(state.Loader(saved))
		}
		r.drive(ops)
		fresh := newRig()
		fresh.clock.Advance(r.clock.Now())
		devicetest.Survives(t, r, fresh)
		k, m := r.drain(t)
		fresh.expect(t, "after a load", string(k), string(m))
	})
}

func TestAccessesDoNotAllocate(t *testing.T) {
	ops := make([]byte, 4000)
	rand.New(rand.NewSource(1)).Read(ops)
	r := newRig()
	if n := testing.AllocsPerRun(10, func() { r.drive(ops) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkStatus(b *testing.B) {
	p := newRig().Command()
	b.ReportAllocs()
	for b.Loop() {
		p.In(0, 1)
	}
}

func BenchmarkKey(b *testing.B) {
	r := newRig()
	b.ReportAllocs()
	for b.Loop() {
		r.Codes(0x1e)
		r.Data().In(0, 1)
	}
}
