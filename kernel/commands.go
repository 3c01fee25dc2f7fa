//go:build tamago

package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/apic"
	"github.com/ringo-vmm/ringo/boot"
	"github.com/ringo-vmm/ringo/kernel/frame"
	"github.com/ringo-vmm/ringo/kernel/klog"
	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/kernel/vmshell"
	"github.com/ringo-vmm/ringo/vmm"
)

// commands are the monitor's commands on a terminal.
func (t *hostTerminal) commands() *monitor.Registry {
	r := monitor.NewRegistry()
	err := r.Add(
		monitor.CPUID(processor), monitor.MSR(hostMSRs{}),
		monitor.Peek(hostMemory{}), monitor.Poke(hostMemory{}), monitor.Dump(hostMemory{}),
		monitor.Log(logLevels[:], logRecords), monitor.Uptime(sinceEntry), monitor.Version(version),
		monitor.Goroutines(), monitor.GC(),
		show("memmap", "memory", "show the memory map that the boot loader gave", showMemory),
		show("frames", "memory", "show how physical memory is used", showFrames),
		show("acpi", "machine", "show the ACPI tables", showACPI),
		show("pci", "machine", "list the PCI functions", showPCI),
		irqCommand, nicCommand, netCommand,
		show("apic", "machine", "show this processor's local APIC", showAPIC),
		show("clock", "machine", "show the clock and how it was calibrated", showClock),
		show("stages", "kernel", "show how long each stage of the boot took", showStages),
		show("probe", "processor", "say whether this machine can run guests, and what is missing", showProbe),
		threadsCommand, gdbCommand, benchCommand, panicCommand, selftestCommand,
		stopCommand("reboot", "restart the machine", reasonReboot),
		stopCommand("poweroff", "switch the machine off", reasonPowerOff),
	)
	attach, display := t.attach, t.attachDisplay
	if t.Switch == nil {
		attach, display = nil, nil // there is nothing to show them on
	}
	if err == nil {
		err = r.Add(append(vmshell.Commands(machines, attach, display), labCommands()...)...)
	}
	if err != nil {
		panic(err)
	}
	commands = r
	return r
}

// show is a command without arguments that only prints.
func show(name, group, help string, run func(c *monitor.Context)) monitor.Command {
	return monitor.Command{Name: name, Group: group, Help: help, Run: func(c *monitor.Context, args []string) error {
		run(c)
		return nil
	}}
}

var logLevels = [...]string{klog.Debug.String(), klog.Info.String(), klog.Warn.String(), klog.Error.String()}

// logRecords copies the kernel's log, record by record.
func logRecords() (records []monitor.LogRecord) {
	var cursor klog.Cursor
	for {
		var text [klog.MaxText]byte
		var r klog.Record
		ok, n := false, 0
		inLayer(func() {
			lockLog()
			got, _, more := kernelLog.Read(&cursor, text[:])
			unlockLog()
			ok, n, r.NS, r.Level = more, len(got.Text), got.NS, got.Level
		})
		if !ok {
			return records
		}
		records = append(records, monitor.LogRecord{At: time.Duration(r.NS), Level: int(r.Level), Text: string(text[:n])})
	}
}

func showStages(c *monitor.Context) {
	for i := 0; ; i++ {
		stage, ok := kernelLog.StageAt(i, now())
		if !ok {
			return
		}
		var line klog.Line
		c.Printf("%s\n", line.Stage(stage).Bytes())
	}
}

func showMemory(c *monitor.Context) {
	for _, r := range handover.Memory.Regions() {
		c.Printf("%012x-%012x %10s  %v\n", r.Start, r.End, bytes(r.End-r.Start), r.Kind)
	}
	kernel := image()
	c.Printf("%012x-%012x %10s  kernel\n", kernel.Start, kernel.End, bytes(kernel.End-kernel.Start))
	for i := range handover.Modules() {
		m := &handover.Modules()[i]
		c.Printf("%012x-%012x %10s  module %s\n", m.Start, m.End, bytes(m.End-m.Start), m.Name())
	}
	c.Printf("RAM %s, usable %s\n", bytes(handover.Memory.Total(boot.RAM)), bytes(handover.Usable.Total(boot.RAM)))
}

// bytes is a size in the unit that suits it.
func bytes(n uint64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 10<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 10<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d B", n)
}

func showFrames(c *monitor.Context) {
	s := frameStats()
	c.Printf("total %s, free %s, most ever used %s, failed allocations %d\n",
		bytes(s.Total), bytes(s.Free()), bytes(s.HighWater), s.Failed)
	for o := range frame.Owners {
		if s.Bytes[o] != 0 {
			c.Printf("  %-12v %10s\n", frame.Owner(o), bytes(s.Bytes[o]))
		}
	}
	for order, n := range s.Blocks {
		if n != 0 {
			c.Printf("  %6d free blocks of %s\n", n, bytes(frame.BlockSize(order)))
		}
	}
	if s.Corrupt != 0 {
		c.Printf("damaged while free: %d blocks, last at %#x: %#x\n", s.Corrupt, s.CorruptAt, s.CorruptWord)
	}
}

func showACPI(c *monitor.Context) {
	if tables == nil {
		c.Printf("this machine has no ACPI tables, or none that are valid\n")
		return
	}
	c.Printf("%v\n", tables.RSDP)
	for _, t := range tables.List() {
		c.Printf("%v\n", t)
	}
	if tables.FADT != nil {
		c.Printf("%v\n", tables.FADT)
	}
	if tables.MADT != nil {
		c.Printf("%v\n", tables.MADT)
	}
	if tables.HPET != nil {
		c.Printf("%v\n", tables.HPET)
	}
	if tables.MCFG != nil {
		c.Printf("%v\n", tables.MCFG)
	}
	for _, p := range tables.Problems {
		c.Printf("problem: %s\n", p)
	}
}

func showPCI(c *monitor.Context) {
	for _, d := range pciDevices {
		c.Printf("%v\n", d)
	}
}

func showInterrupts(c *monitor.Context) {
	for v := range handlers {
		if h := &handlers[v]; h.handle != nil {
			c.Printf("%#02x %8d  %s", v, h.count.Load(), h.name)
			if n := h.alien.Load(); n != 0 {
				c.Printf(", %d not its own", n)
			}
			c.Printf("\n")
		}
	}
	c.Printf("spurious %d, lost kicks %d, local APIC errors %#x\n", spurious.Load(), kicksLost.Load(), apicErrors.Load())
	// The redirection entries do not change after the boot, and reading them
	// needs the window to itself for a moment only.
	c.Printf("%s", ioapics.String())
}

func showAPIC(c *monitor.Context) {
	var s apic.Snapshot
	inLayer(func() { s = lapic.Snapshot() })
	c.Printf("%s", s.String())
}

func showClock(c *monitor.Context) {
	c.Printf("%s", calibration.String())
	c.Printf("now %v since entry, %v\n", sinceEntry(), time.Now().UTC().Format(time.RFC3339Nano))
	c.Printf("TSC %d at entry, %d now\n", entryTSC, amd64.RDTSC())
}

func showProbe(c *monitor.Context) {
	probes := probeEngines()
	none := !slices.ContainsFunc(probes, func(p vmm.Probe) bool { return p.Present })
	for _, p := range probes {
		if p.Present || none {
			c.Printf("%v", p)
		}
	}
}
