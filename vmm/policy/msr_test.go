package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/state"
)

func newMSRs(t testing.TB, vendor string, change func(*Processor, *MSRConfig)) *MSRs {
	t.Helper()
	p := Processor{Host: rich(vendor), CPUs: 1, XCR0: ^uint64(0), PhysicalBits: 40, TSCkHz: 2_500_000}
	c := MSRConfig{BSP: true, Microcode: 0x8701021, LowMemory: 3 << 30, HighMemory: 5 << 30}
	if change != nil {
		change(&p, &c)
	}
	c.CPUID = newCPUID(t, p)
	return NewMSRs(c)
}

func TestTablesNameNoRegisterTwice(t *testing.T) {
	for _, vendor := range []string{amd, intel} {
		m := newMSRs(t, vendor, nil)
		entries := m.config.entries()
		for i, a := range entries {
			for _, b := range entries[:i] {
				if a.first < b.first+b.count && b.first < a.first+a.count {
					t.Errorf("%s: %#x (%d) and %#x (%d) overlap", vendor, a.first, a.count, b.first, b.count)
				}
			}
			if a.count > maxRows && a.kind != absent && (a.kind != ignored || a.reset != 0) {
				t.Errorf("%s: %#x has too many registers of its kind", vendor, a.first)
			}
		}
	}
}

// gp stands for #GP where a table has a value.
const gp = ^uint64(0)

func TestRegisters(t *testing.T) {
	const any = 0x123456789abcdef0 &^ 0xff
	for _, tc := range []struct {
		name         string
		vendors      string
		num          uint32
		reset        uint64
		write, after uint64 // gp: the write is a #GP
	}{
		{"STAR", "ai", msr.STAR, 0, any, any},
		{"LSTAR", "ai", msr.LSTAR, 0, 0xffffffff81000000, 0xffffffff81000000},
		{"LSTAR not canonical", "ai", msr.LSTAR, 0, 1 << 62, gp},
		{"KERNEL_GS_BASE not canonical", "ai", msr.KernelGSBase, 0, 1 << 63, gp},
		{"SFMASK", "ai", msr.SFMask, 0, 0x47700, 0x47700},
		{"SFMASK high bits", "ai", msr.SFMask, 0, 1 << 32, gp},
		{"PAT", "ai", msr.PAT, 0x0007040600070406, 0x0407050600070106, 0x0407050600070106},
		{"PAT with type 2", "ai", msr.PAT, 0x0007040600070406, 0x02, gp},
		{"PAT with type 8 in the last byte", "ai", msr.PAT, 0x0007040600070406, 8 << 56, gp},
		{"APIC base", "ai", msr.APICBase, 0xfee00900, 0xfee00900, 0xfee00900},
		{"APIC base with reserved bits", "ai", msr.APICBase, 0xfee00900, 0xfee00901, gp},
		{"x2APIC mode that is not there", "ai", msr.APICBase, 0xfee00900, 0xfee00d00, gp},
		{"MTRRCAP", "ai", msr.MTRRCap, 0x508, 0, gp},
		{"MTRR default", "ai", msr.MTRRDefType, 0, 0xc06, 0xc06},
		{"MTRR default of type 2", "ai", msr.MTRRDefType, 0, 0xc02, gp},
		{"MTRR default reserved", "ai", msr.MTRRDefType, 0, 0x1006, gp},
		{"MTRR base", "ai", msr.MTRRPhysBase(7), 0, 0xff_c0000006, 0xff_c0000006},
		{"MTRR base of type 7", "ai", msr.MTRRPhysBase(0), 0, 7, gp},
		{"MTRR base beyond the address width", "ai", msr.MTRRPhysBase(0), 0, 1 << 40, gp},
		{"MTRR mask", "ai", msr.MTRRPhysMask(7), 0, 0xff_c0000800, 0xff_c0000800},
		{"MTRR mask reserved", "ai", msr.MTRRPhysMask(0), 0, 0x400, gp},
		{"MTRR fixed", "ai", msr.MTRRFix4KF8000, 0, 0x0605040100060504, 0x0605040100060504},
		{"MTRR fixed with type 3", "ai", msr.MTRRFix64K00000, 0, 0x03, gp},
		{"MTRR fixed with RdMem", "a", msr.MTRRFix16K80000, 0, 0x1e1e, 0x1e1e},
		{"MTRR fixed with RdMem on Intel", "i", msr.MTRRFix16K80000, 0, 0x1e1e, gp},
		{"MCG_CAP has no banks", "ai", msr.MCGCap, 0, 1, gp},
		{"MCG_STATUS", "ai", msr.MCGStatus, 0, 4, 4},
		{"MC0_CTL", "ai", msr.MCCtl(0), 0, ^uint64(0) - 1, 0},
		{"MC31_MISC", "ai", 0x47f, 0, 5, 0},
		{"DEBUGCTL", "ai", msr.DebugCtl, 0, 2, 2},
		{"DEBUGCTL reserved", "ai", msr.DebugCtl, 0, 0x1000, gp},
		{"FEATURE_CONTROL is locked", "i", msr.FeatureControl, 1, 5, gp},
		{"MISC_ENABLE", "i", msr.MiscEnable, 0x1801, 0x1801 | 1<<18, 0x1801 | 1<<18},
		{"MISC_ENABLE reserved", "i", msr.MiscEnable, 0x1801, 1 << 5, gp},
		{"microcode update", "i", msr.BIOSUpdateTrig, 0, any, 0},
		{"microcode revision, cleared before it is read", "i", msr.BIOSSignID, 0x8701021, 0, 0x8701021},
		{"patch level", "a", msr.BIOSSignID, 0x8701021, 0, gp},
		{"patch loader", "a", msr.PatchLoader, 0, any, 0},
		{"PLATFORM_INFO", "i", msr.PlatformInfo, 25 << 8, 0, gp},
		{"HWCR", "a", msr.HWCR, 1 << 24, 1<<24 | 1<<6, 1<<24 | 1<<6},
		{"SYSCFG", "a", msr.SYSCFG, 0, 3 << 20, 3 << 20},
		{"SYSCFG with encrypted memory", "a", msr.SYSCFG, 0, 1 << 23, gp},
		{"TOP_MEM", "a", msr.TopMem, 3 << 30, 1 << 30, 1 << 30},
		{"TOP_MEM2", "a", msr.TopMem2, 5 << 30, 0, 0},
		{"NB_CFG", "a", msr.NBCfg, 0, 1 << 46, 1 << 46},
		{"DE_CFG", "a", msr.DECfg, 2, 0x202, 0x202},
		{"VM_CR", "a", msr.VMCR, 0x18, 0, gp},
		{"OSVW", "a", msr.OSVWIDLength, 4, 0, gp},
		{"INT_PENDING", "a", 0xc0010055, 0, any, 0},
		{"MMIO configuration base", "a", 0xc0010058, 0, any, 0},
		{"MC4 mask of family 10h", "a", 0xc0010048, 0, 1 << 10, 0},
		{"VM_HSAVE_PA", "a", msr.VMHSavePA, gp, 0x1000, gp},
		{"VMX_BASIC", "ai", msr.VMXBasic, gp, 0, gp},
		{"performance counter", "ai", msr.PerfEvtSel(0), gp, 0, gp},
		{"TSC without a clock", "ai", msr.TSC, gp, 0, gp},
		{"kvmclock without a clock", "ai", 0x4b564d01, gp, 0, gp},
		{"SPEC_CTRL not told of", "ai", msr.SpecCtrl, gp, 1, gp},
		{"PRED_CMD not told of", "ai", msr.PredCmd, gp, 1, gp},
		{"XSS", "ai", msr.XSS, 0, 0, 0},
		{"XSS of nothing", "ai", msr.XSS, 0, 0x100, gp},
		{"x2APIC without one", "ai", msr.X2APIC(0x20), gp, 0, gp},
		{"FEATURE_CONTROL of AMD", "a", msr.FeatureControl, gp, 5, gp},
		{"SYSCFG of Intel", "i", msr.SYSCFG, gp, 0, gp},
	} {
		for _, v := range tc.vendors {
			m := newMSRs(t, map[rune]string{'a': amd, 'i': intel}[v], nil)
			check := func(when string, want uint64) {
				if got, ok := m.Read(tc.num); ok != (want != gp) || ok && got != want {
					t.Errorf("%s (%c) %s: %#x, %v, want %#x", tc.name, v, when, got, ok, want)
				}
			}
			check("after reset", tc.reset)
			if ok := m.Write(tc.num, tc.write); ok != (tc.after != gp) {
				t.Errorf("%s (%c): write of %#x: %v", tc.name, v, tc.write, ok)
			}
			if tc.after != gp {
				check("after the write", tc.after)
			} else {
				check("after the #GP", tc.reset)
			}
			m.Reset()
			check("after another reset", tc.reset)
		}
	}
}

func TestAPICBaseOfAnotherProcessorAndOfX2APIC(t *testing.T) {
	m := newMSRs(t, amd, func(p *Processor, c *MSRConfig) { p.X2APIC, c.BSP = true, false })
	if v, _ := m.Read(msr.APICBase); v != 0xfee00800 {
		t.Errorf("%#x", v)
	}
	if !m.Write(msr.APICBase, 0xfee00c00) {
		t.Error("x2APIC mode cannot be set")
	}
}

func TestSpeculationRegistersFollowTheCPUID(t *testing.T) {
	m := newMSRs(t, amd, func(p *Processor, c *MSRConfig) {
		p.SpecCtrl, c.ArchCapabilities = true, 0x2b
		p.Changes = []string{"-STIBP", "-AmdSTIBP"}
	})
	for v, want := range map[uint64]bool{0: true, 1: true, 2: false, 4: true, 0x85: true, 8: false} {
		if got := m.Write(msr.SpecCtrl, v); got != want {
			t.Errorf("SPEC_CTRL %#x: %v, want %v", v, got, want)
		}
	}
	if _, ok := m.Read(msr.PredCmd); ok {
		t.Error("PRED_CMD can be read")
	}
	if !m.Write(msr.PredCmd, 1) || m.Write(msr.PredCmd, 2) {
		t.Error("PRED_CMD takes bit 0 and no other")
	}
	if v, ok := m.Read(msr.ArchCapabilities); v != 0x2b || !ok || m.Write(msr.ArchCapabilities, 0) {
		t.Errorf("ARCH_CAPABILITIES %#x, %v", v, ok)
	}
}

// recorder is a Handler that remembers.
type recorder struct {
	log    []string
	refuse bool
}

func (r *recorder) ReadMSR(num uint32) (uint64, bool) {
	r.log = append(r.log, fmt.Sprintf("read %#x", num))
	return uint64(num) + 1, !r.refuse
}

func (r *recorder) WriteMSR(num uint32, v uint64) bool {
	r.log = append(r.log, fmt.Sprintf("write %#x %#x", num, v))
	return !r.refuse
}

func TestHandlersKeepWhatTheyWereGiven(t *testing.T) {
	m := newMSRs(t, amd, nil)
	apic, engine, banks := &recorder{}, &recorder{}, &recorder{}
	m.Handle(msr.X2APIC(0), 0x100, apic)
	m.Handle(msr.LSTAR, 1, engine)
	m.Handle(msr.TSC, 1, engine)
	m.Handle(msr.MCCtl(0), 4, banks)
	if v, ok := m.Read(msr.X2APIC(0x80)); v != 0x809 || !ok {
		t.Errorf("x2APIC TPR: %#x, %v", v, ok)
	}
	m.Write(0x8ff, 5)
	m.Write(msr.LSTAR, 0x1000)
	if m.Write(msr.LSTAR, 1<<62) {
		t.Error("the table's check is gone")
	}
	if v, ok := m.Read(msr.TSC); v != 0x11 || !ok {
		t.Errorf("TSC: %#x, %v", v, ok)
	}
	m.Read(0x401)
	m.Read(0x404) // not given
	if want := []string{"read 0x808", "write 0x8ff 0x5"}; !slices.Equal(apic.log, want) {
		t.Errorf("the APIC saw %q", apic.log)
	}
	if want := []string{"write 0xc0000082 0x1000", "read 0x10"}; !slices.Equal(engine.log, want) {
		t.Errorf("the engine saw %q", engine.log)
	}
	if want := []string{"read 0x401"}; !slices.Equal(banks.log, want) {
		t.Errorf("the banks saw %q", banks.log)
	}
	m.Handle(msr.SpecCtrl, 1, engine)
	if _, ok := m.Read(msr.SpecCtrl); ok || m.Write(msr.SpecCtrl, 0) {
		t.Error("a handler shows what the CPUID hides")
	}
	apic.refuse = true
	if _, ok := m.Read(0x808); ok || m.Write(0x808, 1) {
		t.Error("what a handler refuses is no #GP")
	}
	other := &recorder{}
	m.Handle(0x808, 1, other)
	if _, ok := m.Read(0x808); !ok || len(other.log) != 1 {
		t.Error("a later handler does not come first")
	}
}

func TestUnknownRegistersAreReportedOnce(t *testing.T) {
	var log []string
	m := newMSRs(t, amd, func(_ *Processor, c *MSRConfig) {
		c.Unknown = func(num uint32, write bool, v uint64) { log = append(log, fmt.Sprint(num, write, v)) }
	})
	for range 3 {
		if _, ok := m.Read(0x9999); ok || m.Write(0x9998, 7) || m.Write(0x9999, 8) {
			t.Fatal("an unknown register is no #GP")
		}
		m.Read(msr.VMXBasic) // known not to be there
		m.Read(0xc0002100)
	}
	if want := []string{"39321 false 0", "39320 true 7"}; !slices.Equal(log, want) {
		t.Errorf("reported %q, want %q", log, want)
	}
	for num := range uint32(1000) {
		m.Read(0x100000 + num)
	}
	if len(log) != maxSeen {
		t.Errorf("%d reports, want %d at the most", len(log), maxSeen)
	}
}

func TestOverrides(t *testing.T) {
	var reports int
	m := newMSRs(t, amd, func(_ *Processor, c *MSRConfig) { c.Unknown = func(uint32, bool, uint64) { reports++ } })
	for _, o := range [][2]string{{"0x9999", "ignore"}, {"0x9998", "0x5"}, {"hwcr", "gp"}, {"IA32_MC0_STATUS", "77"}, {"efer", "ignore"}} {
		if err := m.Override(o[0], o[1]); err != nil {
			t.Errorf("%s = %s: %v", o[0], o[1], err)
		}
	}
	for num, want := range map[uint32]uint64{0x9999: 0, 0x9998: 5, msr.HWCR: gp, msr.MCStatus(0): 77, msr.EFER: 0} {
		if got, ok := m.Read(num); ok != (want != gp) || ok && got != want {
			t.Errorf("%#x: %#x, %v, want %#x", num, got, ok, want)
		}
		if ok := m.Write(num, 1); ok != (want != gp) {
			t.Errorf("%#x: write %v", num, ok)
		}
	}
	if reports != 0 {
		t.Errorf("%d reports", reports)
	}
	for _, o := range []struct{ key, value, want string }{
		{"0x1_0000_0000_0", "ignore", "no register is called"},
		{"nonsense", "1", `no register is called "nonsense"`},
		{"hwcr", "off", `msr hwcr: "off" is not ignore, gp or a 64-bit number`},
		{"", "", "no register is called"},
	} {
		if err := m.Override(o.key, o.value); err == nil || !strings.Contains(err.Error(), o.want) {
			t.Errorf("%s = %s: %v, want %q", o.key, o.value, err, o.want)
		}
	}
}

func TestFirmwareLeavesTheMTRRsOn(t *testing.T) {
	m := newMSRs(t, amd, nil)
	m.Firmware()
	for num, want := range map[uint32]uint64{
		msr.MTRRDefType: 0xc06, msr.MTRRPhysBase(0): 0xc0000000, msr.MTRRPhysMask(0): 0xff_c0000800,
		msr.MTRRFix64K00000: 0x0606060606060606, msr.MTRRFix16KA0000: 0, msr.MTRRFix4KF8000: 0x0505050505050505, msr.SYSCFG: 3 << 21,
	} {
		if got, _ := m.Read(num); got != want {
			t.Errorf("%#x is %#x, want %#x", num, got, want)
		}
		if r := m.find(num); r == nil || !m.valid(r, want) {
			t.Errorf("%#x: the guest could not write %#x itself", num, want)
		}
	}
	m = newMSRs(t, intel, nil)
	m.Firmware()
	if _, ok := m.Read(msr.SYSCFG); ok {
		t.Error("Intel has SYSCFG")
	}
}

func TestRegistersSurviveSaveAndLoad(t *testing.T) {
	old := newMSRs(t, amd, nil)
	old.Firmware()
	old.Write(msr.LSTAR, 0xffffffff81000000)
	old.Write(msr.NBCfg, 1<<46)
	fresh := newMSRs(t, amd, nil)
	devicetest.Survives(t, old, fresh)
	if v, _ := fresh.Read(msr.NBCfg); v != 1<<46 {
		t.Errorf("NB_CFG is %#x", v)
	}
	handled := newMSRs(t, amd, nil)
	handled.Handle(msr.LSTAR, 1, &recorder{})
	for name, b := range map[string][]byte{
		"Intel's":             devicetest.Save(newMSRs(t, intel, nil)),
		"with another owner":  devicetest.Save(handled),
		"a value that is #GP": badPAT(t),
	} {
		c := state.Loader(b)
		fresh.State(c)
		if c.Close() == nil {
			t.Errorf("loaded %s", name)
		}
	}
}

// badPAT is a saved state with a PAT that cannot be.
func badPAT(t *testing.T) []byte {
	m := newMSRs(t, amd, nil)
	m.set(msr.PAT, 0x0202)
	return devicetest.Save(m)
}

func TestDirectRegistersAreTheGuestsOwn(t *testing.T) {
	m := newMSRs(t, amd, nil)
	for _, num := range Direct {
		if r := m.find(num); r == nil || r.kind != stored {
			t.Errorf("%#x is not in the table", num)
		}
	}
}

func FuzzMSR(f *testing.F) {
	f.Add(uint32(0xc0000082), uint64(1), true)
	f.Add(uint32(0x277), uint64(0x0706050403020100), false)
	f.Add(uint32(0x200), ^uint64(0), true)
	f.Fuzz(func(t *testing.T, num uint32, v uint64, vendor bool) {
		name := map[bool]string{true: amd, false: intel}[vendor]
		m := newMSRs(t, name, nil)
		before, readable := m.Read(num)
		ok := m.Write(num, v)
		after, _ := m.Read(num)
		if !ok && after != before {
			t.Errorf("%#x: a write that was a #GP changed it from %#x to %#x", num, before, after)
		}
		if ok && readable && after != v && after != before {
			t.Errorf("%#x: wrote %#x over %#x, got %#x", num, v, before, after)
		}
		if n := testing.AllocsPerRun(1, func() { m.Read(num); m.Write(num, v) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
		devicetest.Survives(t, m, newMSRs(t, name, nil))
	})
}

func FuzzOverride(f *testing.F) {
	f.Add("0x123", "ignore")
	f.Add("hwcr", "0x5")
	f.Fuzz(func(t *testing.T, key, value string) {
		m := newMSRs(t, amd, nil)
		if m.Override(key, value) == nil {
			num, _ := number(key)
			if m.find(num) == nil {
				t.Errorf("%q = %q did nothing", key, value)
			}
		}
	})
}

func BenchmarkMSR(b *testing.B) {
	m := newMSRs(b, amd, nil)
	m.Handle(msr.X2APIC(0), 0x100, zeros{})
	for name, num := range map[string]uint32{"stored": msr.LSTAR, "x2APIC": msr.X2APIC(0xb0), "unknown": 0x9999} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.Write(num, 0x1000)
				m.Read(num)
			}
		})
	}
}
