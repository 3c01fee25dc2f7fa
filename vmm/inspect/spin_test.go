package inspect

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/vmmtest"
)

// many is n times the same exits.
func many(n int, exits ...vmmtest.Exit) (list []vmmtest.Exit) {
	for range n {
		list = append(list, exits...)
	}
	return list
}

// hostAt is an interrupt of the host at a RIP.
func hostAt(rip uint64) vmmtest.Exit {
	return func(c *vmmtest.CPU, e *vmm.Exit) { e.Reason, c.S.RIP = vmm.ReasonHost, rip }
}

func TestGuestThatSpinsIsNamed(t *testing.T) {
	read := func(gpa uint64) vmmtest.Exit {
		return func(_ *vmmtest.CPU, e *vmm.Exit) {
			e.Reason, e.Port, e.Size, e.Length = vmm.ReasonPort, uint16(gpa), 1, 1
		}
	}
	for _, tc := range []struct {
		name  string
		exits []vmmtest.Exit
		want  string
	}{
		{"a port", many(100, vmmtest.In(0x3fd, 1)), "polls port 0x3fd COM1 at RIP"},
		{"a port that no device has", many(100, vmmtest.In(0x177, 1)), "polls port 0x177 (no device) at RIP"},
		{"a port and now and then another", many(20, append(many(9, read(0x3fd)), read(0x61))...), "polls port 0x3fd COM1"},
		{"two ports in turn", many(100, vmmtest.In(0x3fd, 1), vmmtest.In(0x61, 1)), ""},
		{"what it writes", many(100, vmmtest.Out(0x3f8, 1, 'a')), ""},
		{"too few to tell", many(10, vmmtest.In(0x3fd, 1)), ""},
		{"a port, and an MSR", many(50, vmmtest.In(0x3fd, 1), vmmtest.ReadMSR(0x1b)), ""},
		{"code", many(10, hostAt(0x1008), hostAt(0x1000)), "loops at RIP 0x1000-0x1008"},
		{"code all over the place", many(10, hostAt(0x1008), hostAt(0x2000)), ""},
	} {
		vm := run(t, newRig(), append(slices.Clone(tc.exits), vmmtest.Stop(vmm.ReasonShutdown))...)
		got := spin(vm, vm.CPUs()[0])
		if tc.want == "" && got != "" || !strings.HasPrefix(got, tc.want) {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
		var stats, exits strings.Builder
		Stats(&stats, vm, time.Second, vmmtest.TSCHz)
		Exits(&exits, vm, vmmtest.TSCHz)
		if tc.want != "" {
			want(t, tc.name, stats.String(), "it "+tc.want)
			want(t, tc.name, exits.String(), "CPU 0 "+tc.want)
		}
	}
}
