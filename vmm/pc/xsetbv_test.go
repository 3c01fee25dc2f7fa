package pc

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/vmmtest"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

func TestXSETBVIsForTheSystemAlone(t *testing.T) {
	const x87AndSSE = 3
	for _, tc := range []struct {
		cpl  uint8
		want uint64
	}{{0, x87AndSSE}, {3, 1}} {
		var cpu *vmmtest.CPU
		p := build(t, machine(&vmmtest.Host{},
			func(c *vmmtest.CPU, e *vmm.Exit) {
				c.S.CPL = tc.cpl
				c.S.GPR[x86.RCX], c.S.GPR[x86.RAX], c.S.GPR[x86.RDX] = 0, x87AndSSE, 0
				e.Reason, e.Length = vmm.ReasonXSETBV, 3
			},
			func(c *vmmtest.CPU, e *vmm.Exit) {
				cpu = c
				vmmtest.Out(exitPort, 1, 0)(c, e)
			}))
		run(t, p)
		fault := len(cpu.Injected) == 1 && cpu.Injected[0] == x86.GeneralProtection
		if cpu.S.XCR0 != tc.want || fault != (tc.cpl != 0) {
			t.Errorf("at CPL %d XCR0 is %#x, want %#x; injected %v", tc.cpl, cpu.S.XCR0, tc.want, cpu.Injected)
		}
	}
}
