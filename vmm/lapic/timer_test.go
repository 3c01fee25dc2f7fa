package lapic

import (
	"fmt"
	"testing"
)

// expiries advances the clock in steps, takes every interrupt 0x30, and
// returns when they came.
func (m *machine) expiries(c *cpu, steps int, step uint64) (at []uint64) {
	for range steps {
		m.clock.Advance(step)
		if v, ok := c.Pending(); ok && v == 0x30 {
			c.Acknowledge(v)
			c.end()
			at = append(at, m.clock.Now())
		}
	}
	return at
}

func TestDividers(t *testing.T) {
	for code, divider := range map[uint32]uint32{0: 2, 1: 4, 2: 8, 3: 16, 8: 32, 9: 64, 0xa: 128, 0xb: 1} {
		m, c := one()
		c.reg(0x3e0, code)
		c.reg(0x320, 0x10030)
		c.reg(0x380, 1_000_000)
		m.clock.Advance(12_800)
		if got, want := c.get(0x390), 1_000_000-12_800/divider; got != want {
			t.Errorf("divided by %d: %d left after 12800 ticks, want %d", divider, got, want)
		}
	}
}

func TestOneShot(t *testing.T) {
	m, c := one()
	m.clock.Advance(777)
	c.reg(0x3e0, 0xb)
	c.reg(0x320, 0x30)
	c.reg(0x380, 1000)
	if got := c.get(0x380); got != 1000 {
		t.Errorf("the initial count reads %d", got)
	}
	m.clock.Advance(999)
	c.want(t, 0)
	if got := c.get(0x390); got != 1 {
		t.Errorf("%d left, want 1", got)
	}
	m.clock.Advance(1)
	c.want(t, 0x30)
	c.reg(0xb0, 0)
	m.clock.Advance(5000)
	c.want(t, 0)
	if got := c.get(0x390); got != 0 {
		t.Errorf("%d left after the end", got)
	}
	c.reg(0x380, 500)
	m.clock.Advance(100)
	c.reg(0x380, 500) // starts again
	m.clock.Advance(499)
	c.want(t, 0)
	c.reg(0x380, 0) // stops
	m.clock.Advance(5000)
	c.want(t, 0)
}

func TestPeriodicDoesNotDrift(t *testing.T) {
	for _, hz := range []uint64{busHz, 100_000_000, 66_666_667, 333_333_333, 3_000_000_007} {
		t.Run(fmt.Sprint(hz), func(t *testing.T) {
			m := &machine{}
			c := m.add(0, true, hz)
			m.clock.Advance(12345)
			c.reg(0x3e0, 0x3)
			c.reg(0x320, 0x20030)
			count := uint32(hz / 16 / 250) // as near to 250 Hz as it gets
			c.reg(0x380, count)
			start := m.clock.Now()
			// A clock that is read late, by more than a period at times.
			n := 0
			for m.clock.Now() < start+10*second {
				m.clock.Advance(1_000_003)
				if _, ok := c.Pending(); ok {
					c.Acknowledge(0x30)
					c.end()
					n++
				}
			}
			ticks := scale(m.clock.Now(), hz, second) - scale(start, hz, second)
			if want := int(ticks / 16 / uint64(count)); n != want {
				t.Errorf("%d interrupts, want %d", n, want)
			}
		})
	}
}

func TestPeriodicCountAndReload(t *testing.T) {
	m, c := one()
	c.reg(0x3e0, 0xb)
	c.reg(0x320, 0x20030)
	c.reg(0x380, 200_000)
	m.clock.Advance(250_000)
	c.want(t, 0x30)
	c.reg(0xb0, 0)
	if got := c.get(0x390); got != 150_000 {
		t.Errorf("%d left, want 150000", got)
	}
	m.clock.Advance(149_999)
	c.want(t, 0)
	m.clock.Advance(1)
	c.want(t, 0x30)
	if got := c.get(0x390); got != 200_000 {
		t.Errorf("%d left at the reload", got)
	}
}

func TestPeriodicLateNoticeKeepsThePhase(t *testing.T) {
	m, c := one()
	c.reg(0x3e0, 0xb)
	c.reg(0x320, 0x20030)
	c.reg(0x380, 1_000_000)
	c.timer.alarm.Stop() // the host is busy
	m.clock.Advance(3_500_000)
	c.expire()
	c.want(t, 0x30) // once, for three
	c.reg(0xb0, 0)
	at := m.expiries(c, 1000, 1000)
	if len(at) != 1 || at[0] != 4_000_000 {
		t.Errorf("the next are at %d, want one at 4000000", at)
	}
}

func TestFastPeriodicIsBounded(t *testing.T) {
	m, c := one()
	c.reg(0x3e0, 0xb)
	c.reg(0x320, 0x20030)
	c.reg(0x380, 3)
	before := c.notified
	at := m.expiries(c, 10_000, 1000)
	if n := len(at); n < 90 || n > 100 {
		t.Errorf("%d interrupts in 10 ms, want one in 100 µs", n)
	}
	if c.notified-before > 100 {
		t.Errorf("notified %d times", c.notified-before)
	}
	if got := c.get(0x390); got == 0 || got > 3 {
		t.Errorf("the count is %d", got)
	}
}

func TestMaskedTimerCounts(t *testing.T) {
	m, c := one()
	c.reg(0x3e0, 0xb)
	c.reg(0x320, 0x30030) // periodic
	c.reg(0x380, 300_000)
	if _, set := c.timer.alarm.Deadline(); set {
		t.Error("a masked timer has an alarm")
	}
	m.clock.Advance(400_000)
	c.want(t, 0)
	if got := c.get(0x390); got != 200_000 {
		t.Errorf("%d left, want 200000", got)
	}
	c.reg(0x320, 0x20030)
	if at := m.expiries(c, 400, 1000); len(at) != 1 || at[0] != 600_000 {
		t.Errorf("unmasked, it interrupts at %d, want 600000", at)
	}

	// The count is read just as it reloads.
	c.reg(0x320, 0x30030)
	c.reg(0x380, 1000)
	m.clock.Advance(3000)
	if got := c.get(0x390); got != 1000 {
		t.Errorf("%d left at a reload", got)
	}

	// A one-shot that ends while it is masked is over.
	c.reg(0x320, 0x10030)
	c.reg(0x380, 1000)
	m.clock.Advance(2000)
	if got := c.get(0x390); got != 0 {
		t.Errorf("%d left", got)
	}
	c.reg(0x320, 0x30)
	m.clock.Advance(10_000_000)
	c.want(t, 0)

	// Nor does it begin again in periodic mode, before a count is written.
	c.reg(0x320, 0x20030)
	m.clock.Advance(10_000_000)
	c.want(t, 0)
	if got := c.get(0x390); got != 0 {
		t.Errorf("%d left of what has ended", got)
	}
}

func TestModeAndDividerChangesKeepTheCount(t *testing.T) {
	m, c := one()
	c.reg(0x3e0, 0xb)
	c.reg(0x320, 0x30)
	c.reg(0x380, 1_000_000)
	m.clock.Advance(400_000)
	c.reg(0x320, 0x20030)
	if got := c.get(0x390); got != 600_000 {
		t.Errorf("%d left after the change to periodic", got)
	}
	c.reg(0x3e0, 0x1) // by 4
	if got := c.get(0x390); got != 600_000 {
		t.Errorf("%d left after the change of the divider", got)
	}
	m.clock.Advance(400_000)
	if got := c.get(0x390); got != 500_000 {
		t.Errorf("%d left at a quarter of the rate", got)
	}
	at := m.expiries(c, 1, 2_000_000)
	if len(at) != 1 {
		t.Error("no interrupt at 0")
	}
}

func TestReservedTimerMode(t *testing.T) {
	_, c := one()
	c.reg(0x320, 0x60030)
	if got := c.get(0x320); got != 0x20030 {
		t.Errorf("the reserved mode reads %#x", got)
	}
}

func TestTimerStopsAtReset(t *testing.T) {
	m, c := one()
	c.reg(0x320, 0x30)
	c.reg(0x380, 1000)
	c.Reset()
	if _, set := c.timer.alarm.Deadline(); set {
		t.Error("the alarm is still set")
	}
	c.reg(0xf0, 0x1ff)
	c.reg(0x320, 0x30)
	m.clock.Advance(1_000_000)
	c.want(t, 0)
}

func TestDeadline(t *testing.T) {
	m, c := one()
	m.clock.Advance(1000)
	c.WriteMSR(0x6e0, 5000)
	if v, ok := c.ReadMSR(0x6e0); v != 0 || !ok {
		t.Errorf("outside TSC-deadline mode a deadline reads %d, %v", v, ok)
	}
	c.reg(0x380, 100_000) // is disarmed by the change
	c.reg(0x320, 0x40030)
	c.reg(0x380, 100_000) // ignored
	if init, cur := c.get(0x380), c.get(0x390); init != 0 || cur != 0 {
		t.Errorf("in TSC-deadline mode the counts are %d and %d", init, cur)
	}
	m.clock.Advance(1_000_000)
	c.want(t, 0)
	tsc := c.cfg.TSC()
	c.WriteMSR(0x6e0, tsc+2501) // 1000.4 ns
	m.clock.Advance(1000)
	c.want(t, 0)
	if v, _ := c.ReadMSR(0x6e0); v != tsc+2501 {
		t.Errorf("the deadline reads %d", v)
	}
	m.clock.Advance(1)
	c.want(t, 0x30)
	c.reg(0xb0, 0)
	if v, _ := c.ReadMSR(0x6e0); v != 0 {
		t.Errorf("the deadline reads %d after it passed", v)
	}

	c.WriteMSR(0x6e0, 1) // passed
	m.clock.Advance(0)
	c.want(t, 0x30)
	c.reg(0xb0, 0)

	c.WriteMSR(0x6e0, c.cfg.TSC()+1000)
	c.WriteMSR(0x6e0, 0) // disarmed
	if _, set := c.timer.alarm.Deadline(); set {
		t.Error("disarmed, the alarm is still set")
	}
	m.clock.Advance(10_000)
	c.want(t, 0)

	c.WriteMSR(0x6e0, ^uint64(0)) // never
	m.clock.Advance(10_000)
	c.want(t, 0)
	c.reg(0x320, 0x30)
	if v, _ := c.ReadMSR(0x6e0); v != 0 {
		t.Errorf("the deadline reads %d in one-shot mode", v)
	}
}

func TestDeadlineFollowsTheTSC(t *testing.T) {
	m, c := one()
	c.reg(0x320, 0x40030)
	c.WriteMSR(0x6e0, 2_500_000)
	m.tsc = 2_000_000
	c.TSCChanged()
	m.clock.Advance(199_999)
	c.want(t, 0)
	m.clock.Advance(1)
	c.want(t, 0x30)
}

func TestNoDeadlineModeWithoutATSC(t *testing.T) {
	m := &machine{}
	c := m.add(0, true, busHz)
	c.cfg.TSC = nil
	if _, ok := c.ReadMSR(0x6e0); ok || c.WriteMSR(0x6e0, 1) {
		t.Error("IA32_TSC_DEADLINE exists")
	}
	c.reg(0x320, 0x40030)
	if got := c.get(0x320); got != 0x30 {
		t.Errorf("the mode that there is not reads %#x", got)
	}
}

func TestScale(t *testing.T) {
	const most = ^uint64(0)
	for _, test := range []struct{ v, mul, div, down, up uint64 }{
		{0, 7, 3, 0, 0},
		{1, 7, 3, 2, 3},
		{3, 7, 3, 7, 7},
		{most, 5, 5, most, most},
		{most, 3, 2, most, most},
		{most, 1, 2, most >> 1, 1 << 63},
		{1 << 63, 4, 3, 0xaaaaaaaaaaaaaaaa, 0xaaaaaaaaaaaaaaab},
	} {
		if down, up := scale(test.v, test.mul, test.div), scaleUp(test.v, test.mul, test.div); down != test.down || up != test.up {
			t.Errorf("%d * %d / %d is %d and %d, want %d and %d", test.v, test.mul, test.div, down, up, test.down, test.up)
		}
	}
}

func TestDividerMovesTheAlarm(t *testing.T) {
	m, c := one()
	c.reg(0x3e0, 0x1) // by 4
	c.reg(0x320, 0x30)
	c.reg(0x380, 1_000_000)
	m.clock.Advance(2_000_000)
	c.reg(0x3e0, 0xb) // by 1: half a million ticks are left
	m.clock.Advance(499_999)
	c.want(t, 0)
	m.clock.Advance(1)
	c.want(t, 0x30)
}

func TestMaskStopsTheAlarm(t *testing.T) {
	_, c := one()
	c.reg(0x320, 0x20030)
	c.reg(0x380, 1_000_000)
	c.reg(0x320, 0x30030)
	if _, set := c.timer.alarm.Deadline(); set {
		t.Error("a masked timer has an alarm")
	}
}

func TestFastPeriodicInterruptsComeOnTime(t *testing.T) {
	m, c := one()
	c.reg(0x3e0, 0xb)
	c.reg(0x320, 0x20030)
	for count, want := range map[uint32]uint64{50_000: 100_000, 60_000: 120_000, 100_000: 100_000, 99_999: 199_998} {
		start := m.clock.Now()
		c.reg(0x380, count)
		if at := m.expiries(c, 200, 1000); len(at) == 0 || at[0] != start+(want+999)/1000*1000 {
			t.Errorf("%d ticks: interrupts at %d, want the first after %d", count, at, want)
		}
	}
}

func TestDeadlineOutlivesItsEntry(t *testing.T) {
	m, c := one()
	c.reg(0x320, 0x50030)
	c.WriteMSR(0x6e0, 2_500_000)
	c.reg(0x320, 0x40030) // unmasked
	m.clock.Advance(1_000_000)
	c.want(t, 0x30)

	c.WriteMSR(0x6e0, 1<<40)
	c.reg(0x320, 0x30)
	if _, set := c.timer.alarm.Deadline(); set {
		t.Error("the alarm of the deadline is still set in one-shot mode")
	}
	c.reg(0x380, 1<<30)
	c.reg(0x320, 0x40030)
	if _, set := c.timer.alarm.Deadline(); set {
		t.Error("the alarm of the count is still set in TSC-deadline mode")
	}
}
