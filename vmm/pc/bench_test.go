package pc

import "testing"

// often is what guests do all the time.
var often = []struct {
	name string
	do   func(p *PC)
}{
	{"PIC", func(p *PC) { p.VM.Ports.In(0x21, 1) }},
	{"POST", func(p *PC) { p.VM.Ports.Out(0x80, 1, 1) }},
	{"COM1", func(p *PC) { p.VM.Ports.Out(0x3f8, 1, 'x') }},
	{"PM timer", func(p *PC) { p.VM.Ports.In(pmPort+8, 4) }},
	{"EOI by MMIO", func(p *PC) { p.VM.Memory.Write(0xfee0_00b0, 4, 0) }},
	{"interrupt", func(p *PC) {
		p.cpus[0].lapic.Accept(0x41, false)
		i := p.cpus[0]
		if i.Pending() {
			i.Take()
		}
		p.VM.Memory.Write(0xfee0_00b0, 4, 0)
	}},
	{"TSC deadline", func(p *PC) { p.cpus[0].msrs.Write(0x6e0, p.CPU.TSC()+1000) }},
}

// busy is a machine whose local APIC is on.
func busy(t testing.TB) *PC {
	p, err := New(machine(&host{now: 1}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.VM.Close)
	p.VM.Memory.Write(0xfee0_00f0, 4, 0x1ff)
	p.VM.Memory.Write(0xfee0_0320, 4, 2<<17|0x42)
	return p
}

func TestWhatIsDoneOftenAllocatesNothing(t *testing.T) {
	p := busy(t)
	for _, o := range often {
		if n := testing.AllocsPerRun(100, func() { o.do(p) }); n != 0 {
			t.Errorf("%s: %v allocations", o.name, n)
		}
	}
}

func BenchmarkAccess(b *testing.B) {
	p := busy(b)
	for _, o := range often {
		b.Run(o.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				o.do(p)
			}
		})
	}
}
