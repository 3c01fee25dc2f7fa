//go:build tamago

package main

import (
	"context"
	"time"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/loader"
	"github.com/ringo-vmm/ringo/vmm/pc"
)

// linuxCommand runs the first boot module as a kernel, the others as its
// initrd, and shows its console for as long as it runs.
var linuxCommand = monitor.Command{
	Name: "linux", Usage: "[CMDLINE...]", Group: "guests", Help: "run the first boot module as a Linux kernel, the others as its initrd",
	Run: func(c *monitor.Context, args []string) error {
		engine, err := hostEngine()
		if err != nil {
			return err
		}
		config := pc.Config{
			Name: "linux", Memory: 256 << 20, Host: vmHost{}, Engine: engine, CPUID: processor, TSCHz: hostClock.Hz(),
			Wall: func() int64 { return time.Now().UnixNano() }, CommandLine: "console=ttyS0 earlyprintk=ttyS0",
		}
		for i, a := range args {
			if i == 0 {
				config.CommandLine = ""
			}
			config.CommandLine += a + " "
		}
		for i := range handover.Modules() {
			m := &handover.Modules()[i]
			image := loader.Image{Name: m.Name(), Data: amd64.Bytes(uintptr(m.Start), int(m.End-m.Start))}
			if i == 0 {
				config.Kernel = image
			} else {
				config.Modules = append(config.Modules, loader.Module{Image: image})
			}
		}
		machine, err := pc.New(config)
		if err != nil {
			return err
		}
		defer machine.VM.Close()
		ctx, cancel := context.WithCancel(c)
		go func() { machine.CPU.Wait(); cancel() }()
		machine.CPU.Start()
		var text [512]byte
		for at := uint64(0); ; {
			n, _, next := machine.Console.Read(text[:], at)
			terminal{}.Write(text[:n])
			at = next
			if n == 0 && machine.Console.Wait(ctx, at) != nil && machine.Console.End() == at {
				break
			}
		}
		machine.CPU.Stop()
		c.Printf("\nlinux: %v\n", machine.CPU.Wait())
		for r, n := range machine.CPU.Stats.Count {
			if n != 0 {
				c.Printf("%-20v %10d %10d\n", vmm.Reason(r), n, machine.CPU.Stats.Cycles[r]/n)
			}
		}
		for _, t := range machine.CPU.Stats.Last(8) {
			c.Printf("%016x %-16v %x\n", t.RIP, t.Reason, t.Info)
		}
		return nil
	},
}
