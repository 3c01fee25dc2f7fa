package apic

// icrPolls bounds the wait for an IPI to leave the local APIC. A working one
// needs a few polls; a poll costs some tens of nanoseconds.
const icrPolls = 10_000

// SendIPI interrupts the processor with APIC id dest at vector. The errors are
// ErrVector, ErrDestination and, in xAPIC mode, ErrUndelivered. Intel SDM
// vol. 3 §11.6.1.
func (l *LAPIC) SendIPI(dest uint32, vector uint8) error {
	if vector < minVector {
		return ErrVector
	}
	return l.sendTo(dest, icrAssert|uint32(vector))
}

// SendNMI sends a non-maskable interrupt to the processor with APIC id dest.
func (l *LAPIC) SendNMI(dest uint32) error { return l.sendTo(dest, icrAssert|icrNMI) }

// SendINIT resets the processor with APIC id dest, which then waits for a
// start-up IPI. The caller lets 10 ms pass before that. Intel SDM vol. 3 §9.4.
func (l *LAPIC) SendINIT(dest uint32) error { return l.sendTo(dest, icrAssert|icrINIT) }

// SendSIPI starts the processor with APIC id dest, after an INIT, in real mode
// at the host-physical address page*4096.
func (l *LAPIC) SendSIPI(dest uint32, page uint8) error {
	return l.sendTo(dest, icrAssert|icrStartUp|uint32(page))
}

// SendNMIToOthers sends a non-maskable interrupt to every processor but this
// one.
func (l *LAPIC) SendNMIToOthers() error { return l.send(0, icrOthers|icrAssert|icrNMI) }

// SendSelf interrupts this processor at vector as soon as it takes interrupts.
func (l *LAPIC) SendSelf(vector uint8) error {
	if vector < minVector {
		return ErrVector
	}
	if l.x2 {
		l.msr.Write(msrSelfIPI, uint64(vector))
		return nil
	}
	return l.send(0, icrSelf|icrAssert|uint32(vector))
}

// sendTo refuses an id that the destination field cannot hold or that would
// reach every processor.
func (l *LAPIC) sendTo(dest uint32, command uint32) error {
	if dest == x2Broadcast || !l.x2 && dest >= xDestBroadcast {
		return ErrDestination
	}
	return l.send(dest, command)
}

// send writes the interrupt command register and, in xAPIC mode, waits until
// the IPI has left; x2APIC mode has no busy bit. An IPI to a processor that
// does not exist may stay busy for good. The next command is written all the
// same: it replaces the one that is stuck.
func (l *LAPIC) send(dest uint32, command uint32) error {
	if l.x2 {
		l.msr.Write(msrX2+uint32(regICR)>>4, uint64(dest)<<32|uint64(command))
		return nil
	}
	l.write(regICRHigh, dest<<icrXDestBit)
	l.write(regICR, command) // this write sends
	for range icrPolls {
		if l.read(regICR)&icrBusy == 0 {
			return nil
		}
	}
	return ErrUndelivered
}
