package pc

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/acpitab"
	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/fwcfg"
	"github.com/ringo-vmm/ringo/vmm/hpet"
	"github.com/ringo-vmm/ringo/vmm/i8042"
	"github.com/ringo-vmm/ringo/vmm/ioapic"
	"github.com/ringo-vmm/ringo/vmm/memmap"
	"github.com/ringo-vmm/ringo/vmm/pcihost"
	"github.com/ringo-vmm/ringo/vmm/serial"
	"github.com/ringo-vmm/ringo/vmm/vga"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// Firmware is what a machine starts in that has a BIOS.
type Firmware struct {
	BIOS  []byte   // ends at 4 GiB, and its last 128 KiB at 1 MiB
	VGA   []byte   // the display adapter's; may be empty
	Order []string // what to boot from, as package fwcfg names devices
}

// bios puts the firmware into the machine, and what it wants to know of it.
func (p *PC) bios(c Config) (err error) {
	if p.rom, err = newROM(p.VM, p.host, c.Firmware.BIOS); err != nil {
		return &keyError{"firmware", err}
	}
	tables, err := acpitab.Build(p.acpi(c), 0)
	if err != nil {
		return err
	}
	d := fwcfg.New(p.VM.RAM)
	m := fwcfg.Machine{RAM: p.VM.RAM, CPUs: c.CPUs, Boot: c.Firmware.Order, SerialConsole: serial.COM1}
	if err := d.AddMachine(m); err != nil {
		return err
	}
	if err := d.AddACPI(tables); err != nil {
		return err
	}
	if err := d.AddSMBIOS(fwcfg.SMBIOS{RAM: p.VM.RAM, CPUs: c.CPUs, UUID: m.UUID}); err != nil {
		return err
	}
	if len(c.Firmware.VGA) > 0 {
		if err := d.AddFile(vga.ROMFile, c.Firmware.VGA); err != nil {
			return &keyError{"vgabios", err}
		}
	}
	p.fwcfg = d
	return p.VM.Ports.Register("firmware configuration", fwcfg.Base, fwcfg.Ports, d)
}

// display puts the display adapter into the machine.
func (p *PC) display() error {
	var err error
	if p.vga, err = vga.New(p.VM.Clock(), make([]byte, vga.DefaultMemory)); err != nil {
		return err
	}
	if err := p.VM.Ports.Register("VGA", vga.PortBase, vga.PortCount, p.vga.Ports()); err != nil {
		return err
	}
	if err := p.VM.Ports.Register("VGA", vga.VBEBase, vga.VBEPorts, p.vga.VBE()); err != nil {
		return err
	}
	if err := p.VM.Memory.Register("VGA", memmap.Video, vga.WindowSize, p.vga.Window()); err != nil {
		return err
	}
	f, err := p.vga.Function()
	if err != nil {
		return err
	}
	return p.pci.Add(displaySlot, 0, f)
}

// newKeyboard makes the keyboard controller, and lets it be typed at.
func (p *PC) newKeyboard(c Config, reset func()) {
	wires := i8042.Wires{Keyboard: p.isa(i8042.KeyboardLine), Mouse: p.isa(i8042.MouseLine), Clock: p.VM.Clock(), Reset: reset}
	if c.Screen == nil {
		p.keyboard = i8042.New(wires)
		return
	}
	line := c.Screen.NewLine(&p.VM.Devices)
	line.Broken = p.broken
	wires.Ready = line.Ready
	p.keyboard = i8042.New(wires)
	line.Connect(p.keyboard.Type)
}

// broken ends the machine because of a bug in one of its devices.
func (p *PC) broken(bug any) {
	p.VM.End(vmm.Ending{How: vmm.Failed, Err: fmt.Errorf("bug in Ringo: %v", bug)})
}

// Text fills in the text on the display, while the machine runs, or says why
// there is none.
func (p *PC) Text(t *vga.Text) (why string) {
	p.VM.Devices.Lock()
	defer p.VM.Devices.Unlock()
	switch {
	case p.vga == nil:
		return "it has no display"
	case !p.vga.Text(t):
		return "a picture, not text"
	}
	return ""
}

// Screen is what the display shows. ok is false if there is none, text if it is
// no text. The machine must stand still.
func (p *PC) Screen() (lines []string, text, ok bool) {
	if p.vga == nil {
		return nil, false, false
	}
	lines, text = p.vga.Lines()
	return lines, text, true
}

// displaySlot is the adapter's PCI device number.
const displaySlot = 2

// timers makes the high-precision timers, and returns the lines that PIT and RTC
// have then: a guest can give them to it.
func (p *PC) timers(pit, rtc device.IRQ) (pitLine, rtcLine device.IRQ, err error) {
	wires := hpet.Wires{PIT: pit, RTC: rtc}
	for n := firstHPETInput; n < ioapic.Pins; n++ {
		wires.Inputs[n] = p.ioapic.Line(n)
	}
	p.hpet = hpet.New(p.VM.Clock(), wires)
	return p.hpet.PIT(), p.hpet.RTC(), p.VM.Memory.Register("HPET", memmap.HPET, hpet.Size, p.hpet)
}

// firstHPETInput is the first of the I/O APIC's inputs that the HPET's timers
// can pull: PCI's and ISA's are before.
const firstHPETInput = 20

// shadow is for the host bridge.
func (p *PC) shadow(a pcihost.Attributes) {
	if p.rom != nil {
		p.rom.shadow(a)
	}
}

// reset puts the processor at its reset vector, in the firmware.
func (p *PC) reset() {
	var s x86.State
	s.Reset(0)
	p.CPU.CPU().SetState(&s)
}
