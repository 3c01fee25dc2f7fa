package e1000

// Fields of MDIC. SDM §13.4.7.
const (
	mdicReg   = 16
	mdicPHY   = 21
	mdicOp    = 26
	mdicReady = 1 << 28
	mdicIRQ   = 1 << 29
	mdicError = 1 << 30

	mdicWrite = 1
	mdicRead  = 2

	phyAddress = 1
)

// Registers of the PHY. SDM §13.5, and IEEE 802.3 §22.2.4.
const (
	phyControl     = 0
	phyStatus      = 1
	phyID1         = 2
	phyID2         = 3
	phyAdvertise   = 4
	phyPartner     = 5
	phyExpansion   = 6
	phyControl1G   = 9
	phyStatus1G    = 10
	phySpecControl = 16
	phySpecStatus  = 17
	phyExtControl  = 20
	phyRegisters   = 32

	phyReset   = 1 << 15
	phyRestart = 1 << 9 // of auto-negotiation
)

// phyPowerOn is what the registers have after a reset: an M88E1011 that has
// found a partner with 1000 Mb/s, full duplex.
var phyPowerOn = [phyRegisters]uint16{
	phyControl:     0x1140,
	phyStatus:      0x796d,
	phyID1:         0x0141,
	phyID2:         0x0c20,
	phyAdvertise:   0x0de1,
	phyPartner:     0x4de1,
	phyExpansion:   0x0007,
	phyControl1G:   0x0e00,
	phyStatus1G:    0x3c00,
	phySpecControl: 0x0360,
	phySpecStatus:  0xac00,
	phyExtControl:  0x0d60,
}

// phyWritable has the registers that software can change.
const phyWritable = 1<<phyControl | 1<<phyAdvertise | 1<<phyControl1G | 1<<phySpecControl | 1<<phyExtControl | 1<<7 | 1<<18 | 1<<29 | 1<<30

type phy struct{ regs [phyRegisters]uint16 }

func (p *phy) powerOn() { p.regs = phyPowerOn }

// manage is what MDIC does: an access to the PHY, which is over at once.
func (a *Adapter) manage(v uint32) {
	reg := v >> mdicReg & (phyRegisters - 1)
	a.mdic = v&^(mdicError) | mdicReady
	switch op := v >> mdicOp & 3; {
	case v>>mdicPHY&0x1f != phyAddress:
		a.mdic |= mdicError
	case op == mdicRead:
		a.mdic = a.mdic&^0xffff | uint32(a.phy.regs[reg])
	case op == mdicWrite:
		a.writePHY(reg, uint16(v))
	default:
		a.mdic |= mdicError
	}
	if v&mdicIRQ != 0 {
		a.cause(icrMDAC)
	}
}

func (a *Adapter) writePHY(reg uint32, v uint16) {
	if phyWritable>>reg&1 == 0 {
		return
	}
	if reg == phyControl {
		if v&phyReset != 0 {
			a.phy.powerOn()
			a.cause(icrLSC)
			return
		}
		if v&phyRestart != 0 {
			a.cause(icrLSC)
		}
		v &^= phyRestart
	}
	a.phy.regs[reg] = v
}
