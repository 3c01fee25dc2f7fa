// Package exits is the lab of docs/course/2-exits.md: handlers of two exits. The
// gap is in gap.go.
package exits

import (
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/manager"
	"github.com/ringo-vmm/ringo/vmm/pc"
)

// account is what the lab knows of a virtual processor.
type account struct {
	meter  meter
	caches atomic.Uint64 // how often the guest has written its caches back
}

var (
	mu       sync.Mutex
	accounts = map[*vmm.VCPU]*account{}
)

// of is the account of a processor.
func of(c *vmm.VCPU) *account {
	mu.Lock()
	defer mu.Unlock()
	a := accounts[c]
	if a == nil {
		a = &account{}
		accounts[c] = a
		c.VM().OnClose(func() { forget(c) })
	}
	return a
}

func forget(c *vmm.VCPU) {
	mu.Lock()
	delete(accounts, c)
	mu.Unlock()
}

// Connect puts the handlers in their places.
func Connect(now func() uint64) {
	vmm.Wrap(vmm.ReasonHLT, func(c *vmm.VCPU, next func(*vmm.VCPU)) { onHLT(c, now, next) })
	vmm.Wrap(vmm.ReasonInvalidate, onWBINVD)
}

// Command is the monitor command that shows what the handlers have found out.
func Command(m *manager.Manager, now func() uint64) monitor.Command {
	return monitor.Command{
		Name: "idle", Group: "labs", Help: "how long the processors of all machines were halted",
		Run: func(c *monitor.Context, _ []string) error {
			for _, v := range m.Machines() {
				err := v.Still(func(p *pc.PC) error {
					for _, cpu := range p.VM.CPUs() {
						a, age := of(cpu), now()-p.VM.Started()
						fmt.Fprintf(c, "%s CPU %d idle %.1f%% caches %d\n", v.Config.Name, cpu.ID, 100*float64(a.meter.idle(now()))/float64(age), a.caches.Load())
					}
					return nil
				})
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
}
