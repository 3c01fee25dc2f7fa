// Package pic is a virtual machine's pair of 8259A interrupt controllers, as a
// PC has them: the slave's output is the master's input 2, and the master's
// output is INTR. The virtual machine registers the ports, devices pull the
// lines, and a vCPU that takes an external interrupt calls Acknowledge.
//
// It follows the data sheet of the Intel 8259A (order number 231468) and, for
// the edge/level control registers, that of the 82371AB (PIIX4) §4.2.2, §8.6.
package pic

import "github.com/ringo-vmm/ringo/vmm/device"

// Where the controllers are in a PC's I/O port space.
const (
	MasterPort = 0x20  // 2 ports
	SlavePort  = 0xa0  // 2 ports
	ELCRPort   = 0x4d0 // 2 ports
	Ports      = 2     // of each of them
)

// cascade is the input of the master that the slave's output drives.
const cascade = 2

// PIC is the two controllers.
type PIC struct {
	// Output, if not nil, is told each time INTR changes.
	Output func(level bool)

	master, slave chip
	elcr          elcr
	lines         [16]line
	intr          bool // level of INTR
}

// New makes the two controllers as power-on leaves them: they interrupt nobody
// before they are initialised.
func New() *PIC {
	p := new(PIC)
	p.master.pic, p.slave.pic, p.elcr.pic = p, p, p
	for n := range p.lines {
		p.lines[n] = line{p, n}
	}
	p.Reset()
	return p
}

// Master is the master's ports.
func (p *PIC) Master() device.Ports { return &p.master }

// Slave is the slave's ports.
func (p *PIC) Slave() device.Ports { return &p.slave }

// ELCR is the ports of the edge/level control registers.
func (p *PIC) ELCR() device.Ports { return &p.elcr }

// line is one interrupt input.
type line struct {
	pic *PIC
	n   int
}

func (l *line) Set(level bool) { l.pic.SetLine(l.n, level) }

// Line is interrupt line n, 0 to 15. Nothing comes of line 2, where the slave
// is.
func (p *PIC) Line(n int) device.IRQ { return &p.lines[n] }

// SetLine sets the level of interrupt line n, 0 to 15. A device keeps its line
// high until its interrupt is acknowledged: a request that is withdrawn before
// that is lost, and if the processor has seen it, spurious. 8259A, "IR inputs
// must remain high until after the falling edge of the first INTA".
func (p *PIC) SetLine(n int, level bool) {
	switch {
	case n == cascade || uint(n) >= uint(len(p.lines)):
		return
	case n < 8:
		p.master.set(uint8(n), level)
	default:
		p.slave.set(uint8(n-8), level)
	}
	p.update()
}

// Pending is the level of INTR.
func (p *PIC) Pending() bool { return p.intr }

// Acknowledge is the processor's interrupt acknowledge cycle: it takes the
// pending interrupt of highest priority into service and returns its vector.
// If none is pending any more, that is input 7's, spurious.
func (p *PIC) Acknowledge() (vector uint8) {
	n, ok := p.master.acknowledge()
	vector = p.master.base | n
	if ok && n == cascade && p.master.slaves&(1<<cascade) != 0 {
		n, _ = p.slave.acknowledge()
		vector = p.slave.base | n
		p.master.set(cascade, false)
	}
	p.update()
	return vector
}

// update carries a change of either chip to its output.
func (p *PIC) update() {
	_, request := p.slave.request()
	p.master.set(cascade, request)
	_, request = p.master.request()
	if request != p.intr {
		p.intr = request
		if p.Output != nil {
			p.Output(request)
		}
	}
}

// Reset puts both controllers in the state of power-on. The lines stay as the
// devices drive them.
func (p *PIC) Reset() {
	p.master.reset()
	p.slave.reset()
	p.update()
}
