package x86

// What power-on leaves: APM vol. 2 §14.1.3, table 14-1.
const (
	resetCR0    = CR0CD | CR0NW | CR0ET
	resetBase   = 0xffff_0000 // of CS: the first instruction is 16 bytes below 4 GiB
	resetRIP    = 0xfff0
	resetDR6    = 0xffff_0ff0
	resetDR7    = 0x400
	resetLimit  = 0xffff
	resetPAT    = 0x0007_0406_0007_0406
	resetXCR0   = 1
	realCode    = AttrPresent | AttrUser | AttrCode | AttrReadable | AttrAccessed
	realData    = AttrPresent | AttrUser | AttrWritable | AttrAccessed
	resetLDT    = AttrPresent | 0x2
	resetTSS    = AttrPresent | 0xb
	startupBits = 12 // a start-up IPI's vector is a page number
)

// Reset puts the processor in the state that power-on or INIT leaves: real
// mode, at the reset vector. signature is what CPUID leaf 1 gives in EAX, which
// RDX has then.
func (s *State) Reset(signature uint32) {
	*s = State{CR0: resetCR0, DR6: resetDR6, DR7: resetDR7, PAT: resetPAT, XCR0: resetXCR0}
	s.RFLAGS = FlagFixed
	s.RIP = resetRIP
	s.GPR[RDX] = uint64(signature)
	for i := range s.Seg {
		s.Seg[i] = Segment{Attributes: realData, Limit: resetLimit}
	}
	s.Seg[CS] = Segment{Selector: 0xf000, Attributes: realCode, Limit: resetLimit, Base: resetBase}
	s.Seg[LDTR].Attributes = resetLDT
	s.Seg[TR].Attributes = resetTSS
	s.GDTR.Limit, s.IDTR.Limit = resetLimit, resetLimit
}

// Startup makes a processor that has been reset begin where a start-up IPI
// with this vector says: at guest-physical address vector << 12. APM vol. 2
// §16.5, SDM vol. 3 §8.4.3.
func (s *State) Startup(vector uint8) {
	s.Seg[CS].Base = uint64(vector) << startupBits
	s.Seg[CS].Selector = uint16(vector) << (startupBits - 4)
	s.RIP = 0
}
