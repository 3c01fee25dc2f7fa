package guests

import "github.com/ringo-vmm/ringo/vmm/guests/asm"

var pvEOI = Guest{
	Name:   "pv-eoi",
	Help:   "KVM's paravirtual end of interrupt, if there is one: what ends without a write to the local APIC, and what does not",
	Memory: 4 << 20,
	Mode:   Long,
	Code:   pvEOICode,
	Expect: `ok pv-eoi turned off|no paravirtual end of interrupt`,
}

// PVEOIInterrupts is how many interrupts pv-eoi sends to itself, by a write to the
// local APIC each, that end without another.
const PVEOIInterrupts = 500

// KVM's leaves and the MSR. Linux, virt/kvm/x86/cpuid and virt/kvm/x86/msr.
const (
	leafKVM      = 0x4000_0000 // EBX begins the signature
	kvmSignature = 'K' | 'V'<<8 | 'M'<<16 | 'K'<<24
	featurePVEOI = 6 // bit of EAX of the next leaf
	msrPVEOI     = 0x4b56_4d04
)

func pvEOICode(p *Prog) {
	const high, low = 0x51, 0x41
	word, writes := p.Var("word", 4), p.Var("writes", 4)
	word.Size, writes.Size = 4, 4
	p.LoadIDT()
	p.EnableAPIC()
	p.WriteAPIC(apicLINT0, apicMasked)
	p.findPVEOI("absent")
	p.setPVEOI(asm.Ref(word.Label), 1)

	end := func() {
		ended := p.Unique("ended")
		p.Btr(word, asm.Imm(0))
		p.J(asm.C, ended)
		p.Inc(writes)
		p.apicEnd()
		p.Label(ended)
	}
	count := p.Count(high, end)
	lower := p.Count(low, end)
	p.Sti()
	p.Mov(asm.EBX, asm.Imm(PVEOIInterrupts))
	p.Label("send")
	p.WriteAPIC(apicICR, apicSelf|high)
	p.Dec(asm.EBX)
	p.J(asm.NZ, "send")
	p.Check("as many as were sent", count, asm.Imm(PVEOIInterrupts))
	p.Check("none ended by a write", writes, asm.Imm(0))
	m, _ := isr(high)
	p.Check("none in service", m, asm.Imm(0))
	p.Cli()

	p.WriteAPIC(apicICR, apicSelf|high)
	p.WriteAPIC(apicICR, apicSelf|low)
	p.TakeInterrupts()
	p.Check("one that waited", lower, asm.Imm(1))
	p.Check("one it had to wait for", writes, asm.Imm(1))

	const nests = high + 0x10
	p.Count(nests, func() {
		p.WriteAPIC(apicICR, apicSelf|low)
		p.Quiet("held up", lower, asm.Imm(1))
		end()
	})
	p.WriteAPIC(apicICR, apicSelf|nests)
	p.TakeInterrupts()
	p.Check("one sent meanwhile", lower, asm.Imm(2))
	p.Check("after a write", writes, asm.Imm(2))

	const ignores = nests + 0x10
	ignored := p.Count(ignores, func() {
		m, bit := isr(ignores)
		p.Quiet("in service", m, bit)
		p.Quiet("offered", word, asm.Imm(1))
		p.apicEnd()
		p.Quiet("in service after its end", m, asm.Imm(0))
	})
	p.WriteAPIC(apicICR, apicSelf|ignores)
	p.TakeInterrupts()
	p.Check("a write is an end too", ignored, asm.Imm(1))
	p.Check("and no offer is left", word, asm.Imm(0))

	pvEOITimer(p, end, writes)
	p.setPVEOI(asm.Imm(0), 0)
	p.WriteAPIC(apicICR, apicSelf|high)
	p.TakeInterrupts()
	p.Check("turned off", writes, asm.Imm(3))
	p.Done()

	p.Label("absent")
	p.Print("no paravirtual end of interrupt\n")
}

// pvEOITimer has the timer end HLT, and checks what the MSR does not take.
func pvEOITimer(p *Prog, end func(), writes asm.Mem) {
	const vector, by1, turns = 0x32, 0xb, 20
	ticks := p.Count(vector, end)
	p.WriteAPIC(apicDivide, by1)
	p.WriteAPIC(apicTimer, vector)
	for i := range turns {
		p.WriteAPIC(apicInitialCount, 20000)
		p.Await(ticks, i+1)
	}
	p.Check("the timer's end without a write", writes, asm.Imm(2))

	const protection, noMemory, reserved = 13, 1 << 20, 2
	for _, bad := range []struct {
		what     string
		eax, edx asm.Imm
	}{
		{"a word that is no memory", 1, noMemory}, {"a reserved bit", Scratch + reserved, 0},
	} {
		p.Mov(asm.ECX, asm.Imm(msrPVEOI))
		p.Mov(asm.EAX, bad.eax)
		p.Mov(asm.EDX, bad.edx)
		p.Fault(bad.what, protection, 0, p.Wrmsr)
	}
}

// findPVEOI goes to a label if there is no paravirtual end of interrupt.
func (p *Prog) findPVEOI(absent string) {
	p.Mov(asm.EAX, asm.Imm(leafKVM))
	p.Cpuid()
	p.Cmp(asm.EBX, asm.Imm(kvmSignature))
	p.J(asm.NE, absent)
	p.Mov(asm.EAX, asm.Imm(leafKVM+1))
	p.Cpuid()
	p.Bt(asm.EAX, asm.Imm(featurePVEOI))
	p.J(asm.NC, absent)
}

// setPVEOI writes the MSR.
func (p *Prog) setPVEOI(address asm.Operand, flags asm.Imm) {
	p.Mov(asm.ECX, asm.Imm(msrPVEOI))
	p.Mov(asm.EAX, address)
	p.Or(asm.EAX, flags)
	p.Xor(asm.EDX, asm.EDX)
	p.Wrmsr()
}
