package serial

import (
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
)

// rig is a UART whose back end keeps what was sent, and sends what it is asked
// to as there is room.
type rig struct {
	*UART
	clock devicetest.Clock
	line  devicetest.Line
	sent  []byte
	typed []byte // still to be received
	ready int
}

func newRig() *rig {
	r := &rig{sent: make([]byte, 0, 1<<12)}
	r.UART = New(&r.clock, &r.line, r)
	return r
}

func (r *rig) Transmit(b byte) {
	if len(r.sent) < cap(r.sent) {
		r.sent = append(r.sent, b)
	}
}

func (r *rig) Ready() {
	r.ready++
	r.typed = r.typed[r.Receive(r.typed):]
}

func (r *rig) in(off uint16) uint8     { return uint8(r.In(off, 1)) }
func (r *rig) out(off uint16, v uint8) { r.Out(off, 1, uint32(v)) }

func (r *rig) typing(s string) {
	r.typed = []byte(s)
	r.typed = r.typed[r.Receive(r.typed):]
}

// text reads while there is data.
func (r *rig) text() string {
	var b strings.Builder
	for range 1 << 16 {
		if r.in(regLSR)&lsrData == 0 {
			break
		}
		b.WriteByte(r.in(regData))
	}
	return b.String()
}

func (r *rig) iir() uint8 { return r.in(regIIR) }

func TestIdleRegisters(t *testing.T) {
	r := newRig()
	for off, want := range []uint8{0, 0, iirNone, 0, 0, 0x60, 0xb0, 0} {
		if got := r.in(uint16(off)); got != want {
			t.Errorf("register %d is %#x at first, want %#x", off, got, want)
		}
	}
	if got := r.In(5, 4); got != 0xff00b060 {
		t.Errorf("LSR, MSR, scratch and beyond read %#x", got)
	}
}

func TestRegistersKeepWhatTheyHaveBitsFor(t *testing.T) {
	r := newRig()
	for off, want := range map[uint16]uint8{regIER: ierAll, regLCR: 0xff, regMCR: mcrAll, regSCR: 0xff} {
		r.out(off, 0xff)
		if got := r.in(off); got != want {
			t.Errorf("register %d is %#x after 0xff, want %#x", off, got, want)
		}
		r.out(off, 0)
	}
	r.out(regLSR, 0)
	r.out(regMSR, 0)
	r.in(regMSR)
	if r.in(regLSR) != 0x60 || r.in(regMSR) != 0xb0 {
		t.Error("the status registers can be written")
	}
	r.out(regLCR, lcrDLAB)
	r.Out(regData, 2, 0x1234)
	if got := r.In(regData, 2); got != 0x1234 {
		t.Errorf("the divisor is %#x", got)
	}
	r.out(regLCR, 3)
	if r.in(regData) == 0x34 || r.in(regIER) == 0x12 || len(r.sent) != 0 {
		t.Error("the divisor is not behind DLAB")
	}
}

func TestTransmissionIsImmediate(t *testing.T) {
	r := newRig()
	for _, c := range "hello" {
		if r.in(regLSR) != 0x60 {
			t.Fatal("the transmitter is not empty")
		}
		r.out(regData, uint8(c))
	}
	if string(r.sent) != "hello" {
		t.Errorf("sent %q", r.sent)
	}
}

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
		{mcrLoop, 0x0b},                             // all that was connected is gone
		{mcrLoop | mcrRTS, msrCTS | 1},              //
		{mcrLoop | mcrDTR, msrDSR | 3},              //
		{mcrLoop | mcrOUT1, msrRI | 2},              // the ring indicator's begin does not count
		{mcrLoop | mcrOUT2, msrDCD | 8 | msrTERI},   // its end does
		{mcrAll, 0xf0 | 3},                          //
		{0, msrConnected | msrTERI},                 //
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

func TestReset(t *testing.T) {
	r := newRig()
	r.out(regFCR, fcrEnable)
	r.out(regMCR, mcrOUT2|mcrLoop)
	r.out(regLCR, 0x83)
	r.out(regIER, ierAll)
	r.out(regLCR, 0x03)
	r.out(regIER, ierAll)
	r.out(regData, 'x')
	r.Reset()
	for off, want := range []uint8{0, 0, iirNone, 0, 0, 0x60, 0xb0, 0} {
		if got := r.in(uint16(off)); got != want {
			t.Errorf("register %d is %#x after a reset, want %#x", off, got, want)
		}
	}
	if r.line.Level {
		t.Error("the line is high after a reset")
	}
}
