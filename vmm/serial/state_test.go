package serial

import (
	"math/rand"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/state"
)

func TestStateSurvives(t *testing.T) {
	r := newRig()
	r.out(regFCR, fcrEnable|0xc0)
	r.out(regMCR, mcrOUT2)
	r.out(regIER, ierReceived|ierTHRE)
	r.out(regSCR, 0x42)
	r.iir()
	r.typing(strings.Repeat("0123456789", 2))
	r.Break()
	for range 10 {
		r.in(regData)
	}
	fresh := newRig()
	devicetest.Survives(t, r, fresh)
	if a, b := r.line.Level, fresh.line.Level; a != b {
		t.Errorf("the line is %t where it was saved, %t where it was loaded", a, b)
	}
	for _, x := range []*rig{r, fresh} {
		x.clock.Advance(1_000_000)
		if got := x.iir(); got != iirTimeout|iirFIFO || !x.line.Level {
			t.Errorf("IIR %#x, line %t", got, x.line.Level)
		}
		if got := x.text(); got != "0123456789\x00" || x.in(regSCR) != 0x42 {
			t.Errorf("received %q, scratch %#x", got, x.in(regSCR))
		}
	}
}

func TestALoadSetsTheLine(t *testing.T) {
	r := newRig()
	r.out(regMCR, mcrOUT2)
	r.out(regIER, ierTHRE)
	fresh := newRig()
	devicetest.Survives(t, r, fresh)
	if !r.line.Level || !fresh.line.Level {
		t.Errorf("the line is %t where it was saved, %t where it was loaded", r.line.Level, fresh.line.Level)
	}
}

func TestImpossibleStatesAreRefused(t *testing.T) {
	for name, spoil := range map[string]func(u *UART){
		"too many without a FIFO": func(u *UART) { u.fcr = 0 },
		"a FIFO too long":         func(u *UART) { u.fifo = u.queue },
	} {
		r := newRig()
		r.out(regFCR, fcrEnable)
		r.typing(strings.Repeat("x", 100))
		spoil(r.UART)
		c := state.Loader(devicetest.Save(r))
		fresh := newRig()
		fresh.State(c)
		if err := c.Close(); err == nil || !strings.Contains(err.Error(), "serial") {
			t.Errorf("%s: error %v", name, err)
		}
		fresh.text()
	}
}

// drive does what a guest and a user could.
func (r *rig) drive(ops []byte) {
	var typed [32]byte
	for ; len(ops) >= 2; ops = ops[2:] {
		op, v := ops[0], ops[1]
		size := 1 << (op >> 6 & 1)
		switch op & 3 {
		case 0:
			r.Out(uint16(op>>2&15), size, uint32(v)*0x0101)
		case 1:
			r.In(uint16(op>>2&15), size)
		case 2:
			r.clock.Advance(uint64(v) << (op >> 2))
		case 3:
			if v == 0 {
				r.Break()
			}
			r.Receive(typed[:v%32])
		}
		r.sent = r.sent[:0]
	}
}

func FuzzAccess(f *testing.F) {
	f.Add([]byte("\x08\xc1\x10\x08\x04\x0f\x03\x1f\x42\xff\x01\x00\x15\x00\x09\x00"), []byte(nil))
	f.Add([]byte("\x10\x10\x00\x55\x00\x55\x15\x00\x08\x01\x00\x01\x00\x02\x08\x00"), []byte(nil))
	r := newRig()
	r.typing("saved")
	f.Add([]byte("\x03\x00\x03\x1f"), devicetest.Save(r))
	f.Fuzz(func(t *testing.T, ops, saved []byte) {
		r := newRig()
		if saved != nil {
			r.State(state.Loader(saved))
		}
		r.drive(ops)
		if got := r.lsr &^ (lsrErrors | lsrFIFO | lsrData); got != 0x60 {
			t.Errorf("LSR %#x", got)
		}
		if (r.lsr&lsrData != 0) != (r.fifo.n > 0) {
			t.Errorf("LSR %#x with %d characters", r.lsr, r.fifo.n)
		}
		fresh := newRig()
		devicetest.Survives(t, r, fresh)
		if a, b := r.text(), fresh.text(); a != b {
			t.Errorf("%q where it was saved, %q where it was loaded", a, b)
		}
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

func BenchmarkLSR(b *testing.B) {
	r := newRig()
	b.ReportAllocs()
	for b.Loop() {
		r.In(regLSR, 1)
	}
}

func BenchmarkTHR(b *testing.B) {
	r := newRig()
	b.ReportAllocs()
	for b.Loop() {
		r.Out(regData, 1, 'x')
	}
}

func BenchmarkTHRWithInterrupts(b *testing.B) {
	r := newRig()
	r.out(regMCR, mcrOUT2)
	r.out(regIER, ierTHRE)
	b.ReportAllocs()
	for b.Loop() {
		r.Out(regData, 1, 'x')
	}
}
