package msr

import "fmt"

// X2APIC is the MSR of the local APIC register at a byte offset in the xAPIC's
// page, a multiple of 16 below 400h. SDM vol. 3 §10.12.1.2, APM vol. 2 §16.11.1.
func X2APIC(offset uint32) uint32 { return x2apicFirst + offset>>4 }

// MTRRPhysBase is the base register of variable range n. SDM vol. 3 §11.11.2.3.
func MTRRPhysBase(n int) uint32 { return mtrrVarFirst + 2*uint32(n) }

// MTRRPhysMask is the mask register of variable range n. SDM vol. 3 §11.11.2.3.
func MTRRPhysMask(n int) uint32 { return mtrrVarFirst + 2*uint32(n) + 1 }

// MCCtl is the control register of machine-check bank n; its status, address
// and miscellaneous registers follow it. SDM vol. 3 §15.3.2.
func MCCtl(n int) uint32 { return mcFirst + 4*uint32(n) }

// MCStatus is the status register of machine-check bank n.
func MCStatus(n int) uint32 { return MCCtl(n) + 1 }

// PMC is performance counter n. SDM vol. 3 §18.2.1.1.
func PMC(n int) uint32 { return pmcFirst + uint32(n) }

// PerfEvtSel is the event select register of performance counter n. SDM vol. 3
// §18.2.1.1.
func PerfEvtSel(n int) uint32 { return perfEvtSelFirst + uint32(n) }

// The first registers of the ranges, and how many each has.
const (
	pmcFirst        = 0xc1
	pmcCount        = 8
	perfEvtSelFirst = 0x186
	mtrrVarFirst    = 0x200
	mtrrVarCount    = 10
	mcFirst         = 0x400
	mcCount         = 32
	x2apicFirst     = 0x800
	x2apicCount     = 0x40
)

var mcNames = [4]string{"CTL", "STATUS", "ADDR", "MISC"}

var mtrrVarNames = [2]string{"BASE", "MASK"}

// x2apicNames are the local APIC's registers by MSR number less 800h. SDM vol. 3
// table 10-6.
var x2apicNames = map[uint32]string{
	0x02: "APICID", 0x03: "VERSION", 0x08: "TPR", 0x0a: "PPR", 0x0b: "EOI", 0x0d: "LDR", 0x0f: "SIVR",
	0x28: "ESR", 0x2f: "LVT_CMCI", 0x30: "ICR", 0x32: "LVT_TIMER", 0x33: "LVT_THERMAL", 0x34: "LVT_PMI",
	0x35: "LVT_LINT0", 0x36: "LVT_LINT1", 0x37: "LVT_ERROR", 0x38: "INIT_COUNT", 0x39: "CUR_COUNT",
	0x3e: "DIV_CONF", 0x3f: "SELF_IPI",
}

// rangeName names a register that belongs to a range, "" for any other.
func rangeName(num uint32) string {
	switch {
	case num-pmcFirst < pmcCount:
		return fmt.Sprintf("IA32_PMC%d", num-pmcFirst)
	case num-perfEvtSelFirst < pmcCount:
		return fmt.Sprintf("IA32_PERFEVTSEL%d", num-perfEvtSelFirst)
	case num-mtrrVarFirst < 2*mtrrVarCount:
		n := num - mtrrVarFirst
		return fmt.Sprintf("IA32_MTRR_PHYS%s%d", mtrrVarNames[n%2], n/2)
	case num-mcFirst < 4*mcCount:
		n := num - mcFirst
		return fmt.Sprintf("IA32_MC%d_%s", n/4, mcNames[n%4])
	case num-x2apicFirst < x2apicCount:
		n := num - x2apicFirst
		switch {
		case n >= 0x10 && n < 0x18:
			return fmt.Sprintf("IA32_X2APIC_ISR%d", n-0x10)
		case n >= 0x18 && n < 0x20:
			return fmt.Sprintf("IA32_X2APIC_TMR%d", n-0x18)
		case n >= 0x20 && n < 0x28:
			return fmt.Sprintf("IA32_X2APIC_IRR%d", n-0x20)
		}
		if name := x2apicNames[n]; name != "" {
			return "IA32_X2APIC_" + name
		}
	}
	return ""
}

// ranges are the numbers rangeName may name, first and count.
var ranges = [...][2]uint32{
	{pmcFirst, pmcCount},
	{perfEvtSelFirst, pmcCount},
	{mtrrVarFirst, 2 * mtrrVarCount},
	{mcFirst, 4 * mcCount},
	{x2apicFirst, x2apicCount},
}
