package pc

import (
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/acpitab"
	"github.com/ringo-vmm/ringo/vmm/ahci"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/console"
	"github.com/ringo-vmm/ringo/vmm/debugport"
	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/dma8237"
	"github.com/ringo-vmm/ringo/vmm/floppy"
	"github.com/ringo-vmm/ringo/vmm/fwcfg"
	"github.com/ringo-vmm/ringo/vmm/hpet"
	"github.com/ringo-vmm/ringo/vmm/i8042"
	"github.com/ringo-vmm/ringo/vmm/ide"
	"github.com/ringo-vmm/ringo/vmm/ioapic"
	"github.com/ringo-vmm/ringo/vmm/lapic"
	"github.com/ringo-vmm/ringo/vmm/memmap"
	"github.com/ringo-vmm/ringo/vmm/pcihost"
	"github.com/ringo-vmm/ringo/vmm/pic"
	"github.com/ringo-vmm/ringo/vmm/pit"
	"github.com/ringo-vmm/ringo/vmm/pmtimer"
	"github.com/ringo-vmm/ringo/vmm/rtc"
	"github.com/ringo-vmm/ringo/vmm/serial"
	"github.com/ringo-vmm/ringo/vmm/vga"
)

// board is the devices of the machine.
type board struct {
	bus      lapic.Bus
	pic      *pic.PIC
	ioapic   *ioapic.IOAPIC
	pit      *pit.PIT
	rtc      *rtc.RTC
	pm       *pmtimer.PM
	ich9     *pmtimer.ICH9 // nil on a 440FX
	keyboard *i8042.Controller
	port92   *i8042.Port92
	pci      *pcihost.Host
	uarts    []*serial.UART
	consoles [2]*debugport.Console
	post     debugport.POST
	extended []Extension
	ide      *ide.Controller // nil on a Q35
	dma      *dma8237.DMA
	ahci     *ahci.Controller   // nil: no disk is at one
	floppy   *floppy.Controller // likewise

	// For firmware; nil without.
	vga   *vga.VGA
	rom   *rom
	hpet  *hpet.HPET
	fwcfg *fwcfg.Device
}

const (
	busHz   = 1_000_000_000 // of the local APIC's timer
	catchUp = 8             // late ticks of the PIT
)

// pciRoutes are the ISA interrupts of the lines PIRQA# to PIRQD#, and of PIRQE#
// to PIRQH#, as SeaBIOS sets them too.
var pciRoutes = [...]uint8{10, 10, 11, 11}

// devices makes the devices and puts them on their buses.
func (p *PC) devices(c Config) error {
	p.controllers(c)
	if err := p.peripherals(c); err != nil {
		return err
	}
	if err := p.registerPorts(); err != nil {
		return err
	}
	if c.Firmware != nil {
		if err := p.display(); err != nil {
			return err
		}
	}
	if err := p.addUARTs(c); err != nil {
		return err
	}
	if err := p.drives(c); err != nil {
		return err
	}
	if err := p.addVirtio(c); err != nil {
		return &keyError{"virtio", err}
	}
	if err := p.addVirtioConsole(c); err != nil {
		return err
	}
	if err := p.registerAbsent(); err != nil {
		return err
	}
	if err := p.VM.Memory.Register("I/O APIC", ioapic.Address, ioapic.Size, p.ioapic); err != nil {
		return err
	}
	p.placeLAPICs()
	p.firmware()
	return p.extend()
}

// controllers makes the interrupt controllers.
func (p *PC) controllers(c Config) {
	p.pic = pic.New()
	p.page.vm = p.VM
	for _, q := range p.cpus {
		q.controller(c)
	}
	p.page.lapics[0] = p.cpus[0].lapic
	p.ioapic = ioapic.New(p.bus.Send)
	p.bus.EOI = p.ioapic.EOI
	p.pic.Output = func(level bool) {
		first := p.cpus[0]
		first.lapic.SetLINT(0, level)
		first.Notify()
	}
}

// isa is an ISA interrupt line.
func (p *PC) isa(n int) device.IRQ { return ioapic.ISA(p.pic, p.ioapic, n) }

// peripherals makes what pulls the interrupt lines, and what pulls none.
func (p *PC) peripherals(c Config) (err error) {
	clock, reset := p.VM.Clock(), p.end(vmm.Reset)
	pitLine, rtcLine := p.isa(pit.Line), p.isa(rtc.Line)
	if c.Firmware != nil {
		if pitLine, rtcLine, err = p.timers(pitLine, rtcLine); err != nil {
			return err
		}
	}
	p.pit = pit.New(clock, pitLine, catchUp)
	p.rtc = rtc.New(clock, rtcLine, c.Wall, rtc.Config{Low: p.VM.RAM.Low(), High: p.VM.RAM.High() - memmap.Top, CPUs: c.CPUs, Floppies: floppies(c.Disks)})
	p.pm = pmtimer.New(clock, p.isa(acpitab.SCI), p.end(vmm.PoweredOff))
	p.newKeyboard(c, reset)
	p.port92 = i8042.NewPort92(reset)
	pci := pcihost.Config{
		Routes: pciRoutes, ISABridge: true, Reset: reset, Shadow: p.shadow, Message: p.message,
		Memory: &p.VM.Memory, Ports: &p.VM.Ports, RAM: p.VM.RAM, Refused: func(err error) { p.VM.Log("%v", err) },
	}
	for _, n := range pciRoutes {
		pci.IRQ[n] = p.isa(int(n))
	}
	if c.Machine == config.MachineQ35 {
		p.ich9 = pmtimer.NewICH9(p.pm)
		pci.Chipset, pci.PM = pcihost.Q35, p.placePM
	}
	if p.pci, err = pcihost.New(pci); err != nil {
		return err
	}
	p.consoles[0] = debugport.NewConsole(func(line []byte) { show(c.Console, line) })
	p.consoles[1] = debugport.NewConsole(func(line []byte) { p.VM.Log("%s", line) })
	return nil
}

// show puts a line of the debug console on the machine's terminal. What firmware
// has to say, at SeaBIOS's port, goes to Ringo's log instead.
func show(c *console.Console, line []byte) {
	for _, b := range line {
		c.WriteByte(b)
	}
	c.WriteByte('\r')
	c.WriteByte('\n')
}

// firmware leaves the devices as a BIOS does: ACPI is on, and interrupt lines
// that have a level are known to have one. 82371SB data sheet, edge/level
// control registers.
func (p *PC) firmware() {
	level := uint32(1) << acpitab.SCI
	for _, n := range pciRoutes {
		level |= 1 << n
	}
	p.pic.ELCR().Out(0, 1, level&0xff)
	p.pic.ELCR().Out(1, 1, level>>8)
	if p.ich9 != nil {
		p.firmwareQ35()
	}
	p.pm.SMICommand().Out(0, 1, pmtimer.ACPIEnable)
}
