package i8042

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
)

type rig struct {
	*Controller
	keyboard, mouse devicetest.Line
	clock           devicetest.Clock
	resets          int
	onReset         func()
}

func newRig() *rig {
	r := &rig{onReset: func() {}}
	r.Controller = New(Wires{
		Keyboard: &r.keyboard, Mouse: &r.mouse, Clock: &r.clock,
		Reset: func() { r.resets++; r.onReset() },
	})
	return r
}

func (r *rig) status() uint8   { return uint8(r.Command().In(0, 1)) }
func (r *rig) read() uint8     { return uint8(r.Data().In(0, 1)) }
func (r *rig) do(v uint8)      { r.Command().Out(0, 1, uint32(v)) }
func (r *rig) send(v uint8)    { r.Data().Out(0, 1, uint32(v)) }
func (r *rig) mode(v uint8)    { r.do(0x60); r.send(v) }
func (r *rig) toMouse(v uint8) { r.do(0xd4); r.send(v) }

// drain reads all there is: the keyboard's bytes and the mouse's.
func (r *rig) drain(t *testing.T) (keyboard, mouse []uint8) {
	for range 1000 {
		s := r.status()
		if s&statusFull == 0 {
			return keyboard, mouse
		}
		if v := r.read(); s&statusMouse != 0 {
			mouse = append(mouse, v)
		} else {
			keyboard = append(keyboard, v)
		}
	}
	t.Fatal("the output buffer never empties")
	return nil, nil
}

// expect checks all that there is to read.
func (r *rig) expect(t *testing.T, what string, keyboard, mouse string) {
	t.Helper()
	k, m := r.drain(t)
	if string(k) != keyboard || string(m) != mouse {
		t.Errorf("%s: %x and %x from the mouse, want %x and %x", what, k, m, keyboard, mouse)
	}
}

func TestControllerCommandsAnswer(t *testing.T) {
	for _, c := range []struct {
		name  string
		bytes []uint8 // the first a command, the others data
		want  string
		mouse string
	}{
		{"self-test", []uint8{0xaa}, "\x55", ""},
		{"keyboard interface test", []uint8{0xab}, "\x00", ""},
		{"mouse interface test", []uint8{0xa9}, "\x00", ""},
		{"command byte", []uint8{0x20}, "\x44", ""},
		{"input port", []uint8{0xc0}, "\x80", ""},
		{"output port", []uint8{0xd0}, "\xc3", ""},
		{"as if from the keyboard", []uint8{0xd2, 0x42}, "\x42", ""},
		{"as if from the mouse", []uint8{0xd3, 0x42}, "", "\x42"},
		{"to the mouse", []uint8{0xd4, 0xf2}, "", "\xfa\x00"},
		{"to the keyboard", []uint8{0xff, 0xf2}, "\xfa\xab\x41", ""},
		{"nothing", []uint8{0xa1}, "", ""},
	} {
		r := newRig()
		r.do(c.bytes[0])
		for _, v := range c.bytes[1:] {
			r.send(v)
		}
		r.expect(t, c.name, c.want, c.mouse)
	}
}

func TestTheMemoryIsReadAndWritten(t *testing.T) {
	r := newRig()
	for i := range uint8(32) {
		r.do(0x60 + i)
		r.send(i ^ 0x47)
	}
	for i := range uint8(32) {
		r.do(0x20 + i)
		if got := r.read(); got != i^0x47 {
			t.Errorf("byte %d is %#x, want %#x", i, got, i^0x47)
		}
	}
}

func TestStatusTellsWhatWasWrittenLast(t *testing.T) {
	r := newRig()
	if got := r.status(); got != statusUnlocked|statusSystem {
		t.Errorf("status is %#x at first", got)
	}
	r.do(0xae)
	if r.status()&statusCommand == 0 {
		t.Error("a command does not show")
	}
	r.send(0xee)
	if got := r.status(); got != statusUnlocked|statusSystem|statusFull {
		t.Errorf("status is %#x after data that is answered", got)
	}
	r.mode(0)
	r.drain(t)
	if got := r.status(); got != statusUnlocked {
		t.Errorf("status is %#x without the system flag", got)
	}
	r.do(0xaa)
	if r.status()&statusSystem == 0 {
		t.Error("the self-test does not set the system flag")
	}
}

func TestAFloodOfCommandsLosesTheLast(t *testing.T) {
	r := newRig()
	r.mode(0)
	for i := range 20 {
		r.do(0xd2 + uint8(i)&1)
		r.send(uint8(i))
	}
	// One is in the output buffer, and the others wait.
	r.expect(t, "20 bytes", "\x00\x02\x04\x06\x08", "\x01\x03\x05\x07")
}

func TestInterruptsFollowTheOutputBuffer(t *testing.T) {
	r := newRig()
	r.Codes(0x1e)
	if r.keyboard.Edges != 0 {
		t.Error("an interrupt that is not enabled")
	}
	r.drain(t)
	r.mode(modeSystem | modeTranslate | modeKeyboardInt | modeMouseInt)
	r.Codes(0x1e, 0x9e)
	if !r.keyboard.Level || r.keyboard.Edges != 1 || r.mouse.Level {
		t.Errorf("after a key the lines are %+v and %+v", r.keyboard, r.mouse)
	}
	r.read()
	if !r.keyboard.Level || r.keyboard.Edges != 2 {
		t.Error("the second byte gives no edge")
	}
	r.read()
	if r.keyboard.Level {
		t.Error("the line is high without a byte")
	}
	r.toMouse(0xf4)
	if !r.mouse.Level || r.mouse.Edges != 1 || r.keyboard.Level {
		t.Errorf("after the mouse's answer the lines are %+v and %+v", r.keyboard, r.mouse)
	}
	r.mode(modeSystem)
	if r.mouse.Level {
		t.Error("the line is high after interrupts were disabled")
	}
}

func TestADisabledDeviceWaits(t *testing.T) {
	r := newRig()
	r.do(0xad)
	r.Codes(0x1e)
	r.expect(t, "keyboard disabled", "", "")
	r.do(0xae)
	r.expect(t, "keyboard enabled", "\x1e", "")
	r.toMouse(0xf4)
	r.drain(t)
	r.do(0xa7)
	r.Move(1, 1, 0, 0)
	r.expect(t, "mouse disabled", "", "")
	r.do(0xa8)
	r.expect(t, "mouse enabled", "", "\x08\x01\x01")
	r.mode(modeNoKeyboard | modeNoMouse)
	r.send(0xee)
	r.toMouse(0xf2)
	r.expect(t, "sending enables", "\xee", "\xfa\x00")
}

func TestOutputPort(t *testing.T) {
	r := newRig()
	r.do(0xd1)
	r.send(0xdd)
	r.do(0xd0)
	if got := r.read(); got != 0xc1 {
		t.Errorf("output port is %#x after 0xdd, want 0xc1", got)
	}
	r.do(0xd1)
	r.send(0xdf)
	r.do(0xd0)
	if got := r.read(); got != 0xc3 {
		t.Errorf("output port is %#x after 0xdf, want 0xc3", got)
	}
	if r.resets != 0 {
		t.Error("0xdd or 0xdf resets")
	}
	r.send(0xee) // a byte in the output buffer shows
	r.do(0xd0)
	r.do(0xd3)
	r.send(0)
	if r.read(); r.read() != 0xd3 {
		t.Error("the output port does not show a full buffer")
	}
	r.do(0xd0)
	if r.read(); r.read() != 0xe3 {
		t.Error("the output port does not show a full buffer of the mouse's")
	}
	r.do(0xd1)
	r.send(0x02)
	if r.resets != 1 {
		t.Error("bit 0 of the output port does not reset")
	}
}

func TestACommandCancelsTheOneBefore(t *testing.T) {
	r := newRig()
	r.do(0xd1)
	r.do(0xab)
	r.send(0xee)
	if r.resets != 0 {
		t.Error("a byte for the keyboard goes to the output port")
	}
	r.expect(t, "test and echo", "\x00\xee", "")
}

func TestPulseResets(t *testing.T) {
	for v, want := range map[uint8]int{0xff: 0, 0xfe: 1, 0xf0: 1, 0xfd: 0, 0xef: 0} {
		r := newRig()
		r.do(v)
		if r.resets != want {
			t.Errorf("command %#x: %d resets, want %d", v, r.resets, want)
		}
	}
}

func TestAResetIsTheLastThingAnAccessDoes(t *testing.T) {
	for name, pull := range map[string]func(r *rig){
		"pulse":       func(r *rig) { r.do(0xfe) },
		"output port": func(r *rig) { r.do(0xd1); r.send(0) },
	} {
		r := newRig()
		r.mode(modeKeyboardInt)
		r.do(0xd2)
		r.send('a')
		// Bytes that wait, and the line that tells of one, are gone.
		r.onReset = r.Reset
		pull(r)
		if r.resets != 1 || r.status() != statusUnlocked|statusSystem || r.keyboard.Level {
			t.Errorf("%s: %d resets, status %#x, line %t", name, r.resets, r.status(), r.keyboard.Level)
		}
	}
}

func TestPort92(t *testing.T) {
	resets := 0
	p := NewPort92(func() { resets++ })
	if got := p.In(0, 1); got != 0xffffff02 {
		t.Errorf("reads %#x", got)
	}
	for _, v := range []uint32{0, 2} {
		if p.Out(0, 1, v); resets != 0 || uint8(p.In(0, 1)) != uint8(v) {
			t.Errorf("after %d: reads %#x, %d resets", v, p.In(0, 1), resets)
		}
	}
	p.Out(0, 1, 0xff)
	p.Out(0, 1, 0xff)
	if got := uint8(p.In(0, 1)); resets != 1 || got != 3 {
		t.Errorf("%d resets, reads %#x", resets, got)
	}
	fresh := NewPort92(nil)
	devicetest.Survives(t, p, fresh)
	if got := uint8(fresh.In(0, 1)); got != 3 {
		t.Errorf("reads %#x where it was loaded", got)
	}
	p.Reset()
	if p.In(0, 1)&3 != 2 {
		t.Error("a reset does not open the A20 gate alone")
	}
}

func TestResetEmptiesAll(t *testing.T) {
	r := newRig()
	r.mode(0xff &^ (modeNoKeyboard | modeNoMouse))
	r.Codes(0x1e, 0x9e)
	r.do(0xd1)
	r.Reset()
	if r.keyboard.Level || r.mouse.Level || r.status() != statusUnlocked|statusSystem {
		t.Errorf("status %#x, lines %t %t", r.status(), r.keyboard.Level, r.mouse.Level)
	}
	r.send(0x02)
	if r.resets != 0 {
		t.Error("a command waits for its byte after a reset")
	}
}
