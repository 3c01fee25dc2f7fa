package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var reset = Guest{
	Name:   "reset",
	Help:   "the keyboard controller resets the machine",
	Memory: 4 << 20,
	Mode:   Real,
	Code:   resetCode,
	Expect: `resetting`,
	Ends:   Resets,
}

func resetCode(p *Prog) {
	const command, pulseReset = 0x64, 0xfe // of the keyboard controller
	p.Print("resetting\n")
	p.OutB(command, pulseReset)
	p.Label("on") // it may take a moment
	p.Hlt()
	p.Jmp(asm.Ref("on"))
}
