//go:build !tamago

package vmx

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

func TestListsHaveAFieldForEachWord(t *testing.T) {
	for name, tc := range map[string]struct {
		structure any
		list      []Field
	}{
		"guest": {&guest{}, guestFields[:]}, "controls": {&controls{}, controlFields[:]}, "host": {&host{}, hostFields[:]},
	} {
		if n := len(words(tc.structure)); n != len(tc.list) {
			t.Errorf("%s has %d words and %d fields", name, n, len(tc.list))
		}
		seen := map[Field]bool{}
		for _, f := range tc.list {
			if seen[f] {
				t.Errorf("%s has the field %#x twice", name, f)
			}
			seen[f] = true
		}
	}
}

// A few of the words by name, so that a list that is out of step is found.
func TestWordsAreInStepWithTheirFields(t *testing.T) {
	var g guest
	var k controls
	var h host
	for _, tc := range []struct {
		structure any
		list      []Field
		word      *uint64
		want      Field
	}{
		{&g, guestFields[:], &g.Selector[x86.TR], 0x80e}, {&g, guestFields[:], &g.Limit[x86.CS], 0x4802},
		{&g, guestFields[:], &g.Access[x86.LDTR], 0x4820}, {&g, guestFields[:], &g.Base[x86.GS], 0x6810},
		{&g, guestFields[:], &g.IDTRBase, 0x6818}, {&g, guestFields[:], &g.CR4Shadow, 0x6006},
		{&g, guestFields[:], &g.DR7, 0x681a}, {&g, guestFields[:], &g.SysenterEIP, 0x6826},
		{&g, guestFields[:], &g.PendingDebug, 0x6822}, {&g, guestFields[:], &g.EntryControls, 0x4012},
		{&k, controlFields[:], &k.Exceptions, 0x4004}, {&k, controlFields[:], &k.VPID, 0},
		{&k, controlFields[:], &k.ExitMSRs, 0x4010}, {&k, controlFields[:], &k.LinkPointer, 0x2800},
		{&k, controlFields[:], &k.Timer, 0x482e}, {&k, controlFields[:], &k.XSS, 0x202c},
		{&h, hostFields[:], &h.TR, 0xc0c}, {&h, hostFields[:], &h.EFER, 0x2c02}, {&h, hostFields[:], &h.IDTRBase, 0x6c0e},
		{&h, hostFields[:], &h.RIP, 0x6c16}, {&h, hostFields[:], &h.MSRs, 0x2008},
	} {
		for i, w := range words(tc.structure) {
			if w == tc.word && tc.list[i] != tc.want {
				t.Errorf("word %d of %T has the field %#x, want %#x", i, tc.structure, tc.list[i], tc.want)
			}
		}
	}
}

func TestAccessRights(t *testing.T) {
	for _, tc := range []struct {
		attributes x86.Attributes
		want       uint64
	}{
		{0x9b, 0x9b}, {0xa9b, 0xa09b}, {0xc93, 0xc093}, {0xfff, 0xf0ff}, {0x82, 0x82}, {0x73, 0x10073}, {0, 0x10000},
	} {
		got := accessOf(tc.attributes)
		if got != tc.want || attributesOf(got) != tc.attributes {
			t.Errorf("%#x: access rights %#x, want %#x; back %#x", tc.attributes, got, tc.want, attributesOf(got))
		}
	}
}
