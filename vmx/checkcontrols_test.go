//go:build !tamago

package vmx

import (
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
)

// everything is limits under which any controls may be on, so that each rule
// about controls that depend on others is seen.
func everything(l limits) limits {
	for _, a := range []*allowed{&l.allow.pin, &l.allow.primary, &l.allow.secondary, &l.allow.exit, &l.allow.entry} {
		*a = allowed{may: ^uint32(0)}
	}
	return l
}

func TestCheckControlsAcceptsTheEngines(t *testing.T) {
	for name, m := range map[string]cpuidtest.Model{"broadwell": cpuidtest.BochsBroadwell, "skylake": cpuidtest.BochsSkylake} {
		e, _ := newEngine(t, m)
		s, _ := e.NewSpace()
		c, err := e.NewCPU(s)
		if err != nil {
			t.Fatal(err)
		}
		c.Window(true)
		c.(*CPU).shadow = shadowNMI
		c.CanNMI()
		if err := checkControls(&c.(*CPU).context, e.limits); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// One context for each rule, wrong in nothing else.
func TestCheckControlsNamesTheField(t *testing.T) {
	for _, tc := range []struct {
		want  string
		wrong func(c *context)
		exact bool // with what the processor allows
	}{
		{"pin-based controls is 0x69: bits 0x16 must be 1", func(c *context) { c.controls.Pin &^= 0x16 }, true},
		{"pin-based controls is 0x10000007f: bits 0x100000000 must be 0", func(c *context) { c.controls.Pin |= 1 << 32 }, true},
		{"primary controls is 0xb", func(c *context) { c.primary &^= 2 }, true},
		{"secondary controls is 0x", func(c *context) { c.controls.Secondary |= 1 << 31 }, true},
		{"exit controls is 0x", func(c *context) { c.controls.Exit |= 1 << 31 }, true},
		{"entry controls is 0x", func(c *context) { c.guest.EntryControls |= 1 << 31 }, true},

		{"secondary controls is 0x14ea: they are not", func(c *context) { c.primary &^= primarySecondary }, false},
		{"CR3-target count is 0x5: more", func(c *context) { c.controls.CR3Targets = 5 }, false},
		{"primary controls is 0xb7a06dfa: I/O bitmaps", func(c *context) { c.primary |= primaryIOBitmaps }, false},
		{"MSR bitmap is 0x1001: not the address", func(c *context) { c.controls.MSRBitmap = 0x1001 }, false},
		{"MSR bitmap is 0x10000000000: not the address", func(c *context) { c.controls.MSRBitmap = 1 << 40 }, false},
		{"pin-based controls is 0x77: virtual NMIs", func(c *context) { c.controls.Pin &^= pinNMI }, false},
		{"primary controls is 0xb5e06dfa: NMI-window", func(c *context) {
			c.controls.Pin &^= pinVirtualNMI
			c.primary |= primaryNMIWindow
		}, false},
		{"secondary controls is 0x54ea: VMCS shadowing", func(c *context) { c.controls.Secondary |= secondaryShadowing }, false},
		{"secondary controls is 0x34ea: VM functions", func(c *context) { c.controls.Secondary |= secondaryFunctions }, false},

		{"pin-based controls is 0xff: posted", func(c *context) { c.controls.Pin |= pinPostedInterrupts }, false},
		{"virtual-APIC address is 0x1001: not", func(c *context) { c.controls.VirtualAPIC = 0x1001 }, false},
		{"virtual-APIC address is 0x10000000000: not", func(c *context) { c.controls.VirtualAPIC = 1 << 40 }, false},
		{"TPR threshold is 0x4: more than CR8, which is 3", func(c *context) { *c.tpr, c.controls.TPRThreshold = 0x3f, 4 }, false},
		{"TPR threshold is 0x10: more", func(c *context) { *c.tpr, c.controls.TPRThreshold = 0xff, 16 }, false},
		{"secondary controls is 0x14fa: more of the APIC", func(c *context) { c.controls.Secondary |= secondaryX2APIC }, false},
		{"secondary controls is 0x15ea: more of the APIC", func(c *context) { c.controls.Secondary |= secondaryAPICRegisters }, false},
		{"secondary controls is 0x16ea: more of the APIC", func(c *context) { c.controls.Secondary |= secondaryInterrupts }, false},
		{"secondary controls is 0x14eb: APIC acc", func(c *context) { c.controls.Secondary |= secondaryAPICAccess }, false},

		{"VPID is 0x0: 0", func(c *context) { c.controls.VPID = 0 }, false},
		{"secondary controls is 0x14e8: unrestricted", func(c *context) { c.controls.Secondary &^= 1 << secondaryEPT }, false},
		{"secondary controls is 0x214ea: a page-mod", func(c *context) { c.controls.Secondary |= secondaryPML }, false},
		{"secondary controls is 0x414ea: a page-mod", func(c *context) { c.controls.Secondary |= secondaryVE }, false},
		{"EPT pointer is 0x1018: not write-back", func(c *context) { c.controls.EPTP = 0x1018 }, false},
		{"EPT pointer is 0x1026: not four", func(c *context) { c.controls.EPTP = 0x1026 }, false},
		{"EPT pointer is 0x109e: reserved", func(c *context) { c.controls.EPTP = 0x109e }, false},
		{"EPT pointer is 0x1000000101e: reserved", func(c *context) { c.controls.EPTP = 0x1000000101e }, false},

		{"exit controls is 0x7b6fff: the preemption", func(c *context) {
			c.controls.Exit |= exitSaveTimer
			c.controls.Pin &^= pinTimer
		}, false},
		{"exit MSR-store count is 0x1: there", func(c *context) { c.controls.ExitStores = 1 }, false},
		{"entry MSR-load address is 0x1008: not", func(c *context) { c.controls.EntryMSRLoad = 0x1008 }, false},
		{"entry MSR-load address is 0xfffffffff0: not", func(c *context) { c.controls.EntryMSRLoad = 1<<40 - 16 }, false},
		{"entry controls is 0xd7ff: an entry to SMM", func(c *context) { c.guest.EntryControls |= entryToSMM }, false},
		{"entry controls is 0xdbff: an entry to SMM", func(c *context) { c.guest.EntryControls |= entryDeactivateDual }, false},
	} {
		c, _ := running(t)
		l := c.engine.limits
		if !tc.exact {
			l = everything(l)
		}
		if err := checkControls(&c.context, l); err != nil {
			t.Fatal(err)
		}
		tc.wrong(&c.context)
		if err := checkControls(&c.context, l); err == nil || !strings.HasPrefix(err.Error(), tc.want) {
			t.Errorf("got %v, want %s...", err, tc.want)
		}
	}
}

func TestUsageFlagsTakeAProcessorThatHasThem(t *testing.T) {
	c, _ := running(t)
	l := c.engine.limits
	if err := checkControls(&c.context, l); err != nil || c.controls.EPTP&0x40 == 0 {
		t.Errorf("EPT pointer %#x: %v", c.controls.EPTP, err)
	}
	l.usageFlags = false
	if err := checkControls(&c.context, l); err == nil || !strings.Contains(err.Error(), "accessed and dirty flags") {
		t.Errorf("a processor without them: %v", err)
	}
}
