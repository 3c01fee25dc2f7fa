package pmtimer

import "github.com/ringo-vmm/ringo/vmm/device"

// The SMI command port (ACPI 6.4 §4.8.2.2 and §5.2.9), and the commands that
// the FADT's ACPI_ENABLE and ACPI_DISABLE fields name.
const (
	SMIPort     = 0xb2
	ACPIEnable  = 0xf1
	ACPIDisable = 0xf0
)

type smi PM

// SMICommand is the device for SMIPort.
func (p *PM) SMICommand() device.Ports { return (*smi)(p) }

func (s *smi) In(uint16, int) uint32 { return 0xffff_ff00 | uint32(s.smi) }

func (s *smi) Out(_ uint16, _ int, v uint32) {
	p := (*PM)(s)
	p.smi = uint8(v)
	switch p.smi {
	case ACPIEnable:
		p.control |= cntSCI
	case ACPIDisable:
		p.control &^= cntSCI
	}
	p.sync()
	p.step()
}
