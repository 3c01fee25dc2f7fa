package acpitab

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/acpitab/aml"
	"github.com/ringo-vmm/ringo/vmm/memmap"
	"github.com/ringo-vmm/ringo/vmm/pcihost"
)

// dsdtRevision 2 makes integers 64-bit. ACPI 6.4 §5.2.11.1, §19.6.29.
const dsdtRevision = 2

// Plug and Play identifiers. ACPI 6.4 §5.6.6 and §5.6.7; the PNP device id
// list.
const (
	idPCI         = "PNP0A03"
	idPCIExpress  = "PNP0A08"
	idMotherboard = "PNP0C02"
	idRTC         = "PNP0B00"
	idSerial      = "PNP0501" // 16550A
	idKeyboard    = "PNP0303" // 101/102 keys, on an 8042
	idMouse       = "PNP0F13" // PS/2
	idProcessor   = "ACPI0007"
	idVirtio      = "LNRO0005" // Linux' own. VIRTIO 1.2 §4.2 names none
)

// The ports and interrupts that PCs have for these devices.
const (
	comPorts                  = 8
	rtcPort, rtcPorts, rtcIRQ = 0x70, 2, 8
	keyboardData              = 0x60
	keyboardCommand           = 0x64
	keyboardIRQ               = 1
	mouseIRQ                  = 12
)

// dsdt is the table.
func (c *Config) dsdt() []byte {
	softOff := aml.Integer(uint64(c.SoftOff))
	zero := aml.Integer(0)
	var code []byte
	code = append(code, aml.Name(`\_S5`, aml.Package(softOff, softOff, zero, zero))...)
	var devices [][]byte
	for i := range c.Processors {
		devices = append(devices, aml.Device(fmt.Sprintf("C%03X", i),
			aml.Name("_HID", aml.String(idProcessor)),
			aml.Name("_UID", aml.Integer(uint64(i)))))
	}
	devices = append(devices, c.motherboard())
	if c.PCI != nil {
		devices = append(devices, c.pciRoot())
	}
	devices = append(devices, c.isaDevices()...)
	for i, w := range c.Virtio {
		devices = append(devices, aml.Device(fmt.Sprintf("V%03X", i),
			aml.Name("_HID", aml.String(idVirtio)),
			aml.Name("_UID", aml.Integer(uint64(i))),
			aml.Name("_CCA", aml.Integer(1)), // memory is coherent: ACPI 6.4 §6.2.17
			aml.Name("_CRS", aml.Resources(aml.Memory32(uint32(w.Address), uint32(w.Size)), aml.Interrupt(w.Interrupt)))))
	}
	code = append(code, aml.Scope(`\_SB`, devices...)...)
	return table("DSDT", dsdtRevision, code)
}

// device is a device with an identifier and the resources it uses.
func device(name, id string, resources ...[]byte) []byte {
	return aml.Device(name, aml.Name("_HID", aml.EISAID(id)), aml.Name("_CRS", aml.Resources(resources...)))
}

// motherboard claims what belongs to no device, so that nothing else is put
// there. Of a Q35's ISA bridge guests know that it has the power management
// registers.
func (c *Config) motherboard() []byte {
	var uses [][]byte
	if c.PCI == nil || c.PCI.Chipset != pcihost.Q35 {
		uses = append(uses,
			aml.IO(c.PM1Event, pm1EventLen),
			aml.IO(c.PM1Control, pm1ControlLen),
			aml.IO(c.PMTimer, pmTimerLen))
	}
	if c.PCI != nil && c.PCI.ECAM != 0 {
		uses = append(uses, aml.Memory32(uint32(c.PCI.ECAM), pcihost.ECAM))
	}
	if c.HPET != 0 {
		uses = append(uses, aml.Memory32(memmap.HPET, hpetPage))
	}
	return device("MBRD", idMotherboard, uses...)
}

// isaDevices is the devices at fixed ports.
func (c *Config) isaDevices() [][]byte {
	devices := [][]byte{device("RTC", idRTC, aml.IO(rtcPort, rtcPorts), aml.IRQ(rtcIRQ))}
	for _, s := range c.Serials {
		devices = append(devices, aml.Device(fmt.Sprintf("COM%d", s.Number),
			aml.Name("_HID", aml.EISAID(idSerial)),
			aml.Name("_UID", aml.Integer(uint64(s.Number))),
			aml.Name("_CRS", aml.Resources(aml.IO(s.Port, comPorts), aml.IRQ(s.IRQ)))))
	}
	if c.I8042 {
		devices = append(devices, device("KBD", idKeyboard, aml.IO(keyboardData, 1), aml.IO(keyboardCommand, 1), aml.IRQ(keyboardIRQ)))
	}
	if c.Mouse {
		devices = append(devices, device("MOU", idMouse, aml.IRQ(mouseIRQ)))
	}
	return devices
}

// pciRoot is the host bridge: the buses, ports and memory behind it, and where
// each device's interrupt pins lead. ACPI 6.4 §6.2.13 (_PRT), §6.5.5 (_BBN).
func (c *Config) pciRoot() []byte {
	const lastPort = 0xffff
	behind := [][]byte{
		aml.Buses(0, 0xff),
		aml.IO(pcihost.Port, pcihost.Ports),
		aml.PortWindow(0, pcihost.Port-1),
		aml.PortWindow(pcihost.Port+pcihost.Ports, lastPort),
	}
	if c.VGA {
		behind = append(behind, aml.MemoryWindow(memmap.Video, memmap.OptionROMs-1))
	}
	start, end := uint64(memmap.PCI), uint64(memmap.PCIEnd)
	if c.PCI.End != 0 {
		start, end = c.PCI.Start, c.PCI.End
	}
	behind = append(behind, aml.MemoryWindow(uint32(start), uint32(end-1)))
	terms := [][]byte{
		aml.Name("_HID", aml.EISAID(idPCI)),
		aml.Name("_BBN", aml.Integer(0)),
		aml.Name("_CRS", aml.Resources(behind...)),
		aml.Method("_PRT", c.routing()),
	}
	if c.PCI.ECAM != 0 {
		terms[0] = aml.Name("_HID", aml.EISAID(idPCIExpress))
		terms = append(terms, aml.Name("_CID", aml.EISAID(idPCI)), osc())
	}
	return aml.Device("PCI0", terms...)
}

// routing is the _PRT: for each device, 1 to 31, and pin, the interrupt. The
// first element has the device in its upper half and any function in its lower;
// pins count from 0; no link device means that the last element is a global
// system interrupt, which for ISA interrupts is the same number. ACPI 6.4
// §6.2.13.
func (c *Config) routing() []byte {
	const devices, anyFunction, noLink = 32, 0xffff, 0
	var entries [][]byte
	for dev := 1; dev < devices; dev++ {
		for pin := range len(c.PCI.Routes) {
			interrupt := c.PCI.Routes[c.PCI.Chipset.PIRQ(dev, pin+1)%len(c.PCI.Routes)]
			entries = append(entries, aml.Package(
				aml.Integer(uint64(dev)<<16|anyFunction),
				aml.Integer(uint64(pin)),
				aml.Integer(noLink),
				aml.Integer(uint64(interrupt))))
		}
	}
	return aml.Package(entries...)
}
