// Package pmtimer is the power management of a virtual PC as ACPI sees it: the
// PM timer, the PM1a event and control blocks with a power button and soft-off,
// and the SMI command port that switches ACPI on. It follows the ACPI
// specification 6.4, section 4.8, Fixed Hardware.
package pmtimer

import "github.com/ringo-vmm/ringo/vmm/device"

// Ports of a PM, and where in them the register blocks are that the FADT names.
const (
	Ports         = 12
	EventOffset   = 0 // PM1a_EVT_BLK: status and enable, 2 bytes each
	EventLength   = 4
	ControlOffset = 4 // PM1a_CNT_BLK
	ControlLength = 2
	TimerOffset   = 8 // PM_TMR_BLK
	TimerLength   = 4
)

// SleepS5 is the SLP_TYPa value of soft-off, for the DSDT's \_S5 object.
const SleepS5 = 5

// PM1 status and enable registers (ACPI 6.4 §4.8.3.1), and the bits of them
// that there are.
const (
	pm1Timer    = 1 << 0
	pm1Global   = 1 << 5
	pm1PowerBtn = 1 << 8
	pm1SleepBtn = 1 << 9
	pm1RTC      = 1 << 10

	pm1Enables = pm1Timer | pm1Global | pm1PowerBtn | pm1SleepBtn | pm1RTC
)

// PM1 control register (ACPI 6.4 §4.8.3.2).
const (
	cntSCI       = 1 << 0 // ACPI mode: events raise the SCI
	cntBusMaster = 1 << 1
	cntSleepType = 7 << 10
	cntSleep     = 1 << 13 // write-only

	cntKept    = cntSCI | cntBusMaster | cntSleepType
	sleepShift = 10
)

// PM is the registers. It is a device.Ports for Ports ports.
type PM struct {
	clock    device.Clock
	sci      device.IRQ
	powerOff func()

	status, enable, control uint16

	seen  uint64 // toggles of the timer's top bit up to which the status is set
	timer device.Timer
	level bool  // of the SCI
	smi   uint8 // the last SMI command
}

// New makes the registers. The SCI is a level-triggered line. powerOff is
// called when the guest enters S5; it may not reset the machine before it has
// returned.
func New(clock device.Clock, sci device.IRQ, powerOff func()) *PM {
	p := &PM{clock: clock, sci: sci, powerOff: powerOff}
	p.timer = clock.NewTimer(func() { p.sync(); p.step() })
	p.Reset()
	return p
}

// Reset leaves ACPI off, as a system reset does.
func (p *PM) Reset() {
	p.status, p.enable, p.control, p.smi = 0, 0, 0, 0
	p.seen = p.toggles()
	p.step()
}

// PowerButton presses the power button.
func (p *PM) PowerButton() {
	p.status |= pm1PowerBtn
	p.step()
}

// In reads registers of any size at any place.
func (p *PM) In(off uint16, size int) uint32 {
	t := p.count()
	if off >= TimerOffset {
		return t >> (8 * (off - TimerOffset))
	}
	p.sync()
	low := uint64(p.status) | uint64(p.enable)<<16 | uint64(p.control)<<32
	return uint32(low>>(8*off)) | uint32(uint64(t)<<(8*(TimerOffset-off)))
}

// Out writes registers, byte by byte.
func (p *PM) Out(off uint16, size int, v uint32) {
	if off >= TimerOffset {
		return
	}
	p.sync()
	for i := range uint16(size) {
		shift := (off + i) & 1 * 8
		b, mask := uint16(v>>(8*i)&0xff)<<shift, uint16(0xff)<<shift
		switch (off + i) &^ 1 {
		case 0:
			p.status &^= b
		case 2:
			p.enable = p.enable&^mask | b&pm1Enables
		case ControlOffset:
			p.control = p.control&^mask | b&cntKept
			if b&cntSleep != 0 && b&cntSleepType>>sleepShift == SleepS5 {
				p.powerOff()
			}
		}
	}
	p.step()
}

// raised tells whether the SCI is (ACPI 6.4 §4.8.2.1).
func (p *PM) raised() bool { return p.control&cntSCI != 0 && p.status&p.enable != 0 }

// step brings the SCI and the timer in step with the registers. The timer runs
// only for an interrupt that is enabled and not pending.
func (p *PM) step() {
	if level := p.raised(); level != p.level {
		p.level = level
		p.sci.Set(level)
	}
	if p.control&cntSCI != 0 && p.enable&^p.status&pm1Timer != 0 {
		p.timer.Set(p.nextToggle())
	} else {
		p.timer.Stop()
	}
}
