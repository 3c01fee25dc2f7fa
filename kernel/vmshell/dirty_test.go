package vmshell

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/vmmtest"
)

func TestDirtyCountsPagesOnce(t *testing.T) {
	r := newRig(t, machine("one"))
	r.used = []vmmtest.Page{{GPA: 0x8000, Size: 4096}, {GPA: 0x9000, Size: 4096, Written: true}, {GPA: 2 << 20, Size: 2 << 20, Written: true}}
	r.run("vm dirty one", "one is off")
	r.run("vm start one", "^$")
	r.run("vm dirty one", `accessed +2 +1 +2\.01\nwritten +1 +1 +2\.00\n$`)
	r.run("vm dirty", `accessed +0 +0 +0\.00\nwritten +0 +0 +0\.00\n$`)
}

func TestDirtySaysThatItIsNotKnown(t *testing.T) {
	r := newRig(t, machine("one"))
	r.run("vm start one; vm dirty", "no accessed and dirty flags")
}
