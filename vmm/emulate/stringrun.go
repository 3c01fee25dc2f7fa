package emulate

import "github.com/ringo-vmm/ringo/vmm/x86"

// run executes INS or OUTS as often as the device does it in one go, at most so
// many times, for elements that are one after the other in one page of memory.
// It tells how often that was. After 0 times nothing has happened: what else
// there is to see to, faults above all, once sees to. APM vol. 3, INS and OUTS.
func (e *Emulator) run(in *inst, most uint64) (n uint64) {
	s := e.state
	if in.op != opIns && in.op != opOuts || s.RFLAGS&x86.FlagDF != 0 {
		return 0
	}
	write := in.op == opIns
	seg, register, acc := int(in.segment), x86.RSI, x86.Access(0)
	if write {
		seg, register, acc = x86.ES, x86.RDI, x86.Write
	}
	size, offset := uint64(in.size), s.GPR[register]&in.mask
	lin, exc := s.Linear(seg, offset, int(size), write)
	if exc != nil {
		return 0
	}
	// Neither the page ends within the run, nor do offsets start again at 0.
	if n = min(most, (pageSize-lin&pageMask)/size, (in.mask-offset)/size); n == 0 {
		return 0
	}
	if _, exc = s.Linear(seg, offset, int(n*size), write); exc != nil {
		return 0
	}
	gpa, err := e.translate(lin, acc)
	if err != nil {
		return 0
	}
	var p []byte
	if write {
		p = e.memory.RAM(gpa)
	} else {
		p = e.memory.Span(gpa)
	}
	if uint64(len(p)) < n*size {
		return 0
	}
	port := uint16(s.GPR[x86.RDX])
	if p = p[:n*size]; write {
		n = uint64(e.ports.InString(port, int(size), p))
	} else {
		n = uint64(e.ports.OutString(port, int(size), p))
	}
	e.advance(in, register, n)
	return n
}
