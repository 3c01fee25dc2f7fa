//go:build !tamago

package vmx

import (
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/vmm"
)

// goodHost is a host that an entry accepts on Bochs' broadwell_ult.
func goodHost() host {
	return host{
		CS: amd64.SelectorCode, SS: amd64.SelectorData, DS: amd64.SelectorData, ES: amd64.SelectorData, TR: amd64.SelectorTSS,
		PAT: 0x0007040600070406, EFER: eferLME | eferLMA, CR0: 0x80000031, CR3: 0x1000, CR4: 0x2020, RIP: 0x1010000, MSRs: 0x2010,
	}
}

// One host for each rule, wrong in nothing else.
func TestCheckHostNamesTheField(t *testing.T) {
	c, _ := running(t)
	l, exit := c.engine.limits, c.controls.Exit
	if h := goodHost(); checkHost(&h, 0, exit, l) != nil {
		t.Fatal(checkHost(&h, 0, exit, l))
	}
	const far = 1 << 47
	for _, tc := range []struct {
		want  string
		wrong func(h *host)
	}{
		{"host CR0 is 0x80000011: bits 0x20 must be 1", func(h *host) { h.CR0 &^= 1 << 5 }},
		{"host CR0 is 0x180000031: bits 0x100000000 must be 0", func(h *host) { h.CR0 |= 1 << 32 }},
		{"host CR4 is 0x20: bits 0x2000 must be 1", func(h *host) { h.CR4 = cr4PAE }},
		{"host CR4 is 0x80002020: bits 0x80000000 must be 0", func(h *host) { h.CR4 |= 1 << 31 }},
		{"host CR4 is 0x2000: PAE", func(h *host) { h.CR4 &^= cr4PAE }},
		{"host CR3 is 0x10000000000: an address of more than 40 bits", func(h *host) { h.CR3 = 1 << 40 }},
		{"host PAT is 0x2: an entry", func(h *host) { h.PAT = 2 }},
		{"host EFER is 0x100: LME and LMA", func(h *host) { h.EFER &^= eferLMA }},
		{"host EFER is 0x400: LME and LMA", func(h *host) { h.EFER &^= eferLME }},
		{"host EFER is 0x1500: bits 0x1000", func(h *host) { h.EFER |= 1 << 12 }},
		{"host CS selector is 0x0: it must", func(h *host) { h.CS = 0 }},
		{"host TR selector is 0x0: it must", func(h *host) { h.TR = 0 }},
		{"host CS selector is 0xb: TI and RPL", func(h *host) { h.CS = 0xb }},
		{"host SS selector is 0x13: TI and RPL", func(h *host) { h.SS = 0x13 }},
		{"host DS selector is 0x14: TI and RPL", func(h *host) { h.DS = 0x14 }},
		{"host ES selector is 0x1: TI and RPL", func(h *host) { h.ES = 1 }},
		{"host FS selector is 0x2: TI and RPL", func(h *host) { h.FS = 2 }},
		{"host GS selector is 0x3: TI and RPL", func(h *host) { h.GS = 3 }},
		{"host TR selector is 0x1c: TI and RPL", func(h *host) { h.TR = 0x1c }},
		{"host GS base is 0x800000000000: not", func(h *host) { h.GSBase = far }},
		{"host TR base is 0x800000000000: not", func(h *host) { h.TRBase = far }},
		{"host GDTR base is 0x800000000000: not", func(h *host) { h.GDTRBase = far }},
		{"host IDTR base is 0x800000000000: not", func(h *host) { h.IDTRBase = far }},
		{"host SYSENTER_ESP is 0x800000000000: not", func(h *host) { h.SysenterESP = far }},
		{"host SYSENTER_EIP is 0x800000000000: not", func(h *host) { h.SysenterEIP = far }},
		{"host RIP is 0x800000000000: not", func(h *host) { h.RIP = far }},
		{"exit MSR-load address is 0x2008: not", func(h *host) { h.MSRs = 0x2008 }},
	} {
		h := goodHost()
		tc.wrong(&h)
		if err := checkHost(&h, 0, exit, l); err == nil || !strings.HasPrefix(err.Error(), tc.want) {
			t.Errorf("got %v, want %s...", err, tc.want)
		}
	}
	h := goodHost()
	if err := checkHost(&h, far, exit, l); err == nil || !strings.HasPrefix(err.Error(), "host FS base is") {
		t.Errorf("FS base: %v", err)
	}
	if err := checkHost(&h, 0, exit&^exitHost64, l); err == nil || !strings.HasPrefix(err.Error(), "exit controls is") {
		t.Errorf("exit controls: %v", err)
	}
}

// What the processor refuses is told with its number, its name, and the field
// that is wrong if it is a known one.
func TestARefusedEntryIsExplained(t *testing.T) {
	for _, tc := range []struct {
		number uint64
		wrong  func(c *CPU, v *fakeVMCS)
		want   string
	}{
		{7, func(c *CPU, v *fakeVMCS) { c.controls.CR3Targets = 5 }, "VM-instruction error 7, invalid controls: CR3-target count is 0x5: more than 4"},
		{8, func(c *CPU, v *fakeVMCS) { v.fields[fieldHostCR4] = 0x2000 }, "VM-instruction error 8, invalid host state: host CR4 is 0x2000: PAE must be set in 64-bit mode"},
		{5, func(c *CPU, v *fakeVMCS) {}, "VM-instruction error 5, VMRESUME of a VMCS that is not launched: " + errUnknown.Error()},
		{99, func(c *CPU, v *fakeVMCS) {}, "VM-instruction error 99, unknown: " + errUnknown.Error()},
	} {
		c, v := running(t)
		h := goodHost()
		v.store(hostFields[:], &h)
		v.exit(t, c, ReasonCPUID, nil)
		v.fields[fieldInstructionError] = tc.number
		v.guest = func(x *context) { x.result = resultRefused }
		tc.wrong(c, v)
		var e vmm.Exit
		if c.Run(&e); e.Reason != vmm.ReasonInvalid {
			t.Fatalf("a refused entry is %v", e.Reason)
		}
		if err := c.Why(); err == nil || err.Error() != tc.want {
			t.Errorf("got %v, want %s", err, tc.want)
		}
	}
}
