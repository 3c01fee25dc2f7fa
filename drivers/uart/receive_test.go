package uart

import (
	"strings"
	"testing"
)

func TestReceiveGivesBytesInOrder(t *testing.T) {
	f := &fakeUART{kind: I16550A}
	p := open(t, f)
	f.receive("abc")
	for _, want := range []byte("abc") {
		if c, ok := p.Receive(); !ok || c != want {
			t.Fatalf("got %q %v, want %q", c, ok, want)
		}
	}
	if c, ok := p.Receive(); ok {
		t.Errorf("empty port gives %q", c)
	}
}

func TestReceiveDiscardsAndCountsBrokenBytes(t *testing.T) {
	f := &fakeUART{kind: I16550A}
	p := open(t, f)
	f.receiveByte(0xff, lsrFraming)
	f.receiveByte(0, lsrBreak|lsrFraming)
	f.receiveByte(0x80, lsrParity)
	f.receiveByte('k', 0)
	if c, ok := p.Receive(); !ok || c != 'k' {
		t.Fatalf("got %q %v", c, ok)
	}
	want := Stats{Framing: 1, Breaks: 1, Parity: 1}
	if s := p.Stats(); s != want {
		t.Errorf("stats %+v, want %+v", s, want)
	}
}

func TestReceiveCountsOverruns(t *testing.T) {
	f := &fakeUART{kind: I16550A}
	p := open(t, f)
	f.receive("0123456789abcdefX")
	for range fifoDepth {
		p.Receive()
	}
	if s := p.Stats(); s.Overruns != 1 {
		t.Errorf("stats %+v", s)
	}
}

func TestInterruptDrainsUntilNothingIsPending(t *testing.T) {
	for _, kind := range []Kind{I16450, I16550A} {
		for _, text := range []string{"x", "0123456789abcdef"} {
			f := &fakeUART{kind: kind}
			p := open(t, f)
			p.EnableReceiveInterrupt()
			if kind != I16550A {
				text = text[:1]
			}
			f.receive(text)
			if f.edges != 1 || !f.irq {
				t.Fatalf("%v: %d edges, level %v", kind, f.edges, f.irq)
			}
			buf := make([]byte, 64)
			if got := string(buf[:p.Interrupt(buf)]); got != text || f.irq {
				t.Errorf("%v: got %q, want %q; IRQ line %v", kind, got, text, f.irq)
			}
		}
	}
}

func TestInterruptPollsWhereInterruptsAreOff(t *testing.T) {
	f := &fakeUART{kind: I16550A}
	p := open(t, f)
	f.receive("polled")
	buf := make([]byte, 4)
	got := string(buf[:p.Interrupt(buf)])
	got += string(buf[:p.Interrupt(buf)])
	if got != "polled" || f.ier != 0 || f.edges != 0 {
		t.Errorf("got %q, IER %#x, %d edges", got, f.ier, f.edges)
	}
}

func TestNoInterruptWithoutOUT2(t *testing.T) {
	f := &fakeUART{kind: I16550A}
	p := open(t, f)
	p.EnableReceiveInterrupt()
	f.mcr &^= mcrOUT2
	f.receive("x")
	if f.edges != 0 {
		t.Error("the fake's IRQ line ignores OUT2")
	}
}

func TestInterruptHandlesSourcesItDidNotEnable(t *testing.T) {
	f := &fakeUART{kind: I16550A}
	p := open(t, f)
	p.out(regIER, 0x07)
	f.receiveByte('!', lsrFraming)
	f.receive("y")
	buf := make([]byte, 8)
	n := p.Interrupt(buf)
	// The line status interrupt's handler takes the error flag from the first
	// byte, which is then delivered.
	if string(buf[:n]) != "!y" || p.Stats().Framing != 1 || f.irq {
		t.Errorf("got %q, stats %+v, IRQ line %v", buf[:n], p.Stats(), f.irq)
	}
}

func TestFullBufferLosesNothingAndMakesANewEdge(t *testing.T) {
	f := &fakeUART{kind: I16550A}
	p := open(t, f)
	p.EnableReceiveInterrupt()
	f.receive("0123456789abcdef")
	var got strings.Builder
	buf := make([]byte, 5)
	for handled := 0; handled < f.edges; handled++ {
		got.Write(buf[:p.Interrupt(buf)])
	}
	if got.String() != "0123456789abcdef" || f.irq {
		t.Errorf("got %q after %d edges, IRQ line %v", got.String(), f.edges, f.irq)
	}
}

func TestEndlessInterruptIsBoundedAndThenSwitchedOff(t *testing.T) {
	f := &fakeUART{kind: I16550A}
	p := open(t, f)
	p.EnableReceiveInterrupt()
	f.storm = true
	f.update()
	buf := make([]byte, 4096)
	calls := 0
	for handled := 0; handled < f.edges; handled++ {
		f.reads = 0
		p.Interrupt(buf)
		if calls++; f.reads > maxRounds*(2*fifoDepth+1) {
			t.Fatalf("%d reads in one call", f.reads)
		}
		if calls > 2*maxBusy {
			t.Fatal("the storm goes on")
		}
	}
	if calls != maxBusy || f.ier != 0 || !p.Stats().Deaf {
		t.Errorf("%d calls, IER %#x, stats %+v", calls, f.ier, p.Stats())
	}

	f.storm = false
	p.EnableReceiveInterrupt()
	f.receive("z")
	if n := p.Interrupt(buf); n != 1 || buf[0] != 'z' || p.Stats().Deaf {
		t.Errorf("after enabling again: %d bytes, stats %+v", n, p.Stats())
	}
}

func TestManyFullBuffersAreNoStorm(t *testing.T) {
	f := &fakeUART{kind: I16550A}
	p := open(t, f)
	p.EnableReceiveInterrupt()
	buf := make([]byte, 1)
	for range 3 * maxBusy {
		f.receive("ab")
		p.Interrupt(buf)
		p.Interrupt(buf)
		p.Interrupt(buf)
	}
	if p.Stats().Deaf || f.ier != ierReceive {
		t.Errorf("IER %#x, stats %+v", f.ier, p.Stats())
	}
}

func TestReceivePathDoesNotAllocate(t *testing.T) {
	f := &fakeUART{kind: I16550A}
	p := open(t, f)
	p.EnableReceiveInterrupt()
	f.rx = make([]rxByte, 0, 1<<20)
	buf := make([]byte, 64)
	n := testing.AllocsPerRun(100, func() {
		f.rx = append(f.rx, rxByte{c: 'x'})
		p.Interrupt(buf)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
