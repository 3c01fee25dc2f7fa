package ioapic

import (
	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/pic"
)

// TimerGSI is the global system interrupt of ISA line 0, the PIT's: input 0
// has the 8259s' output. A machine's MADT must say so with an interrupt source
// override. ACPI 6.4 §5.2.12.5; MP Specification 1.4 §D.3.
const TimerGSI = 2

// isaLine is an ISA interrupt line, which goes to both kinds of controller.
type isaLine struct {
	pic    *pic.PIC
	ioapic *IOAPIC
	n, gsi int
}

// ISA is ISA interrupt line n, 0 to 15 without 2, which there is not: input n
// of the 8259s, and of the I/O APIC input n, or TimerGSI for line 0. The guest
// masks one or the other.
func ISA(p *pic.PIC, a *IOAPIC, n int) device.IRQ {
	l := &isaLine{p, a, n, n}
	if n == 0 {
		l.gsi = TimerGSI
	}
	return l
}

func (l *isaLine) Set(level bool) {
	l.pic.SetLine(l.n, level)
	l.ioapic.SetLine(l.gsi, level)
}
