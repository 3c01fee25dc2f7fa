package lapic

// sendIPI is a write to the low half of the ICR; dest is what the high half
// has. Intel SDM vol. 3 §11.6.1.
func (l *LAPIC) sendIPI(low, dest uint32) {
	vector := uint8(low)
	if low&(icrMode|icrShorthand) == uint32(Self)<<icrShorthandBit && vector >= minVector {
		l.Accept(vector, false)
		return
	}
	mode := Mode(low & icrMode >> icrModeBit)
	if mode <= LowestPriority && vector < minVector {
		l.fail(errSendVector)
		return
	}
	// The level de-assert of INIT set arbitration ids, which are no more.
	if mode == INIT && low&(icrAssert|icrLevel) == icrLevel {
		return
	}
	// Whatever the trigger mode says, all but INIT are edges.
	l.bus.Send(Message{
		Dest:      dest,
		From:      l.cfg.ID,
		Vector:    vector,
		Mode:      mode,
		Shorthand: Shorthand(low & icrShorthand >> icrShorthandBit),
		Logical:   low&icrLogical != 0,
	})
}

// icrDest is the destination in the high half of the ICR in xAPIC mode.
func (l *LAPIC) icrDest() uint32 {
	return Dest8(uint8(l.icr >> (icrDestBit + destBit)))
}
