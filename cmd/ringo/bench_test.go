package main

import (
	"strings"
	"testing"
)

func TestBenchRefusesWhatItCannotMeasure(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"-peer xen", `-peer: there is "kvm", not "xen"`},
		{"-where nowhere", `-where: no exit or request is called "nowhere"`},
		{"-linux -1", "-linux: want a positive number"},
		{"cpuid", `unexpected argument "cpuid"`},
	} {
		_, stderr, status := ringo(t, "", append([]string{"bench"}, strings.Fields(c.args)...)...)
		if status != statusUsage || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: status %d, %q; want %q", c.args, status, stderr, c.want)
		}
	}
}
