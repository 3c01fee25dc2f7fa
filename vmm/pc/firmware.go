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
	"github.com/ringo-vmm/ringo/vmm/ram"
	"github.com/ringo-vmm/ringo/vmm/serial"
	"github.com/ringo-vmm/ringo/vmm/state"
	"github.com/ringo-vmm/ringo/vmm/vga"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// Firmware is what a machine starts in that has a BIOS.
type Firmware struct {
	BIOS  []byte   // ends at 4 GiB, and its last 128 KiB at 1 MiB
	VGA   []byte   // the display adapter's; may be empty
	Order []string // what to boot from, as package fwcfg names devices
}

// aliasSize is how much of a BIOS is at the end of the first MiB too.
const aliasSize = 128 << 10

// rom is the firmware in the machine's memory: read-only below 4 GiB, and at
// the end of the first MiB as the host bridge's attributes say. It is a
// vmm.Overlay, and the device that is there when memory is not.
type rom struct {
	vm    *vmm.VM
	block ram.Block // of host memory, which begins with the image
	size  uint64
	pam   pcihost.Attributes
}

// newROM puts the firmware there.
func newROM(vm *vmm.VM, host vmm.Host, image []byte) (*rom, error) {
	const page = 4096
	if len(image) == 0 || len(image)%(64<<10) != 0 || len(image) > ram.BlockSize {
		return nil, fmt.Errorf("%d bytes; a BIOS has a multiple of 64 KiB up to %d KiB", len(image), ram.BlockSize>>10)
	}
	block, err := host.AllocBlock()
	if err != nil {
		return nil, err
	}
	r := &rom{vm: vm, block: block, size: uint64(len(image))}
	vm.OnClose(func() { host.FreeBlock(block) })
	copy(block.Data, image)
	if err := vm.Map(memmap.Top-r.size, block.Host, r.size, false); err != nil {
		return nil, err
	}
	// Video memory is the adapter's.
	if err := vm.Unmap(nil, memmap.Video, memmap.OptionROMs-memmap.Video); err != nil {
		return nil, err
	}
	for i := range pcihost.Segments {
		if err := r.set(i); err != nil {
			return nil, err
		}
	}
	vm.Overlay = r
	if err := vm.Memory.Register("ROM", memmap.OptionROMs, memmap.Extended-memmap.OptionROMs, lowROM{r}); err != nil {
		return nil, err
	}
	return r, vm.Memory.Register("ROM", memmap.Top-r.size, r.size, vacantMemory{})
}

// shadow takes in new attributes.
func (r *rom) shadow(a pcihost.Attributes) {
	old := r.pam
	r.pam = a
	for i := range pcihost.Segments {
		_, _, read, write := a.Segment(i)
		if _, _, r0, w0 := old.Segment(i); read == r0 && write == w0 {
			continue
		}
		if err := r.set(i); err != nil {
			r.vm.End(vmm.Ending{How: vmm.Failed, Err: err})
			return
		}
	}
}

// set maps a segment as its attributes say.
func (r *rom) set(i int) error {
	start, size, read, write := r.pam.Segment(i)
	if err := r.vm.Unmap(r.vm.Current(), start, size); err != nil {
		return err
	}
	switch b := r.alias(start); {
	case read:
		return r.vm.Map(start, r.ramAt(start), size, write)
	case b != nil:
		return r.vm.Map(start, r.block.Host+r.size-(memmap.Extended-start), size, false)
	}
	return nil
}

// ramAt is the host-physical address of memory below 1 MiB.
func (r *rom) ramAt(gpa uint64) (host uint64) {
	first := true
	r.vm.RAM.Range(func(_ uint64, b ram.Block) {
		if first {
			host, first = b.Host+gpa, false
		}
	})
	return host
}

// alias is what of the firmware is at an address below 1 MiB, nil if nothing.
func (r *rom) alias(gpa uint64) []byte {
	back := memmap.Extended - gpa
	if back > min(aliasSize, r.size) {
		return nil
	}
	return r.block.Data[r.size-back : r.size]
}

// segment16 is the number of the segment that has an address below 1 MiB.
func segment16(gpa uint64) int { return min(int(gpa-memmap.OptionROMs)>>14, pcihost.Segments-1) }

// Load is vmm.Overlay's.
func (r *rom) Load(gpa uint64) (b []byte, here bool) {
	switch {
	case gpa < memmap.Video || gpa >= memmap.Top:
		return nil, false
	case gpa < memmap.OptionROMs:
		return nil, true
	case gpa < memmap.Extended:
		if _, _, read, _ := r.pam.Segment(segment16(gpa)); read {
			return nil, false
		}
		return r.alias(gpa), true
	case gpa >= memmap.Top-r.size:
		return r.block.Data[gpa-(memmap.Top-r.size) : r.size], true
	}
	return nil, false
}

// Store is vmm.Overlay's.
func (r *rom) Store(gpa uint64) (b []byte, here bool) {
	switch {
	case gpa < memmap.Video || gpa >= memmap.Extended:
		return nil, false
	case gpa < memmap.OptionROMs:
		return nil, true
	}
	_, _, _, write := r.pam.Segment(segment16(gpa))
	return nil, !write
}

// State is device.Stateful's.
func (r *rom) State(c *state.Codec) {
	c.Version("rom", 1)
	pam := r.pam
	for i := range pam {
		c.U8(&pam[i])
	}
	if c.Loading() && c.Err() == nil {
		r.shadow(pam)
	}
}

// Reset is device.Resetter's.
func (r *rom) Reset() { r.shadow(pcihost.Attributes{}) }

// lowROM is what answers to the accesses that stop between 0xC0000 and 1 MiB: a
// device.MMIO.
type lowROM struct{ *rom }

// Read finds the ROM, or nothing.
func (r lowROM) Read(off uint64, size int) (v uint64) {
	b := r.alias(memmap.OptionROMs + off)
	for i := range size {
		at := uint64(0xff)
		if i < len(b) {
			at = uint64(b[i])
		}
		v |= at << (8 * i)
	}
	return v
}

// Write reaches memory that cannot be read at the moment, if there is any.
func (r lowROM) Write(off uint64, size int, v uint64) {
	gpa := memmap.OptionROMs + off
	if _, _, _, write := r.pam.Segment(segment16(gpa)); !write {
		return
	}
	var b [8]byte
	for i := range size {
		b[i] = byte(v >> (8 * i))
	}
	r.vm.RAM.Write(gpa, b[:size])
}

// vacantMemory is memory that nobody can write: a device.MMIO.
type vacantMemory struct{}

// Read finds nothing.
func (vacantMemory) Read(uint64, int) uint64 { return ^uint64(0) }

// Write does nothing.
func (vacantMemory) Write(uint64, int, uint64) {}

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
	f, err := p.vga.Function(&p.VM.Memory, func(err error) { p.VM.Log("VGA: %v", err) })
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
