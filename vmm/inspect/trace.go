package inspect

import (
	"fmt"
	"io"
	"strings"

	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// Filter chooses exits from a trace. The zero Filter chooses all.
type Filter struct {
	Reasons []vmm.Reason // one of these, if there are any
	// Info, if HasInfo, is what the exit was about: the port, the
	// guest-physical address (any in its page), the MSR, the vector.
	Info    uint64
	HasInfo bool
	// Vector, if HasVector, was injected with the entry before.
	Vector    uint8
	HasVector bool
}

// match tells whether the filter chooses an exit.
func (f *Filter) match(t *vmm.Trace) bool {
	if len(f.Reasons) > 0 {
		found := false
		for _, r := range f.Reasons {
			found = found || r == t.Reason
		}
		if !found {
			return false
		}
	}
	if f.HasInfo {
		info, want := t.Info, f.Info
		if t.Reason == vmm.ReasonMemory {
			info, want = info&^pageMask, want&^pageMask
		}
		if info != want {
			return false
		}
	}
	vector, _, injected := t.Injected()
	return !f.HasVector || injected && vector == f.Vector
}

// ParseReason finds reasons by a name, or the beginning of one, in any case.
func ParseReason(name string) (found []vmm.Reason) {
	name = strings.ToLower(name)
	for r := range vmm.Reason(vmm.Reasons) {
		have := strings.ToLower(r.String())
		if have == name {
			return []vmm.Reason{r}
		}
		if name != "" && strings.HasPrefix(have, name) {
			found = append(found, r)
		}
	}
	return found
}

// Trace shows the last n exits of a trace that the filter chooses, the oldest
// first: TSC ticks since the exit before it in the trace, RIP, and what it was.
func Trace(w io.Writer, traces []vmm.Trace, f Filter, n int) {
	var chosen []int
	for i := range traces {
		if f.match(&traces[i]) {
			chosen = append(chosen, i)
		}
	}
	if len(chosen) == 0 {
		fmt.Fprintln(w, "no such exits in the trace")
		return
	}
	chosen = chosen[max(0, len(chosen)-max(n, 0)):]
	fmt.Fprintf(w, "%12s %-16s  %s\n", "ticks", "RIP", "exit")
	for _, i := range chosen {
		t, since := &traces[i], "-"
		if i > 0 {
			since = fmt.Sprintf("+%d", t.TSC-traces[i-1].TSC)
		}
		line := fmt.Sprintf("%12s %016x  %-16s %s", since, t.RIP, t.Reason, what(t))
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
}

// what is what an exit was about, and what was injected before it.
func what(t *vmm.Trace) string {
	text := about(t)
	if vector, exception, ok := t.Injected(); ok {
		kind := "interrupt"
		name := fmt.Sprintf("%#x", vector)
		if exception {
			kind, name = "exception", x86.Vector(vector).String()
		} else if vector == nmi {
			kind, name = "NMI", ""
		}
		text += strings.TrimRight(fmt.Sprintf(" (after %s %s", kind, name), " ") + ")"
	}
	return strings.TrimLeft(text, " ")
}

const nmi = 2

func about(t *vmm.Trace) string {
	switch t.Reason {
	case vmm.ReasonPort:
		if t.Write {
			return fmt.Sprintf("out %#x size %d value %#x", t.Info, t.Size, t.RAX&mask(int(t.Size)))
		}
		return fmt.Sprintf("in %#x size %d", t.Info, t.Size)
	case vmm.ReasonMemory:
		return fmt.Sprintf("%s %#x", direction(t.Write), t.Info)
	case vmm.ReasonMSR:
		text := fmt.Sprintf("%s %s", direction(t.Write), msrName(t.Info))
		if t.Write {
			text += fmt.Sprintf(", EAX %#x", uint32(t.RAX))
		}
		return text
	case vmm.ReasonException:
		return x86.Vector(t.Info).String()
	case vmm.ReasonCPUID:
		return fmt.Sprintf("leaf %#x", uint32(t.RAX))
	}
	return ""
}

func direction(write bool) string {
	if write {
		return "write"
	}
	return "read"
}

// msrName is an MSR's number with its name.
func msrName(num uint64) string {
	text := fmt.Sprintf("%#x", uint32(num))
	if name := msr.Name(uint32(num)); name != "" {
		text += " " + name
	}
	return text
}

// mask has the low size bytes set.
func mask(size int) uint64 {
	if size <= 0 || size >= 8 {
		return ^uint64(0)
	}
	return 1<<(8*size) - 1
}
