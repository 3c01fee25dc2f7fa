// Package lapic is the local APICs of a virtual machine's processors and the
// bus between them. Each vCPU has a LAPIC: it sends the guest's accesses to
// the register page and the MSRs there, and asks it before an entry which
// interrupt to inject. I/O APICs and message-signalled interrupts reach the
// processors through the Bus.
//
// It follows Intel SDM vol. 3 ch. 11 (Advanced Programmable Interrupt
// Controller; ch. 10 in older editions) and AMD APM vol. 2 ch. 16. What those
// leave to the processor is done as on a Pentium 4 or later. What KVM adds to it is
// in pveoi.go.
//
// As for all virtual devices, every call is made with the virtual machine's
// device lock held. The callbacks in Config are called from within: they take
// note and kick the vCPU, and call nothing here.
package lapic

import (
	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/ram"
)

// Config is what a LAPIC needs from the vCPU and the machine around it.
type Config struct {
	ID    uint32 // APIC id; a guest that does not use x2APIC sees the low 8 bits
	BSP   bool   // the processor that runs after a reset
	Clock device.Clock
	BusHz uint64 // rate of the timer before its divider, in Hz; not 0

	// TSC is the guest's time-stamp counter now, and TSCHz its rate in Hz.
	// Without them there is no TSC-deadline mode.
	TSC   func() uint64
	TSCHz uint64

	// RAM is the guest's memory. Without it there is no paravirtual end of
	// interrupt.
	RAM *ram.RAM

	// Notify is called when there is an interrupt that the vCPU may have to
	// take, and so has to ask: Pending or ExtINT may have more to say than
	// before.
	Notify func()
	// NMI is called for each NMI.
	NMI func()
	// Init is called for an INIT, when the LAPIC has already been reset: the
	// vCPU drops a start-up it has not yet acted on, resets itself, and
	// waits if Waiting says so.
	Init func()
	// StartUp is called when the vCPU, which waited, is to run in real mode
	// from guest-physical address vector << 12.
	StartUp func(vector uint8)
}

// LAPIC is a local APIC.
type LAPIC struct {
	cfg Config
	bus *Bus

	base    uint64 // IA32_APIC_BASE
	mmio    bool   // the register page answers: enabled, and not in x2APIC mode
	waiting bool   // for a start-up IPI

	irr, isr, tmr vectors
	service       uint8    // the highest in the ISR, 0 if none
	next          uint8    // the highest in the IRR that what is in service does not hold up, 0 if none
	tpr           uint8    // up to date only in TPR
	shared        Priority // nil: nobody
	raised        *uint8   // not 0: the task priority may hold something up

	pvEOI   uint64 // MSRPVEOI
	offered bool   // the interrupt of highest priority in service can be ended by the guest's word

	ldr, dfr uint32
	svr      uint32
	errors   uint32 // errors since the last write to the ESR
	esr      uint32 // what the ESR reads
	icr      uint64
	lvt      [lvtEntries]uint32

	pins   [2]bool // levels of LINT0 and LINT1
	extINT bool    // an ExtINT message came, which no pin withdraws

	timer timer
}

// New makes a local APIC as power-on leaves it and puts it on the bus.
func New(bus *Bus, cfg Config) *LAPIC {
	if cfg.BusHz == 0 {
		panic("lapic: a timer of 0 Hz")
	}
	l := &LAPIC{cfg: cfg, bus: bus}
	l.raised = &l.tpr
	l.timer.alarm = cfg.Clock.NewTimer(l.expire)
	l.timer.minPeriod = scale(minPeriod, cfg.BusHz, second)
	bus.lapics = append(bus.lapics, l)
	l.Reset()
	return l
}

// ID is the APIC id.
func (l *LAPIC) ID() uint32 { return l.cfg.ID }

// Reset is power-on, or a reset of the whole system.
func (l *LAPIC) Reset() {
	l.base = defaultPage | baseEnable
	if l.cfg.BSP {
		l.base |= baseBSP
	}
	l.waiting = !l.cfg.BSP
	l.pvEOI = 0 // and memory is somebody else's already
	l.resetRegisters()
	l.setTPR(0)
}

// resetRegisters is what power-on and INIT have in common. Intel SDM vol. 3
// §11.4.7.1, §11.4.7.3.
func (l *LAPIC) resetRegisters() {
	l.irr, l.isr, l.tmr, l.offered = vectors{}, vectors{}, vectors{}, false
	l.service, l.next, l.tpr = 0, 0, 0 // after INIT CR8 is its processor's business, which runs
	l.ldr, l.dfr, l.svr = 0, dfrFlat, svrReset
	l.errors, l.esr, l.icr = 0, 0, 0
	l.lvt = [lvtEntries]uint32{lvtMasked, lvtMasked, lvtMasked, lvtMasked, lvtMasked, lvtMasked}
	l.extINT = false
	if l.cfg.BSP {
		// What firmware sets up for operating systems that know the 8259s
		// alone. MP Specification 1.4 §3.6.2.2.
		l.lvt[lvtLINT0] = uint32(ExtINT) << lvtModeBit
	}
	l.timer.reset()
	l.mode()
}

// mode brings what follows from IA32_APIC_BASE in step with it.
func (l *LAPIC) mode() {
	l.mmio = l.base&(baseEnable|baseX2) == baseEnable
}

// Enabled tells whether the guest has the local APIC on: CPUID.1:EDX[9].
func (l *LAPIC) Enabled() bool { return l.base&baseEnable != 0 }

// X2 tells whether the local APIC is in x2APIC mode.
func (l *LAPIC) X2() bool { return l.base&baseX2 != 0 }

// Page is the guest-physical address of the register page, PageSize bytes
// long; ok is false when there is none, in x2APIC mode and when disabled.
func (l *LAPIC) Page() (gpa uint64, ok bool) {
	return l.base & baseAddress, l.mmio
}

// Waiting tells whether the processor waits for a start-up IPI.
func (l *LAPIC) Waiting() bool { return l.waiting }
