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
	r.Out(regData, 2, ierModem<<8|'!')
	if string(r.sent) != "hello!" || r.in(regIER) != ierModem {
		t.Errorf("sent %q, IER %#x", r.sent, r.in(regIER))
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
