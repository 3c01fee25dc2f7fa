package serial

import (
	"strings"
	"testing"
)

func TestReceivedBytesWaitForTheGuest(t *testing.T) {
	long := strings.Repeat("0123456789abcdef", 100)
	for _, fcr := range []uint8{0, fcrEnable} {
		r := newRig()
		r.out(regFCR, fcr)
		r.typing(long)
		if len(r.typed) == 0 {
			t.Fatal("the queue has no limit")
		}
		if got := r.text(); got != long {
			t.Errorf("FCR %#x: %d of %d bytes arrive", fcr, len(got), len(long))
		}
		if r.in(regLSR) != 0x60 {
			t.Errorf("FCR %#x: LSR is %#x after all", fcr, r.in(regLSR))
		}
		if r.ready > len(long)/(queueSize/2) {
			t.Errorf("FCR %#x: the back end is told %d times", fcr, r.ready)
		}
	}
}

func TestReceiveSaysHowMuchItTook(t *testing.T) {
	r := newRig()
	if got := r.Receive(make([]byte, 1000)); got != queueSize {
		t.Errorf("took %d", got)
	}
	if got := r.Receive(make([]byte, 1000)); got != 1 { // one had moved on
		t.Errorf("took %d then", got)
	}
	if got := r.Receive(nil); got != 0 {
		t.Errorf("took %d of nothing", got)
	}
}

func TestClearingTheFIFOMakesRoomForMore(t *testing.T) {
	r := newRig()
	r.typing(strings.Repeat("x", 1000))
	for range 100 {
		r.out(regFCR, fcrEnable|fcrClearRX)
	}
	if len(r.typed) != 0 {
		t.Errorf("%d bytes are never asked for", len(r.typed))
	}
	if got := r.text(); got != "" {
		t.Errorf("%q is left", got)
	}
}

func TestReceivedDataInterrupts(t *testing.T) {
	for level, want := range []int{1, 4, 8, 14} {
		r := newRig()
		r.out(regFCR, fcrEnable|uint8(level)<<6)
		r.out(regMCR, mcrOUT2)
		r.out(regIER, ierReceived)
		for i := 1; i < want; i++ {
			r.typing("x")
			if r.line.Level {
				t.Errorf("trigger %d: an interrupt at %d characters", want, i)
			}
		}
		r.typing("x")
		if got := r.iir(); !r.line.Level || got != iirReceived|iirFIFO {
			t.Errorf("trigger %d: line %t, IIR %#x", want, r.line.Level, got)
		}
		r.in(regData)
		if got := r.iir(); r.line.Level || got != iirNone|iirFIFO {
			t.Errorf("trigger %d: line %t, IIR %#x below it again", want, r.line.Level, got)
		}
	}
}

func TestCharacterTimeout(t *testing.T) {
	r := newRig()
	r.out(regLCR, lcrDLAB)
	r.out(regData, 12) // 9600 baud
	r.out(regLCR, 0x03)
	const four = 4 * (10 * 16 * 12 * 1_000_000_000 / clockHz) // ns
	r.out(regFCR, fcrEnable|0x80)
	r.out(regMCR, mcrOUT2)
	r.out(regIER, ierReceived)
	r.typing("a")
	r.clock.Advance(four - 1)
	r.typing("b") // starts it again
	r.clock.Advance(four - 1)
	if r.line.Level {
		t.Error("an interrupt before the time is over")
	}
	r.clock.Advance(1)
	if got := r.iir(); !r.line.Level || got != iirTimeout|iirFIFO {
		t.Errorf("line %t, IIR %#x after four characters' time", r.line.Level, got)
	}
	r.in(regData)
	if got := r.iir(); r.line.Level || got != iirNone|iirFIFO {
		t.Errorf("line %t, IIR %#x after reading", r.line.Level, got)
	}
	r.clock.Advance(four)
	if !r.line.Level {
		t.Error("no interrupt for the character that is left")
	}
	r.in(regData)
	r.clock.Advance(1_000_000_000)
	if r.line.Level || r.line.Edges != 2 {
		t.Errorf("%d interrupts", r.line.Edges)
	}
}

func TestCharacterTimeoutIsForWhatIsBelowTheTrigger(t *testing.T) {
	r := newRig()
	r.out(regFCR, fcrEnable|0x40)
	r.out(regMCR, mcrOUT2|mcrLoop)
	r.out(regIER, ierReceived)
	for n := 1; n < 6; n++ {
		r.out(regData, 'x')
		if _, ok := r.idle.Deadline(); ok != (n < 4) {
			t.Errorf("with %d characters a timer runs: %t", n, ok)
		}
	}
	r.clock.Advance(1_000_000)
	r.in(regData)
	r.in(regData)
	if r.line.Level {
		t.Error("a time-out at once below the trigger")
	}
	r.clock.Advance(1_000_000)
	if !r.line.Level {
		t.Error("no time-out")
	}
}

func TestCharacterTimeFollowsTheFormat(t *testing.T) {
	for _, c := range []struct {
		lcr     uint8
		divisor uint16
		bits    uint64
	}{{3, 1, 10}, {0, 1, 7}, {3 | lcrStop2, 1, 11}, {3 | lcrParity, 1, 11}, {3 | lcrStop2 | lcrParity, 96, 12 * 96}, {3, 0, 10 << 16}} {
		r := newRig()
		r.lcr, r.divisor = c.lcr, c.divisor
		if got, want := r.charTime(), c.bits*16*1_000_000_000/clockHz; got != want {
			t.Errorf("LCR %#x, divisor %d: %d ns, want %d", c.lcr, c.divisor, got, want)
		}
	}
}

func TestEnablingLateFindsWhatWaits(t *testing.T) {
	r := newRig()
	r.out(regFCR, fcrEnable|0xc0)
	r.out(regMCR, mcrOUT2)
	r.typing("x")
	if _, ok := r.idle.Deadline(); ok {
		t.Error("a timer runs for an interrupt that is not enabled")
	}
	r.out(regIER, ierReceived)
	r.clock.Advance(1_000_000)
	if !r.line.Level {
		t.Error("no time-out for a character that came before")
	}
}

func TestClearingTheFIFOEndsATimeout(t *testing.T) {
	r := newRig()
	r.out(regFCR, fcrEnable|0x40)
	r.out(regIER, ierReceived)
	r.typing("x")
	r.clock.Advance(1_000_000)
	if r.iir() != iirTimeout|iirFIFO {
		t.Fatal("no time-out")
	}
	r.out(regFCR, fcrEnable|0x40|fcrClearRX)
	if got := r.iir(); got != iirNone|iirFIFO {
		t.Errorf("IIR %#x", got)
	}
}

func TestLoopbackOfData(t *testing.T) {
	r := newRig()
	r.out(regMCR, mcrLoop)
	r.typing("outside")
	r.out(regData, 'a')
	if got := r.in(regLSR); got != 0x61 {
		t.Errorf("LSR %#x", got)
	}
	r.out(regData, 'b') // without FIFOs it takes the place of the other
	if got := r.in(regLSR); got != 0x61|lsrOverrun {
		t.Errorf("LSR %#x after an overrun", got)
	}
	if got := r.text(); got != "b" || len(r.sent) != 0 {
		t.Errorf("received %q, sent %q", got, r.sent)
	}
	r.out(regMCR, 0)
	if got := r.text(); got != "outside" {
		t.Errorf("received %q after loopback", got)
	}
}

func TestBreak(t *testing.T) {
	r := newRig()
	r.out(regFCR, fcrEnable)
	r.out(regMCR, mcrOUT2)
	r.out(regIER, ierStatus)
	r.typing("a")
	r.Break()
	r.typing("b")
	if got := r.in(regLSR); got != 0x61|lsrFIFO || r.line.Level {
		t.Errorf("LSR %#x before the break", got)
	}
	r.in(regData)
	if r.iir() != iirStatus|iirFIFO || !r.line.Level {
		t.Error("a break does not interrupt")
	}
	if got := r.in(regLSR); got != 0x61|lsrBreak|lsrFIFO {
		t.Errorf("LSR %#x at the break", got)
	}
	if got := r.in(regLSR); got != 0x61 || r.line.Level {
		t.Errorf("LSR %#x when read again", got)
	}
	if got := r.text(); got != "\x00b" {
		t.Errorf("received %q", got)
	}
	r.Break()
	if r.in(regData); r.in(regLSR) != 0x60|lsrBreak {
		t.Error("a break that was read over is forgotten")
	}
}

func TestFCRClears(t *testing.T) {
	r := newRig()
	for _, fcr := range []uint8{fcrEnable, 0, fcrEnable | 0xc0, fcrEnable | fcrClearRX} {
		r.typing("x")
		r.out(regFCR, fcr)
		if got := r.text(); got != "" {
			t.Errorf("FCR %#x leaves %q", fcr, got)
		}
	}
	r.typing("x")
	r.out(regFCR, fcrEnable|0x80)
	if got := r.text(); got != "x" {
		t.Errorf("a new trigger level leaves %q", got)
	}
	r.out(regFCR, 0)
	r.typing("x")
	r.out(regFCR, fcrClearRX)
	if got := r.text(); got != "x" {
		t.Errorf("without FIFOs, to clear them leaves %q", got)
	}
	if got := r.in(regData); got != 0 {
		t.Errorf("an empty receiver reads %#x", got)
	}
}
