package inspect

import (
	"fmt"
	"io"
	"sort"

	"github.com/ringo-vmm/ringo/vmm"
)

// top is how many of the most frequent places Exits shows of each kind.
const top = 8

// traceAll asks for all the exits that a trace still has.
const traceAll = 1 << 20

// cost is what a reason's exits have cost.
type cost struct {
	reason        vmm.Reason
	count, cycles uint64
}

func total(s *vmm.Stats) (t cost) {
	for r := range vmm.Reasons {
		t.count, t.cycles = t.count+s.Count[r], t.cycles+s.Cycles[r]
	}
	return t
}

// Exits shows the exits of all processors of a machine by reason, the dearest
// first, and the places that they came from most, as far back as the trace
// goes. tscHz is the rate of the host's time-stamp counter. The machine must
// stand still.
func Exits(w io.Writer, vm *vmm.VM, tscHz uint64) {
	var all cost
	costs := make([]cost, vmm.Reasons)
	for _, c := range vm.CPUs() {
		for r := range costs {
			costs[r].reason = vmm.Reason(r)
			costs[r].count += c.Stats.Count[r]
			costs[r].cycles += c.Stats.Cycles[r]
		}
		t := total(&c.Stats)
		all.count, all.cycles = all.count+t.count, all.cycles+t.cycles
	}
	sort.SliceStable(costs, func(i, j int) bool { return costs[i].cycles > costs[j].cycles })
	fmt.Fprintf(w, "%-22s %12s %16s %10s %7s\n", "reason", "count", "ticks", "each", "share")
	for _, c := range costs {
		if c.count == 0 {
			continue
		}
		fmt.Fprintf(w, "%-22s %12d %16d %10d %7s\n", c.reason, c.count, c.cycles, c.cycles/c.count, share(c.cycles, all.cycles))
	}
	fmt.Fprintf(w, "%-22s %12d %16d  in all %s\n", "all", all.count, all.cycles, seconds(ticks(all.cycles, tscHz)))
	places(w, vm)
	for _, c := range vm.CPUs() {
		if text := spin(vm, c); text != "" {
			fmt.Fprintf(w, "CPU %d %s\n", c.ID, text)
		}
	}
}

// places shows the most frequent ports, addresses, MSRs and RIPs of the trace.
func places(w io.Writer, vm *vmm.VM) {
	ports, addresses, msrs, rips := tally{}, tally{}, tally{}, tally{}
	n := 0
	for _, c := range vm.CPUs() {
		for _, t := range c.Stats.Last(traceAll) {
			n++
			rips[t.RIP]++
			switch t.Reason {
			case vmm.ReasonPort:
				ports[t.Info]++
			case vmm.ReasonMemory:
				addresses[t.Info]++
			case vmm.ReasonMSR:
				msrs[t.Info]++
			}
		}
	}
	fmt.Fprintf(w, "of the last %d exits:\n", n)
	ports.show(w, "port", func(v uint64) string { return fmt.Sprintf("%#x %s", v, nobody(vm.Ports.Name(uint16(v)))) })
	addresses.show(w, "address", func(v uint64) string { return fmt.Sprintf("%#x %s", v, nobody(vm.Memory.Name(v))) })
	msrs.show(w, "MSR", msrName)
	rips.show(w, "RIP", func(v uint64) string { return fmt.Sprintf("%#x", v) })
}

func nobody(name string) string {
	if name == "" {
		return "(no device)"
	}
	return name
}

// tally counts places.
type tally map[uint64]int

// show writes the most frequent places.
func (t tally) show(w io.Writer, kind string, name func(uint64) string) {
	var list []uint64
	for v := range t {
		list = append(list, v)
	}
	sort.Slice(list, func(i, j int) bool {
		if t[list[i]] != t[list[j]] {
			return t[list[i]] > t[list[j]]
		}
		return list[i] < list[j]
	})
	for _, v := range list[:min(len(list), top)] {
		fmt.Fprintf(w, "  %-8s %6d  %s\n", kind, t[v], name(v))
	}
}
