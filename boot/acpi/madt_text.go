package acpi

import (
	"fmt"
	"strings"
)

// String is the table, one fact a line.
func (m *MADT) String() string {
	lines := []string{fmt.Sprintf("local APIC at %#x, dual 8259: %v", m.LocalAPIC, m.DualPIC)}
	lines = appendLines(lines, m.Processors)
	lines = appendLines(lines, m.IOAPICs)
	lines = appendLines(lines, m.Overrides)
	lines = appendLines(lines, m.NMISources)
	lines = appendLines(lines, m.LocalNMIs)
	return strings.Join(lines, "\n")
}

// appendLines appends each of facts as a line.
func appendLines[T fmt.Stringer](lines []string, facts []T) []string {
	for _, f := range facts {
		lines = append(lines, f.String())
	}
	return lines
}

// String is the processor in one line.
func (p Processor) String() string {
	state := "unusable"
	switch {
	case p.Enabled:
		state = "enabled"
	case p.OnlineCapable:
		state = "can be enabled later"
	}
	return fmt.Sprintf("processor: APIC id %d, UID %d, %s", p.APICID, p.UID, state)
}

// String is the I/O APIC in one line.
func (a IOAPIC) String() string {
	return fmt.Sprintf("I/O APIC: id %d, at %#x, first GSI %d", a.ID, a.Address, a.GSIBase)
}

// String is the override in one line.
func (o Override) String() string {
	return fmt.Sprintf("ISA IRQ %d is GSI %d, %v", o.IRQ, o.GSI, o.Flags)
}

// String is the NMI source in one line.
func (n NMISource) String() string {
	return fmt.Sprintf("NMI: GSI %d, %v", n.GSI, n.Flags)
}

// String is the local NMI in one line.
func (n LocalNMI) String() string {
	who := "all processors"
	if !n.All {
		who = fmt.Sprintf("processor UID %d", n.UID)
	}
	return fmt.Sprintf("NMI: LINT%d of %s, %v", n.LINT, who, n.Flags)
}

// String is the polarity and the trigger mode in words.
func (f INTIFlags) String() string {
	polarity, trigger := "reserved polarity", "reserved trigger"
	switch f & intiPolarityMask {
	case 0:
		polarity = "polarity of the bus"
	case intiActiveHigh:
		polarity = "active high"
	case intiActiveLow:
		polarity = "active low"
	}
	switch f & intiTriggerMask {
	case 0:
		trigger = "trigger of the bus"
	case intiEdge:
		trigger = "edge"
	case intiLevel:
		trigger = "level"
	}
	return polarity + ", " + trigger
}
