// Package pc is a PC as a virtual machine: the devices that PCs have, where
// PCs have them, and a processor that starts a kernel in it.
//
// Package kernel is the caller. The order of construction is that of a real
// board: interrupt controllers, what pulls their lines, tables that describe
// it all, and the image.
package pc

import (
	"fmt"
	"time"

	"github.com/ringo-vmm/ringo/amd64/cpuid"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/acpitab"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/console"
	"github.com/ringo-vmm/ringo/vmm/debugport"
	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/i8042"
	"github.com/ringo-vmm/ringo/vmm/ioapic"
	"github.com/ringo-vmm/ringo/vmm/lapic"
	"github.com/ringo-vmm/ringo/vmm/loader"
	"github.com/ringo-vmm/ringo/vmm/memmap"
	"github.com/ringo-vmm/ringo/vmm/pic"
	"github.com/ringo-vmm/ringo/vmm/pit"
	"github.com/ringo-vmm/ringo/vmm/pmtimer"
	"github.com/ringo-vmm/ringo/vmm/policy"
	"github.com/ringo-vmm/ringo/vmm/rtc"
	"github.com/ringo-vmm/ringo/vmm/serial"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// Config is what machine to build, and on what.
type Config struct {
	Name   string
	Memory uint64 // bytes
	CPUs   int
	Host   vmm.Host
	Engine vmm.Engine
	CPUID  cpuid.Func // the host's
	TSCHz  uint64
	Wall   func() int64 // ns since 1970

	// Load says what to start, and how: RAM and RSDP are filled in here.
	Load loader.Config
	// Console is the terminal at COM1. It outlives the machine.
	Console *console.Console

	// Features turn CPUID features on and off, by "+NAME" and "-NAME".
	Features []string
	// MSRs are what the guest finds in model-specific registers instead of
	// what Ringo has for it.
	MSRs []config.MSR
}

// PC is a virtual PC.
type PC struct {
	VM  *vmm.VM
	CPU *vmm.VCPU

	host vmm.Host

	pic    *pic.PIC
	ioapic *ioapic.IOAPIC
	lapic  *lapic.LAPIC
	uart   *serial.UART
}

// Where a PC's power management registers are.
const (
	pmPort    = 0x600
	busHz     = 1_000_000_000 // of the local APIC's timer
	catchUp   = 8             // late ticks of the PIT
	tableArea = memmap.ACPITables
)

// New builds a machine and loads its kernel. It does not run yet.
func New(c Config) (*PC, error) {
	m, err := vmm.New(c.Name, c.Host, c.Engine, c.Memory)
	if err != nil {
		return nil, err
	}
	p := &PC{VM: m, host: c.Host}
	if err := p.build(c); err != nil {
		m.Close()
		return nil, err
	}
	return p, nil
}

// Age is how long ago the machine was started.
func (p *PC) Age() time.Duration { return time.Duration(p.host.Now() - p.VM.Started()) }

func (p *PC) build(c Config) error {
	var err error
	if p.CPU, err = p.VM.NewVCPU((*interrupts)(p)); err != nil {
		return err
	}
	if err := p.policy(c); err != nil {
		return err
	}
	if err := p.devices(c); err != nil {
		return err
	}
	if err := p.tables(); err != nil {
		return err
	}
	c.Load.RAM, c.Load.RSDP = p.VM.RAM, tableArea
	entry, err := loader.Load(c.Load)
	if err != nil {
		return err
	}
	p.start(entry)
	return nil
}

// policy decides what the guest sees of its processor.
func (p *PC) policy(c Config) error {
	id, err := policy.NewCPUID(policy.Processor{
		Host: c.CPUID, CPUs: 1, XCR0: 7, TSCkHz: uint32(c.TSCHz / 1000), APICkHz: busHz / 1000,
		Idle: p.CPU.Idle, Changes: c.Features,
	})
	if err != nil {
		return err
	}
	msrs := policy.NewMSRs(policy.MSRConfig{
		CPUID: id, BSP: true, LowMemory: p.VM.RAM.Low(), HighMemory: p.VM.RAM.High(),
		Unknown: func(num uint32, write bool, v uint64) {
			p.VM.Log("unknown MSR %#x, write %v, value %#x", num, write, v)
		},
	})
	msrs.Firmware()
	for _, o := range c.MSRs {
		value := fmt.Sprintf("%#x", o.Value)
		if o.Fault {
			value = "gp"
		}
		if err := msrs.Override(fmt.Sprintf("%#x", o.Index), value); err != nil {
			return err
		}
	}
	p.CPU.SetPolicy(id, msrs)
	return nil
}

// devices puts the devices on their buses.
func (p *PC) devices(c Config) error {
	clock := p.VM.Clock()
	p.pic = pic.New()
	bus := &lapic.Bus{}
	p.lapic = lapic.New(bus, lapic.Config{
		BSP: true, Clock: clock, BusHz: busHz, Notify: p.CPU.Notify, NMI: func() {}, Init: func() {}, StartUp: func(uint8) {},
	})
	p.ioapic = ioapic.New(bus.Send)
	bus.EOI = p.ioapic.EOI
	p.pic.Output = func(level bool) { p.lapic.SetLINT(0, level); p.CPU.Notify() }
	p.CPU.SetLocalAPIC(p.lapic)
	isa := func(n int) device.IRQ { return ioapic.ISA(p.pic, p.ioapic, n) }

	line := c.Console.NewLine(&p.VM.Devices)
	uart := serial.New(clock, isa(serial.COM1Line), line)
	line.Connect(uart.Receive)
	p.uart = uart
	timer := pit.New(clock, isa(pit.Line), catchUp)
	keyboard := i8042.New(i8042.Wires{Keyboard: isa(i8042.KeyboardLine), Mouse: isa(i8042.MouseLine), Reset: p.end(vmm.Reset)})
	pm := pmtimer.New(clock, isa(acpitab.SCI), p.end(vmm.PoweredOff))
	cmos := rtc.New(clock, isa(rtc.Line), c.Wall, rtc.Config{Low: p.VM.RAM.Low(), High: p.VM.RAM.High() - memmap.Top, CPUs: 1})
	for _, d := range []struct {
		name  string
		base  uint16
		count int
		ports device.Ports
	}{
		{"PIC", pic.MasterPort, pic.Ports, p.pic.Master()},
		{"PIC", pic.SlavePort, pic.Ports, p.pic.Slave()},
		{"PIC", pic.ELCRPort, pic.Ports, p.pic.ELCR()},
		{"PIT", pit.Base, pit.Ports, timer},
		{"port 61h", pit.Port61, 1, timer.Port61()},
		{"RTC", rtc.Base, rtc.Ports, cmos},
		{"keyboard controller", i8042.DataPort, 1, keyboard.Data()},
		{"keyboard controller", i8042.CommandPort, 1, keyboard.Command()},
		{"COM1", serial.COM1, serial.Ports, uart},
		{"power management", pmPort, pmtimer.Ports, pm},
		{"reset register", pmtimer.ResetPort, 1, pmtimer.NewResetRegister(p.end(vmm.Reset))},
		{"debug console", debugport.ConsolePort, 1, debugport.NewConsole(p.debug)},
		{"debug console", debugport.SeaBIOSPort, 1, debugport.NewConsole(p.debug)},
		{"POST", debugport.POSTPort, 1, &debugport.POST{}},
		{"debug exit", debugport.ExitPort, debugport.ExitPorts, debugport.NewExit(func(v uint32) { p.VM.End(vmm.Ending{How: vmm.Exited, Code: v}) })},
	} {
		if err := p.VM.Ports.Register(d.name, d.base, d.count, d.ports); err != nil {
			return err
		}
	}
	if err := p.VM.Memory.Register("I/O APIC", ioapic.Address, ioapic.Size, p.ioapic); err != nil {
		return err
	}
	return p.VM.Memory.Register("local APIC", memmap.LAPIC, lapic.PageSize, p.lapic)
}

func (p *PC) debug(line []byte) { p.VM.Log("%s", line) }

// end is a callback that ends the machine.
func (p *PC) end(how vmm.How) func() { return func() { p.VM.End(vmm.Ending{How: how}) } }

// tables puts the ACPI tables into the guest's memory.
func (p *PC) tables() error {
	b, err := acpitab.Build(acpitab.Config{
		Processors: 1, PM1Event: pmPort + pmtimer.EventOffset, PM1Control: pmPort + pmtimer.ControlOffset, PMTimer: pmPort + pmtimer.TimerOffset,
		SoftOff: pmtimer.SleepS5, ResetPort: pmtimer.ResetPort, ResetValue: pmtimer.ResetValue, COM1: true, I8042: true,
	}, tableArea)
	if err != nil {
		return err
	}
	return p.VM.RAM.Write(tableArea, b)
}

// start puts the processor where the loader wants it.
func (p *PC) start(e loader.Entry) {
	var s x86.State
	s.Reset(0)
	s.RIP, s.RFLAGS = e.RIP, e.RFLAGS
	s.GPR[x86.RSP], s.GPR[x86.RAX], s.GPR[x86.RBX], s.GPR[x86.RSI] = e.RSP, e.RAX, e.RBX, e.RSI
	s.Seg[x86.CS] = segment(e.CS)
	for _, n := range []int{x86.DS, x86.ES, x86.SS, x86.FS, x86.GS} {
		s.Seg[n] = segment(e.Data)
	}
	s.Seg[x86.TR], s.Seg[x86.LDTR] = segment(e.TR), segment(e.LDTR)
	s.GDTR, s.IDTR = x86.Table(e.GDT), x86.Table(e.IDT)
	s.CR0, s.CR3, s.CR4, s.EFER = e.CR0, e.CR3, e.CR4, e.EFER
	p.CPU.CPU().SetState(&s)
}

func segment(s loader.Segment) x86.Segment {
	return x86.Segment{Selector: s.Selector, Attributes: x86.Attributes(s.Attributes), Limit: s.Limit, Base: s.Base}
}

// interrupts is where the processor's interrupts come from: a vmm.Interrupts.
type interrupts PC

func (i *interrupts) Pending() bool {
	if i.lapic == nil {
		return false
	}
	if i.lapic.ExtINT() {
		return true
	}
	_, ok := i.lapic.Pending()
	return ok
}

func (i *interrupts) NMI() bool { return false }

func (i *interrupts) Take() (uint8, bool) {
	if i.lapic.ExtINT() {
		i.lapic.AcknowledgeExtINT()
		return i.pic.Acknowledge(), true
	}
	v, ok := i.lapic.Pending()
	if ok {
		i.lapic.Acknowledge(v)
	}
	return v, ok
}
