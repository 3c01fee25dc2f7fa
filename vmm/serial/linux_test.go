package serial

import "testing"

// TestLinuxDetectsA16550A goes through how Linux's 8250 driver finds out what
// a port is: what it writes and what it expects of a 16550A.
func TestLinuxDetectsA16550A(t *testing.T) {
	r := newRig()
	r.typing("typed too early") // must not disturb it

	// Is anything there: the low bits of IER.
	r.out(regIER, 0)
	if got := r.in(regIER) & 0x0f; got != 0 {
		t.Errorf("IER %#x after 0", got)
	}
	r.out(regIER, 0x0f)
	if got := r.in(regIER) & 0x0f; got != 0x0f {
		t.Errorf("IER %#x after 0xf", got)
	}
	r.out(regIER, 0)

	// Loopback of the modem lines.
	mcr, lcr := r.in(regMCR), r.in(regLCR)
	r.out(regMCR, mcrLoop|0x0a)
	if got := r.in(regMSR) & 0xf0; got != 0x90 {
		t.Errorf("MSR %#x in loopback, want 0x90", got)
	}
	r.out(regMCR, mcr)

	// No enhanced feature register behind LCR 0xbf, FIFOs by the IIR.
	r.out(regLCR, 0xbf)
	r.out(2, 0) // EFR, which is the FCR here
	r.out(regLCR, 0)
	r.out(regFCR, fcrEnable)
	if got := r.in(regIIR) >> 6; got != 3 {
		t.Errorf("IIR's FIFO bits are %d, want 3", got)
	}
	for _, v := range []uint8{0x80, 0xbf} {
		r.out(regLCR, v)
		if got := r.in(2); got == 0 {
			t.Errorf("LCR %#x: an EFR that reads zero", v)
		}
	}

	// No National Super I/O, whose EXCR1 is MCR's loopback bit.
	r.out(regLCR, 0)
	was := r.in(regMCR)
	r.out(regLCR, 0xe0)
	a := r.in(2)
	r.out(regLCR, 0)
	r.out(regMCR, was^mcrLoop)
	r.out(regLCR, 0xe0)
	b := r.in(2)
	r.out(regLCR, 0)
	r.out(regMCR, was)
	if (a^was)&mcrLoop == 0 && (b^was)&mcrLoop != 0 {
		t.Error("looks like a Super I/O")
	}

	// No 16750, which has bit 5 of the IIR with 64-byte FIFOs.
	r.out(regLCR, 0)
	r.out(regFCR, fcrEnable|1<<5)
	s1 := r.in(regIIR) >> 5
	r.out(regFCR, fcrEnable)
	r.out(regLCR, 0x80)
	r.out(regFCR, fcrEnable|1<<5)
	s2 := r.in(regIIR) >> 5
	r.out(regFCR, fcrEnable)
	r.out(regLCR, 0)
	if s1 != 6 || s2 != 6 {
		t.Errorf("IIR's bits 7:5 are %d and %d, want 6", s1, s2)
	}

	// No XScale: IER has no bit 6.
	r.out(regIER, r.in(regIER)|1<<6)
	if r.in(regIER)&(1<<6) != 0 {
		t.Error("looks like an XScale")
	}
	r.out(regIER, 0)

	// The FIFO has room for 16 bytes, tried in loopback.
	r.out(regFCR, fcrEnable|6)
	r.out(regMCR, mcrLoop)
	r.out(regLCR, 0x80)
	divisor := r.In(0, 2)
	r.Out(0, 2, 1)
	r.out(regLCR, 0x03)
	r.text()
	for i := range 256 {
		r.out(regData, uint8(i))
	}
	if n := len(r.text()); n != 16 {
		t.Errorf("a FIFO of %d bytes", n)
	}
	r.out(regLCR, 0x80)
	r.Out(0, 2, divisor)

	// All as it was.
	r.out(regLCR, lcr)
	r.out(regMCR, mcr)
	r.out(regFCR, fcrEnable|6)
	r.out(regFCR, 0)
	r.in(regData)
	r.out(regIER, 0)
	if r.line.Edges != 0 || len(r.sent) != 0 {
		t.Errorf("%d interrupts, %q sent", r.line.Edges, r.sent)
	}
	if got := r.in(regLSR) &^ lsrData; got != 0x60 {
		t.Errorf("LSR %#x", got)
	}
}

// TestLinuxTestsTheTHREInterrupt is what the driver does when a port is
// opened: two work-arounds must not be needed.
func TestLinuxTestsTheTHREInterrupt(t *testing.T) {
	r := newRig()
	r.out(regFCR, fcrEnable|6)
	r.out(regFCR, 0)
	r.in(regLSR)
	r.in(regData)
	r.in(regIIR)
	r.in(regMSR)

	r.out(regIER, ierTHRE)
	first := r.in(regIIR)
	r.out(regIER, 0)
	r.out(regIER, ierTHRE)
	second := r.in(regIIR)
	r.out(regIER, 0)
	if first != iirTHRE || second != iirTHRE {
		t.Errorf("IIR %#x and %#x: the interrupt is not given again", first, second)
	}

	r.out(regMCR, mcrOUT2|mcrDTR|mcrRTS)
	r.out(regIER, ierTHRE)
	lsr, iir := r.in(regLSR), r.in(regIIR)
	r.out(regIER, 0)
	if lsr&lsrTEMT == 0 || iir&iirNone != 0 {
		t.Errorf("LSR %#x, IIR %#x: enabling does not interrupt", lsr, iir)
	}
}

// TestLinuxTransmitsByInterrupt sends as the interrupt handler does, 16 bytes
// for each THRE, from edges of the line alone.
func TestLinuxTransmitsByInterrupt(t *testing.T) {
	r := newRig()
	r.out(regFCR, fcrEnable|0x80)
	r.out(regMCR, mcrOUT2|mcrDTR|mcrRTS)
	text := make([]byte, 1000)
	for i := range text {
		text[i] = uint8(i)
	}
	left := text
	edges := r.line.Edges
	r.out(regIER, ierReceived|ierStatus|ierTHRE)
	for rounds := 0; r.line.Edges != edges; rounds++ {
		if rounds > 1000 {
			t.Fatal("interrupts without end")
		}
		edges = r.line.Edges
		for pass := 0; pass < 8 && r.in(regIIR)&iirNone == 0; pass++ {
			if r.in(regLSR)&lsrTHRE == 0 {
				continue
			}
			n := min(16, len(left))
			for _, b := range left[:n] {
				r.out(regData, b)
			}
			if left = left[n:]; n == 0 {
				r.out(regIER, ierReceived|ierStatus)
			}
		}
	}
	if string(r.sent) != string(text) {
		t.Errorf("sent %d bytes of %d", len(r.sent), len(text))
	}
}
