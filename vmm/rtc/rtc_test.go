package rtc

import (
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
)

// start is a Wednesday, and 0.25 s into a second.
var start = time.Date(2024, time.February, 28, 23, 59, 50, 250_000_000, time.UTC)

type rig struct {
	*RTC
	clock devicetest.Clock
	line  devicetest.Line
	wall0 int64
}

func newRig() *rig {
	r := &rig{wall0: start.UnixNano()}
	r.RTC = New(&r.clock, &r.line, func() int64 { return r.wall0 + int64(r.clock.Now()) },
		Config{Low: 256 << 20, CPUs: 1})
	return r
}

func (r *rig) get(i uint8) uint8 {
	r.Out(0, 1, uint32(i))
	return uint8(r.In(1, 1))
}

func (r *rig) set(i, v uint8) {
	r.Out(0, 1, uint32(i))
	r.Out(1, 1, uint32(v))
}

// date is the century, year, month, day, weekday, hour, minute and second.
func (r *rig) date() [8]uint8 {
	var d [8]uint8
	for i, reg := range []uint8{CenturyRegister, regYear, regMonth, regDay, regWeekday, regHours, regMinutes, regSeconds} {
		d[i] = r.get(reg)
	}
	return d
}

func TestTheTimeIsTheWallClocks(t *testing.T) {
	r := newRig()
	if got, want := r.date(), [8]uint8{0x20, 0x24, 0x02, 0x28, 4, 0x23, 0x59, 0x50}; got != want {
		t.Errorf("%x, want %x", got, want)
	}
	r.clock.Advance(10*second + second/2)
	if got, want := r.date(), [8]uint8{0x20, 0x24, 0x02, 0x29, 5, 0, 0, 0}; got != want {
		t.Errorf("ten seconds later: %x, want %x", got, want)
	}
	r.wall0 += 86400 * second // the host's clock is set
	if got, want := r.date(), [8]uint8{0x20, 0x24, 0x03, 0x01, 6, 0, 0, 0}; got != want {
		t.Errorf("a day of the wall clock later: %x, want %x", got, want)
	}
}

func TestFormats(t *testing.T) {
	for _, c := range []struct {
		b, hour uint8 // of the wall clock
		want    uint8
	}{
		{b24, 0, 0x00}, {b24, 12, 0x12}, {b24, 23, 0x23},
		{b24 | bBinary, 0, 0}, {b24 | bBinary, 23, 23},
		{0, 0, 0x12}, {0, 1, 0x01}, {0, 11, 0x11}, {0, 12, 0x92}, {0, 13, 0x81}, {0, 23, 0x91},
		{bBinary, 0, 12}, {bBinary, 11, 11}, {bBinary, 12, 0x8c}, {bBinary, 23, 0x8b},
	} {
		r := newRig()
		r.wall0 = time.Date(2031, 12, 31, int(c.hour), 45, 0, 0, time.UTC).UnixNano()
		r.set(regB, c.b)
		if got := r.get(regHours); got != c.want {
			t.Errorf("register B %#x: hour %d is %#x, want %#x", c.b, c.hour, got, c.want)
		}
		if got, want := r.get(regMinutes), r.encode(45); got != want || want != 45 && want != 0x45 {
			t.Errorf("register B %#x: minute 45 is %#x", c.b, got)
		}
		// Set to what it is, it does not change.
		r.set(regHours, c.want)
		if got := r.get(regHours); got != c.want {
			t.Errorf("register B %#x: hour %#x set is %#x", c.b, c.want, got)
		}
	}
}

func TestTheGuestSetsTheTime(t *testing.T) {
	r := newRig()
	r.set(regB, b24|bSET)
	for i, v := range map[uint8]uint8{regSeconds: 0x58, regMinutes: 0x59, regHours: 0x23,
		regDay: 0x31, regMonth: 0x12, regYear: 0x99, CenturyRegister: 0x19, regWeekday: 6} {
		r.set(i, v)
	}
	r.clock.Advance(5 * second)
	r.set(regB, b24|bSET|bPIE) // holds it on
	want := [8]uint8{0x19, 0x99, 0x12, 0x31, 6, 0x23, 0x59, 0x58}
	if got := r.date(); got != want {
		t.Errorf("%x while SET holds it, want %x", got, want)
	}
	r.set(regB, b24)
	if got := r.date(); got != want {
		t.Errorf("%x when it is let go, want %x", got, want)
	}
	r.clock.Advance(2 * second)
	if got, want := r.date(), [8]uint8{0x20, 0x00, 0x01, 0x01, 7, 0, 0, 0}; got != want {
		t.Errorf("%x two seconds on, want %x", got, want)
	}
}

func TestATimeRegisterMayBeSetWhileTheClockRuns(t *testing.T) {
	r := newRig()
	r.set(regHours, 0x11)
	r.clock.Advance(second)
	if got, want := r.date(), [8]uint8{0x20, 0x24, 0x02, 0x28, 4, 0x11, 0x59, 0x51}; got != want {
		t.Errorf("%x, want %x", got, want)
	}
}

func TestTheDividerHoldsTheClock(t *testing.T) {
	r := newRig()
	for i, wait := range []uint64{20 * second, second / 10, second * 7 / 10, second * 9 / 10, second / 10} {
		want := 0x50 + uint8(i)
		r.set(regA, 0x76)
		r.clock.Advance(wait)
		if got := r.get(regSeconds); got != want {
			t.Errorf("second %#x while the divider is held, want %#x", got, want)
		}
		r.set(regA, 0x26)
		if r.phase < 0 || r.phase >= second {
			t.Errorf("a phase of %d ns", r.phase)
		}
		r.clock.Advance(second/2 - 1)
		if got := r.get(regSeconds); got != want {
			t.Errorf("second %#x just before half a second, want %#x", got, want)
		}
		r.clock.Advance(1)
		if got := r.get(regSeconds); got != want+1 {
			t.Errorf("second %#x half a second after, want %#x", got, want+1)
		}
	}
}

func TestUIPWarnsOfAnUpdate(t *testing.T) {
	r := newRig()
	uip := func() bool { return r.get(regA)&aUIP != 0 }
	toUpdate := uint64(second * 3 / 4)
	r.clock.Advance(toUpdate - updateTime - 1)
	if uip() {
		t.Error("UIP is set too early")
	}
	r.clock.Advance(1)
	if !uip() {
		t.Error("UIP is not set before the update")
	}
	r.set(regB, b24|bSET)
	if uip() {
		t.Error("UIP is set while SET holds the time")
	}
	r.set(regB, b24)
	r.clock.Advance(updateTime - 1)
	if !uip() || r.get(regSeconds) != 0x50 {
		t.Error("the update is over too early")
	}
	r.clock.Advance(1)
	if uip() || r.get(regSeconds) != 0x51 {
		t.Error("the update is not over in time")
	}
}

// TestLinuxReadsTheTime does what Linux does: the registers are read between
// two looks at UIP that find it clear, and again if it was not.
func TestLinuxReadsTheTime(t *testing.T) {
	r := newRig()
	for step := range 3000 {
		var d [8]uint8
		var began int64
		for try := 0; ; try++ {
			if try == 100 {
				t.Fatal("UIP never clears")
			}
			if r.get(regA)&aUIP != 0 {
				r.clock.Advance(100_000)
				continue
			}
			began, _ = r.now()
			d = r.date()
			r.clock.Advance(20_000)
			if r.get(regA)&aUIP == 0 {
				break
			}
		}
		if after, _ := r.now(); after != began {
			t.Fatalf("step %d: the second changed while UIP was clear", step)
		}
		if got, want := d[7], r.encode(int(began%60)); got != want {
			t.Fatalf("step %d: second %#x, want %#x", step, got, want)
		}
		r.clock.Advance(777_777)
	}
}

func TestRegistersThatCannotBeWritten(t *testing.T) {
	r := newRig()
	r.set(regA, 0xa6)
	r.set(regC, 0xff)
	r.set(regD, 0)
	if a, c, d := r.get(regA), r.get(regC), r.get(regD); a != 0x26 || c != 0 || d != dVRT {
		t.Errorf("A, C, D are %#x, %#x, %#x", a, c, d)
	}
	if got := r.In(0, 4); got&0x00ff00ff != 0x00ff00ff {
		t.Errorf("the address ports read %#x, want all ones", got)
	}
}

func TestCMOSMemory(t *testing.T) {
	r := newRig()
	r.set(ShutdownStatus, 5)
	r.set(0x7f, 0x11)
	r.Out(2, 1, 0x7f) // the upper bank, with or without bit 7
	r.Out(3, 1, 0x22)
	r.Out(0, 2, 0x0a40) // address and byte in a word
	if a, b, c, d := r.get(0x7f), r.Byte(0xff), r.Byte(ShutdownStatus), r.get(0x40); a != 0x11 || b != 0x22 || c != 5 || d != 0x0a {
		t.Errorf("bytes %#x, %#x, %#x, %#x", a, b, c, d)
	}
	r.Reset()
	if r.get(0x7f) != 0x11 || r.Byte(ShutdownStatus) != 5 {
		t.Error("a reset empties the memory")
	}
	r.SetByte(0x50, 7)
	if r.get(0x50) != 7 {
		t.Error("a byte set from outside is not there")
	}
	if r.Out(0, 1, 0x8f); !r.NMIMasked() || r.In(1, 1) != 5 {
		t.Error("bit 7 of the address does not mask NMIs")
	}
	if r.Out(0, 1, 0x0f); r.NMIMasked() {
		t.Error("NMIs stay masked")
	}
}

func TestCMOSTellsTheMachine(t *testing.T) {
	for _, c := range []struct {
		c    Config
		want map[uint8]uint8
	}{
		{Config{Low: 256 << 20, CPUs: 1, Boot: [3]Boot{BootCD, BootDisk, BootNetwork}}, map[uint8]uint8{
			0x14: 0x06, 0x15: 0x80, 0x16: 0x02, 0x17: 0xff, 0x18: 0xff, 0x30: 0xff, 0x31: 0xff,
			0x34: 0x00, 0x35: 0x0f, 0x5b: 0, 0x5c: 0, 0x5d: 0, 0x5f: 0, 0x3d: 0x23, 0x38: 0x41}},
		{Config{Low: 3 << 30, High: 5<<30 + 64<<10, CPUs: 8}, map[uint8]uint8{
			0x34: 0x00, 0x35: 0xbf, 0x5b: 0x01, 0x5c: 0x40, 0x5d: 0x01, 0x5f: 7, 0x3d: 0, 0x38: 1}},
		{Config{Low: 8 << 20, CPUs: 2}, map[uint8]uint8{0x15: 0x80, 0x17: 0x00, 0x18: 0x1c, 0x34: 0, 0x35: 0}},
		{Config{Low: 512 << 10}, map[uint8]uint8{0x15: 0x00, 0x16: 0x02, 0x17: 0, 0x18: 0, 0x34: 0, 0x5f: 0}},
		{Config{Low: 3 << 30, High: 1 << 62, CPUs: 1 << 20}, map[uint8]uint8{0x5b: 0xff, 0x5c: 0xff, 0x5d: 0xff, 0x5f: 0xff}},
	} {
		var clock devicetest.Clock
		r := New(&clock, new(devicetest.Line), func() int64 { return 0 }, c.c)
		for i, want := range c.want {
			if got := r.Byte(i); got != want {
				t.Errorf("%+v: byte %#x is %#x, want %#x", c.c, i, got, want)
			}
		}
		sum := 0
		for i := uint8(0x10); i <= 0x2d; i++ {
			sum += int(r.Byte(i))
		}
		if got := int(r.Byte(0x2e))<<8 | int(r.Byte(0x2f)); got != sum {
			t.Errorf("%+v: check sum %#x, want %#x", c.c, got, sum)
		}
	}
}
