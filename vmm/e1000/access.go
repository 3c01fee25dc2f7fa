package e1000

// Read is device.MMIO's. Registers have 32 bits; a smaller access reads a part.
func (a *Adapter) Read(off uint64, size int) uint64 {
	v := uint64(a.read(uint32(off)&^3)) >> (8 * (off & 3))
	if size == 8 {
		v |= uint64(a.read(uint32(off)&^3+4)) << 32
	}
	return v
}

// Write is device.MMIO's. Registers are written as 32 bits, SDM §13.1; anything
// smaller does nothing.
func (a *Adapter) Write(off uint64, size int, v uint64) {
	if size < 4 || off&3 != 0 {
		return
	}
	a.write(uint32(off), uint32(v))
	if size == 8 {
		a.write(uint32(off)+4, uint32(v>>32))
	}
}

func (a *Adapter) read(reg uint32) uint32 {
	switch reg {
	case regCTRL:
		return a.ctrl
	case regSTATUS:
		return statusUp
	case regEECD:
		return a.eeprom.pins()
	case regEERD:
		return a.eerd
	case regMDIC:
		return a.mdic
	case regICR: // reading it clears it
		v := a.icr
		a.icr = 0
		a.step()
		return v
	case regITR:
		return a.itr
	case regICS:
		return a.icr
	case regIMS:
		return a.ims
	case regRCTL:
		return a.rctl
	case regTCTL:
		return a.tctl
	}
	switch {
	case reg >= regRDBAL && reg <= regRDBAL+ringT:
		return a.rx.read(reg - regRDBAL)
	case reg >= regTDBAL && reg <= regTDBAL+ringT:
		return a.txRing.read(reg - regTDBAL)
	case reg >= regStats && reg < regStats+4*statCount: // so does reading these
		p := &a.stats[(reg-regStats)/4]
		v := *p
		*p = 0
		return v
	}
	if p := a.array(reg); p != nil {
		return *p
	}
	return 0
}

func (a *Adapter) write(reg, v uint32) {
	switch reg {
	case regCTRL:
		a.control(v)
	case regEECD:
		a.eeprom.drive(v)
	case regEERD:
		a.eerd = a.eeprom.read(v)
	case regMDIC:
		a.manage(v)
	case regICR:
		a.icr &^= v
	case regITR:
		a.itr = v & 0xffff
	case regICS:
		a.icr |= v & icrBits
	case regIMS:
		a.ims |= v & icrBits
	case regIMC:
		a.ims &^= v
	case regRCTL:
		a.rctl = v
		a.receive()
	case regTCTL:
		a.tctl = v
		a.transmit()
	case regRDBAL + ringT:
		a.rx.tail = v & 0xffff
		a.receive()
	case regTDBAL + ringT:
		a.txRing.tail = v & 0xffff
		a.transmit()
	default:
		a.store(reg, v)
	}
	a.step()
}

// store writes a register that has no effect at once.
func (a *Adapter) store(reg, v uint32) {
	switch {
	case reg >= regRDBAL && reg < regRDBAL+ringT:
		a.rx.write(reg-regRDBAL, v)
	case reg >= regTDBAL && reg < regTDBAL+ringT:
		a.txRing.write(reg-regTDBAL, v)
	default:
		if p := a.array(reg); p != nil {
			*p = v
		}
	}
}

// control is what CTRL does. SDM §13.4.1.
func (a *Adapter) control(v uint32) {
	if v&ctrlRST != 0 {
		a.Reset()
		return
	}
	if v&ctrlPHYRST != 0 {
		a.phy.powerOn()
		a.cause(icrLSC)
	}
	a.ctrl = v &^ uint32(ctrlPHYRST)
}

func (r *ring) read(reg uint32) uint32 {
	switch reg {
	case ringBAL:
		return uint32(r.base)
	case ringBAH:
		return uint32(r.base >> 32)
	case ringLEN:
		return r.length
	case ringH:
		return r.head
	case ringT:
		return r.tail
	}
	return 0
}

func (r *ring) write(reg, v uint32) {
	const low, high = 1<<32 - 1, ^uint64(1<<32 - 1)
	switch reg {
	case ringBAL:
		r.base = r.base&high | uint64(v)&^(descriptor-1)
	case ringBAH:
		r.base = r.base&low | uint64(v)<<32
	case ringLEN:
		r.length = v & 0xfff80
	case ringH:
		r.head = v & 0xffff
	}
}

// ports is the adapter in the I/O port space: the number of a register at
// IOADDR, and what is in it at IODATA. SDM §13.1.1.2.
type ports Adapter

const (
	ioAddr = 0
	ioData = 4
)

// In is device.Ports'.
func (p *ports) In(off uint16, size int) uint32 {
	a := (*Adapter)(p)
	switch off &^ 3 {
	case ioAddr:
		return a.window >> (8 * (off & 3))
	case ioData:
		if a.window < barSize {
			return uint32(a.Read(uint64(a.window&^3)+uint64(off&3), size))
		}
	}
	return 0
}

// Out is device.Ports'.
func (p *ports) Out(off uint16, size int, v uint32) {
	a := (*Adapter)(p)
	switch {
	case size != 4:
	case off == ioAddr:
		a.window = v
	case off == ioData && a.window < barSize:
		a.Write(uint64(a.window&^3), 4, uint64(v))
	}
}
