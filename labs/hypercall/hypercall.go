// Package hypercall is the lab of docs/course/8-hypercall.md: a console by
// hypercall, beside the emulated serial line. The gap is in gap.go.
package hypercall

import (
	"fmt"
	"sync"

	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/manager"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// Number is the hypercall's, in RAX. RBX is the guest-physical address of a text
// and RCX its length in bytes. It returns the length in RAX, or Failed.
const Number = 0x52494e00

// Failed is -1: nothing was printed.
const Failed = ^uint64(0)

// most is the longest text of one call, in bytes.
const most = 4096

// memory is a guest's.
type memory interface {
	// Read copies guest-physical memory from an address on. An error is that
	// not all of it is memory.
	Read(gpa uint64, p []byte) error
}

// Connect puts the handler in its place.
func Connect() {
	vmm.Wrap(vmm.ReasonHypercall, func(c *vmm.VCPU, next func(*vmm.VCPU)) {
		g := c.CPU().GPR()
		if g[x86.RAX] != Number {
			next(c)
			return
		}
		g[x86.RAX] = call(c.VM().RAM, g[x86.RBX], g[x86.RCX], of(c.VM().Name).print)
		c.Complete()
	})
}

// output is what a machine has printed by hypercall.
type output struct {
	mu    sync.Mutex
	text  []byte
	calls int
}

// limit is how much of it is kept.
const limit = 64 << 10

func (o *output) print(text []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls++
	o.text = append(o.text, text...)
	o.text = o.text[max(0, len(o.text)-limit):]
}

var (
	mu      sync.Mutex
	outputs = map[string]*output{} // by the machines' names
)

func of(name string) *output {
	mu.Lock()
	defer mu.Unlock()
	o := outputs[name]
	if o == nil {
		o = &output{}
		outputs[name] = o
	}
	return o
}

// Command is the monitor command that shows what was printed.
func Command(m *manager.Manager) monitor.Command {
	return monitor.Command{
		Name: "calls", Group: "labs", Help: "what the machines have printed by hypercall",
		Run: func(c *monitor.Context, _ []string) error {
			for _, v := range m.Machines() {
				o := of(v.Config.Name)
				o.mu.Lock()
				if o.calls > 0 {
					fmt.Fprintf(c, "%s: %d exits for %d bytes, %.0f bytes an exit\n%s", v.Config.Name, o.calls, len(o.text), float64(len(o.text))/float64(o.calls), o.text)
				}
				o.mu.Unlock()
			}
			return nil
		},
	}
}
