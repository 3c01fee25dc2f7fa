package pc

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/vmmtest"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// A user's HLT behind MOV SS is not executed by the host: it faults.
func TestAUsersHLTIsNotExecuted(t *testing.T) {
	var before, after uint64
	p := build(t, machine(&vmmtest.Host{},
		func(c *vmmtest.CPU, e *vmm.Exit) {
			before = c.S.RIP
			c.S.CPL, c.S.Shadow, c.S.RFLAGS = 3, true, c.S.RFLAGS&^x86.FlagIF
			e.Reason = vmm.ReasonHost
		},
		func(c *vmmtest.CPU, e *vmm.Exit) {
			after = c.S.RIP
			vmmtest.Out(exitPort, 1, 5)(c, e)
		}))
	if e := run(t, p); e.Code != 5 || after != before {
		t.Errorf("%v; RIP %#x, then %#x", e, before, after)
	}
}
