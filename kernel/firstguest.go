//go:build tamago

package main

import (
	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/ram"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

type printPort struct{ c *monitor.Context }

func (p printPort) In(off uint16, size int) uint32     { return 0xe9 }
func (p printPort) Out(off uint16, size int, v uint32) { p.c.Printf("%c", v) }

var firstGuestCommand = show("guest", "kernel", "run a real-mode guest", func(c *monitor.Context) {
	e, err := hostEngine()
	if err != nil {
		c.Printf("%v\n", err)
		return
	}
	vm, err := vmm.New("first", vmHost{}, e, ram.BlockSize)
	if err != nil {
		c.Printf("%v\n", err)
		return
	}
	vm.Ports.Register("debug", 0xe9, 1, printPort{c})
	code := []byte{0xb0, 'H', 0xe6, 0xe9, 0xb0, 'i', 0xe6, 0xe9, 0xb0, '\n', 0xe6, 0xe9}
	code = append(code, 0x66, 0xb9, 0, 0, 1, 0, 0xe6, 0xe8, 0x66, 0x49, 0x75, 0xfa, 0xf4)
	vm.RAM.Write(0x1000, code)
	cpu, err := vm.NewVCPU(nil)
	if err != nil {
		c.Printf("%v\n", err)
		return
	}
	var s x86.State
	s.Reset(0)
	s.Seg[x86.CS] = x86.Segment{Selector: 0, Attributes: s.Seg[x86.CS].Attributes, Limit: 0xffff}
	s.RIP = 0x1000
	cpu.CPU().SetState(&s)
	start := amd64.TSC()
	cpu.Start()
	why := cpu.Wait()
	total := amd64.TSC() - start
	c.Printf("ended: %v, %d ticks an exit\n", why, total/65539)
	for r, n := range cpu.Stats.Count {
		if n != 0 {
			c.Printf("%-20v %8d %8d\n", vmm.Reason(r), n, cpu.Stats.Cycles[r]/n)
		}
	}
})
