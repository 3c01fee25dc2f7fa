package lapic

// The paravirtual end of interrupt that KVM defines (the Linux kernel's documents
// virt/kvm/x86/msr and virt/kvm/x86/cpuid): an interrupt ends without a write to
// the EOI register, which is an exit.
//
// The guest names a word of its memory by an MSR, one for each processor. When the
// processor takes an interrupt after whose end there is nothing to be done at once,
// bit 0 of the word is set: the offer. A guest that finds the bit set clears it, in
// one instruction, and that is the end of the interrupt; one that finds it clear
// writes to the register.
//
// The end is seen here when somebody wants to know. Until then the interrupt is in
// service, and holds up others. Whoever sends one reads the bit, and if the offer
// still stands has the processor come back, which withdraws it: so what was held up
// goes on at the latest with the write that the guest makes then.
//
// The bit changes only while the processor is out of its guest, so the guest needs
// no locked instruction. INIT is the exception: what the guest was doing is over.

const (
	// MSRPVEOI is the MSR, MSR_KVM_PV_EOI_EN: the word's guest-physical address,
	// a multiple of 4, and an enable bit.
	MSRPVEOI = 0x4b56_4d04
	// FeaturePVEOI is its bit in EAX of CPUID function 4000_0001h.
	FeaturePVEOI = 1 << 6

	pvEnable   = 1 << 0
	pvReserved = 1 << 1
	pvWordSize = 4 // bytes

	pvOffer = 1 << 0 // in the word's first byte
)

// validPVEOI tells whether the MSR can have a value.
func (l *LAPIC) validPVEOI(v uint64) bool {
	return l.cfg.RAM != nil && v&pvReserved == 0 && (v&pvEnable == 0 || l.cfg.RAM.Contains(v&^pvEnable, pvWordSize))
}

// writePVEOI is a write to the MSR.
func (l *LAPIC) writePVEOI(v uint64) (ok bool) {
	if !l.validPVEOI(v) {
		return false
	}
	l.withdraw()
	l.pvEOI = v
	return true
}

// pvWord is the guest's word, while the MSR is enabled.
func (l *LAPIC) pvWord() []byte { return l.cfg.RAM.Span(l.pvEOI &^ pvEnable) }

// offer lets the guest end the interrupt that the processor takes by the word,
// unless its end concerns others: I/O APICs, or an interrupt that waits.
func (l *LAPIC) offer(vector uint8) {
	if l.irr.words == 0 && !l.tmr.has(vector) {
		l.pvWord()[0] |= pvOffer
		l.offered = true
	}
}

// collect takes in the end of the interrupt if the guest has accepted the offer.
func (l *LAPIC) collect() {
	if l.offered && l.pvWord()[0]&pvOffer == 0 {
		l.offered = false
		l.end()
	}
}

// withdraw is collect, and then there is no offer any more. The processor is out of
// its guest.
func (l *LAPIC) withdraw() {
	l.collect()
	if l.offered {
		l.offered = false
		l.pvWord()[0] &^= pvOffer
	}
}
