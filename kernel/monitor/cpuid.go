package monitor

import (
	"fmt"
	"math"
	"strings"

	"github.com/ringo-vmm/ringo/amd64/cpuid"
)

// CPUID is the command cpuid, which shows what the processor says of itself.
func CPUID(cpu cpuid.Func) Command {
	return Command{
		Name:  "cpuid",
		Usage: "[LEAF [SUBLEAF]]",
		Group: "processor",
		Help:  "say what the processor is, or show one leaf of CPUID",
		Run: func(c *Context, args []string) error {
			if len(args) == 0 {
				summary(c, cpu)
				return nil
			}
			return leaf(c, cpu, args)
		},
	}
}

// leaf shows the registers of one leaf, and the names of the feature bits set.
func leaf(c *Context, cpu cpuid.Func, args []string) error {
	n, err := Number("LEAF", args[0], 0, math.MaxUint32)
	if err != nil {
		return err
	}
	sub := uint64(0)
	if len(args) > 1 {
		if sub, err = Number("SUBLEAF", args[1], 0, math.MaxUint32); err != nil {
			return err
		}
	}
	// The instruction itself, not Leaf: what it answers out of range is worth seeing.
	var regs [4]uint32
	regs[0], regs[1], regs[2], regs[3] = cpu(uint32(n), uint32(sub))
	c.Printf("%08x.%x:", n, sub)
	for i, v := range regs {
		c.Printf(" %v=%08x", cpuid.Reg(i), v)
	}
	c.Printf("\n")
	for i, v := range regs {
		if names, ok := cpuid.Decode(uint32(n), uint32(sub), cpuid.Reg(i), v); ok && len(names) > 0 {
			wrap(c, "  "+cpuid.Reg(i).String(), names)
		}
	}
	return nil
}

// summary shows what the leaves mean.
func summary(c *Context, cpu cpuid.Func) {
	row := func(name, format string, args ...any) {
		c.Printf("%-12s%s\n", name, fmt.Sprintf(format, args...))
	}
	sig, bits, topo := cpu.Signature(), cpu.AddressBits(), cpu.Topology()
	row("vendor", "%s", cpu.Vendor())
	row("brand", "%s", cpu.Brand())
	row("signature", "%08x: family %#x, model %#x, stepping %d", sig.Raw, sig.Family, sig.Model, sig.Stepping)
	row("leaves", "%s", ranges(cpu))
	row("addresses", "%d bits physical, %d bits linear", bits.Physical, bits.Linear)
	row("APIC id", "%d by leaf %#x, initially %d; %d logical processors in the package", topo.X2APICID, topo.FromLeaf, topo.InitialAPICID, topo.Logical)
	hz, source := cpu.TSCRate()
	rate := string(source)
	if hz != 0 {
		rate = fmt.Sprintf("%d.%03d MHz by %s", hz/1e6, hz/1e3%1e3, source)
	}
	if cpu.Has(cpuid.InvariantTSC) {
		rate += ", invariant"
	}
	row("TSC", "%s", rate)
	if h, ok := cpu.HypervisorInfo(); ok {
		row("hypervisor", "%q, leaves to %08x", h.Signature, h.MaxLeaf)
	}
	if s, ok := cpu.SVMInfo(); ok {
		row("SVM", "revision %d, %d ASIDs", s.Revision, s.ASIDs)
	}
	if x, ok := cpu.XSAVEInfo(); ok {
		row("XSAVE", "XCR0 %#x, XSS %#x, area %d bytes now, %d at most", x.XCR0, x.XSS, x.Size, x.MaxSize)
	}
	var names []string
	for _, f := range cpu.Features() {
		names = append(names, f.String())
	}
	wrap(c, "features", names)
}

// ranges are the highest leaves of the ranges the processor has.
func ranges(cpu cpuid.Func) string {
	var highest []string
	for _, base := range []uint32{0, cpuid.LeafHypervisor, cpuid.LeafExtended} {
		if max, ok := cpu.Max(base); ok {
			highest = append(highest, fmt.Sprintf("to %08x", max))
		}
	}
	return strings.Join(highest, ", ")
}

// wrap prints words after a title, in lines that fit the terminal.
func wrap(c *Context, title string, words []string) {
	const indent = 12
	c.Printf("%-*s", indent, title)
	column := indent
	for i, w := range words {
		switch {
		case i == 0:
		case column+1+len(w) >= terminalWidth:
			c.Printf("\n%*s", indent, "")
			column = indent
		default:
			c.Printf(" ")
			column++
		}
		c.Printf("%s", w)
		column += len(w)
	}
	c.Printf("\n")
}
