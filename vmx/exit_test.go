//go:build !tamago

package vmx

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm"
)

func TestAnExitAllocatesNothing(t *testing.T) {
	c, v := running(t)
	v.exit(t, c, ReasonCPUID, nil)
	run = func(x *context) {
		x.result, x.reason, x.qualification, x.length = resultExit, uint64(ReasonIO), 0x80<<16, 2
	}
	var e vmm.Exit
	if n := testing.AllocsPerRun(100, func() { c.Run(&e); c.Skip(e.Length) }); n != 0 {
		t.Errorf("%v allocations an exit", n)
	}
}

func BenchmarkExit(b *testing.B) {
	c, v := running(b)
	v.guest = func(x *context) { x.reason, x.qualification, x.length = uint64(ReasonIO), 0x80<<16, 2 }
	var e vmm.Exit
	c.Run(&e)
	run = func(x *context) { x.reason = uint64(ReasonIO) }
	b.ReportAllocs()
	for b.Loop() {
		c.Run(&e)
		c.Skip(e.Length)
	}
}
