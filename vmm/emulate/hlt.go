package emulate

// AtHLT tells whether the instruction at RIP is HLT. A processor that forgets
// at VMRUN that interrupts are held off for one more instruction would take an
// interrupt between STI and HLT, and the guest then halts with nothing to wake
// it. Whoever knows that HLT comes next can do it in software instead.
func (e *Emulator) AtHLT() bool {
	const hlt = 0xf4 // APM vol. 3, HLT
	return e.atByte(hlt)
}

// AtINT1 tells whether it is INT1, which not every processor has.
func (e *Emulator) AtINT1() bool {
	const int1 = 0xf1 // APM vol. 3, INT1
	return e.atByte(int1)
}

func (e *Emulator) atByte(b byte) bool {
	var code [1]byte
	n, _ := e.read(code[:])
	return n == 1 && code[0] == b
}
