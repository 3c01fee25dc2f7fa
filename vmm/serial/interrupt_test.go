package serial

import (
	"strings"
	"testing"
)

func TestTransmitterEmptyInterrupts(t *testing.T) {
	r := newRig()
	r.out(regMCR, mcrOUT2)
	r.out(regIER, ierTHRE)
	if !r.line.Level || r.line.Edges != 1 {
		t.Fatal("enabling does not interrupt")
	}
	if got := r.iir(); got != iirTHRE || r.line.Level {
		t.Errorf("IIR %#x, the line then %t", got, r.line.Level)
	}
	if got := r.iir(); got != iirNone {
		t.Errorf("IIR %#x when read again", got)
	}
	for i := range 3 {
		r.out(regData, 'x')
		if !r.line.Level || r.line.Edges != 2+i {
			t.Errorf("byte %d: line %t with %d edges", i, r.line.Level, r.line.Edges)
		}
	}
	r.out(regIER, ierTHRE) // it was on
	if r.iir() != iirTHRE || r.iir() != iirNone {
		t.Error("a byte written gives no interrupt, or several")
	}
	r.out(regIER, ierTHRE)
	if r.iir() != iirNone {
		t.Error("writing the same enable again interrupts")
	}
	r.out(regIER, 0)
	r.out(regData, 'x')
	if r.line.Level {
		t.Error("an interrupt that is not enabled")
	}
	r.out(regIER, ierTHRE)
	if r.iir() != iirTHRE {
		t.Error("enabling again does not interrupt")
	}
}

func TestInterruptsByPriority(t *testing.T) {
	r := newRig()
	r.out(regFCR, fcrEnable)
	r.out(regMCR, mcrOUT2|mcrLoop)
	r.in(regMSR)
	r.out(regMCR, mcrOUT2|mcrLoop|mcrDTR)
	for range 17 {
		r.out(regData, 'x') // one more than there is room for
	}
	r.out(regIER, ierAll)
	for i, want := range []uint8{iirStatus, iirReceived, iirTHRE, iirModem, iirNone} {
		if got := r.iir(); got != want|iirFIFO {
			t.Errorf("IIR %#x, want %#x", got, want|iirFIFO)
		}
		switch want {
		case iirStatus:
			if got := r.in(regLSR); got != 0x60|lsrOverrun|lsrData {
				t.Errorf("LSR %#x", got)
			}
		case iirReceived:
			if got := r.text(); got != strings.Repeat("x", 16) {
				t.Errorf("received %q", got)
			}
		case iirModem:
			if got := r.in(regMSR); got != msrDCD|msrDSR|2 {
				t.Errorf("MSR %#x", got)
			}
		}
		if r.line.Level != (i < 3) {
			t.Errorf("after %#x the line is %t", want, r.line.Level)
		}
	}
}

func TestWhatIsNotEnabledIsNotPending(t *testing.T) {
	for bit := uint8(0); bit < 4; bit++ {
		r := newRig()
		r.out(regFCR, fcrEnable)
		r.out(regMCR, mcrOUT2|mcrLoop)
		r.out(regIER, ierReceived)
		for range 17 {
			r.out(regData, 'x')
		}
		r.out(regFCR, fcrEnable|0xc0)
		for range 10 {
			r.in(regData)
		}
		r.clock.Advance(1_000_000)
		r.out(regIER, 1<<bit)
		want := []uint8{iirTimeout, iirTHRE, iirStatus, iirModem}[bit]
		if got := r.iir(); got != want|iirFIFO {
			t.Errorf("IER %#x: IIR %#x, want %#x", 1<<bit, got, want|iirFIFO)
		}
		r.out(regIER, 0)
		if got := r.iir(); got != iirNone|iirFIFO || r.line.Level {
			t.Errorf("IIR %#x, line %t with nothing enabled", got, r.line.Level)
		}
	}
}

func TestOUT2ConnectsTheLine(t *testing.T) {
	r := newRig()
	r.out(regIER, ierTHRE)
	if r.line.Level {
		t.Error("an interrupt without OUT2")
	}
	r.out(regMCR, mcrOUT2)
	if !r.line.Level {
		t.Error("OUT2 does not bring the interrupt")
	}
	r.out(regMCR, 0)
	if r.line.Level {
		t.Error("the line stays high without OUT2")
	}
}

func TestLoopbackOfModemLines(t *testing.T) {
	r := newRig()
	for _, c := range []struct{ mcr, msr uint8 }{
		{mcrLoop, 0x0b}, // all that was connected is gone
		{mcrLoop | mcrRTS, msrCTS | 1},
		{mcrLoop | mcrDTR, msrDSR | 3},
		{mcrLoop | mcrOUT1, msrRI | 2},            // the ring indicator's begin does not count
		{mcrLoop | mcrOUT2, msrDCD | 8 | msrTERI}, // its end does
		{mcrAll, 0xf0 | 3},
		{0, msrConnected | msrTERI},
		{mcrRTS | mcrDTR | mcrOUT2, msrConnected},   // without loopback they do not matter
		{mcrLoop | mcrRTS | mcrOUT2, 0x90 | 2},      // Linux's test
		{mcrLoop | mcrRTS | mcrOUT2, msrCTS | 0x80}, // and no change
	} {
		r.out(regMCR, c.mcr)
		if got := r.in(regMSR); got != c.msr {
			t.Errorf("MCR %#x: MSR %#x, want %#x", c.mcr, got, c.msr)
		}
	}
}
