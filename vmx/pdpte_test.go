//go:build !tamago

package vmx

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// Whoever puts a guest on other page tables in PAE mode has the root's pointers
// read; whoever leaves it where it is keeps what the processor has.
func TestPAERootIsReadWhenItChanges(t *testing.T) {
	const gpa, first, second, nowhere = 0x10_0000, 0x10_0020, 0x10_0040, 0x50_0000
	c, v := running(t)
	pa, err := c.engine.frames.AllocPages(0)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.space.Map(gpa, pa, 4096, true); err != nil {
		t.Fatal(err)
	}
	put := func(root uint64, x ...uint64) {
		for i, e := range x {
			binary.LittleEndian.PutUint64(amd64.Bytes(uintptr(pa+root-gpa), 32)[8*i:], e)
		}
	}
	put(first, 0x1001, 0x2001, 0, 0x3001)
	put(second, 0x7001, 0, 0, 0)
	s := longMode()
	s.EFER, s.Seg[x86.CS], s.CR3 = 0, x86.FlatCode32, first
	pdpte := func() (p [pdptes]uint64) {
		for i := range p {
			p[i] = v.fields[fieldPDPTE+Field(2*i)]
		}
		return p
	}
	for _, step := range []struct {
		name   string
		change func()
		want   [pdptes]uint64
	}{
		{"PAE on", func() {}, [pdptes]uint64{0x1001, 0x2001, 0, 0x3001}},
		{"nothing, though memory has changed", func() { put(first, 0x9001) }, [pdptes]uint64{0x1001, 0x2001, 0, 0x3001}},
		{"other tables", func() { s.CR3 = second }, [pdptes]uint64{0x7001}},
		{"tables where there is no memory", func() { s.CR3 = nowhere }, [pdptes]uint64{}},
		{"back", func() { s.CR3 = first }, [pdptes]uint64{0x9001, 0x2001, 0, 0x3001}},
	} {
		step.change()
		c.SetState(&s)
		v.exit(t, c, ReasonCPUID, nil)
		if got := pdpte(); got != step.want {
			t.Errorf("%s: %#x, want %#x", step.name, got, step.want)
		}
		c.State(&s)
	}
	put(second, 0x7001, 0x8003)
	s.CR3 = second
	c.SetState(&s)
	if err := check(&c.context, someLimits); err == nil || !strings.Contains(err.Error(), "PDPTE1 is 0x8003: bits 0x2 are reserved") {
		t.Errorf("a reserved bit: %v", err)
	}
}
