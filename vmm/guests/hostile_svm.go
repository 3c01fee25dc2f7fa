package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var hostileSVM = Guest{
	Name:    "hostile-svm",
	Help:    "the instructions of hypervisors, which a guest does not have",
	Memory:  4 << 20,
	Mode:    Long,
	Code:    hostileSVMCode,
	Expect:  `ok hostile-svm vmresume`,
	Hostile: true,
}

func hostileSVMCode(p *Prog) {
	p.LoadIDT()
	p.Mov(asm.EAX, asm.Imm(Scratch))
	m := asm.Mem{Disp: Scratch}
	for _, i := range []struct {
		name string
		emit func()
	}{
		{"vmrun", p.Vmrun}, {"vmload", p.Vmload}, {"vmsave", p.Vmsave}, {"stgi", p.Stgi}, {"clgi", p.Clgi},
		{"skinit", p.Skinit}, {"invlpga", p.Invlpga},
		{"vmxon", func() { p.Vmxon(m) }}, {"vmptrld", func() { p.Vmptrld(m) }}, {"vmxoff", p.Vmxoff},
		{"vmlaunch", p.Vmlaunch}, {"vmresume", p.Vmresume},
	} {
		p.Fault(i.name, UD, 0, i.emit)
	}
}
