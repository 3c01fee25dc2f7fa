package apic

import (
	"fmt"
	"strings"
)

// deliveryModes names the delivery mode field of a local vector table entry
// and of an I/O APIC redirection entry. Intel SDM vol. 3 §11.5.1; 82093AA
// §3.2.4.
var deliveryModes = [8]string{"fixed", "lowest priority", "SMI", "mode 3", "NMI", "INIT", "mode 6", "ExtINT"}

// errorNames names the bits of the error status register. Intel SDM vol. 3
// §11.5.3 figure 11-9.
var errorNames = [8]string{
	"send checksum error", "receive checksum error", "send accept error", "receive accept error",
	"redirectable IPI", "send illegal vector", "receive illegal vector", "illegal register address",
}

// ErrorText says in words what the errors of LAPIC.Errors are.
func ErrorText(esr uint32) string {
	var names []string
	for i, name := range errorNames {
		if esr>>i&1 != 0 {
			names = append(names, name)
		}
	}
	if names == nil {
		return "no error"
	}
	return strings.Join(names, ", ")
}

// lvtText decodes a local vector table entry but for the timer's mode.
func lvtText(v uint32) string {
	var b strings.Builder
	fmt.Fprintf(&b, "vector %#02x %s", v&lvtVector, deliveryModes[v&lvtMode>>8])
	writeFlags(&b, v&lvtActiveLow != 0, v&lvtLevel != 0, v&lvtPending != 0, v&lvtMasked != 0)
	return b.String()
}

func writeFlags(b *strings.Builder, activeLow, level, pending, masked bool) {
	for _, f := range []struct {
		set  bool
		name string
	}{{activeLow, " active-low"}, {level, " level"}, {pending, " pending"}, {masked, " masked"}} {
		if f.set {
			b.WriteString(f.name)
		}
	}
}

func timerMode(v uint32) string {
	switch v & lvtTimerMode {
	case 0:
		return "one-shot"
	case lvtTimerPeriodic:
		return "periodic"
	case lvtTimerDeadline:
		return "TSC deadline"
	}
	return "reserved mode"
}
