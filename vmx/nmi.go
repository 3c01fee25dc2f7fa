package vmx

import "github.com/ringo-vmm/ringo/amd64"

// CanNMI is vmm.CPU's. Who hears that the guest cannot gets ReasonNMIWindow when
// it can.
func (c *CPU) CanNMI() bool {
	can := c.shadow&(shadowNMI|shadowMOVSS) == 0 && c.event == 0
	if !can {
		c.setPrimary(primaryNMIWindow, true)
	}
	return can
}

// NMI is vmm.CPU's. The processor knows when the guest's IRET ends the blocking
// of further ones. An STI does not hold NMIs off, but not every processor lets
// one in behind it. SDM vol. 3 §26.3.1.5.
func (c *CPU) NMI() {
	c.event = uint64(EventValid | EventNMI | Event(amd64.NMI))
	c.setPrimary(primaryNMIWindow, false)
	c.endShadow()
}

// blockNMI blocks NMIs again when an exit tells that the IRET which had ended
// the blocking is to be executed again. SDM vol. 3 §27.2.3.
func (c *CPU) blockNMI(unblocked bool) {
	if unblocked && c.vectoring&uint64(EventValid) == 0 {
		c.shadow |= shadowNMI
	}
}
