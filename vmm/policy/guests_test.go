package policy

import (
	"testing"

	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/amd64/msr"
)

// touched are the registers that Linux 6.1 (init_amd, init_intel, mtrr, mce,
// tsc, apic, microcode, perf, amd_nb, PCI) and memtest86+ access without being
// ready for a #GP, on the emulated processors. Those with a Handler are left
// out.
var touched = map[string][]uint32{
	amd: {msr.EFER, msr.STAR, msr.LSTAR, msr.CSTAR, msr.SFMask, msr.SysenterCS, msr.SysenterESP, msr.SysenterEIP, msr.FSBase, msr.GSBase,
		msr.KernelGSBase, msr.TSCAux, msr.PAT, msr.MTRRCap, msr.MTRRDefType, 0x200, 0x20f, 0x250, 0x26f, msr.APICBase, msr.MCGCap, msr.HWCR,
		msr.SYSCFG, msr.TopMem, msr.TopMem2, msr.NBCfg, msr.BIOSSignID, 0xc0010055, 0xc0010058, 0xc0010042, 0xc0010071, msr.OSVWIDLength,
		msr.OSVWStatus, msr.VMCR, msr.DECfg, 0, 1},
	intel: {msr.EFER, msr.STAR, msr.LSTAR, msr.CSTAR, msr.SFMask, msr.SysenterCS, msr.SysenterESP, msr.SysenterEIP, msr.FSBase, msr.GSBase,
		msr.KernelGSBase, msr.TSCAux, msr.PAT, msr.MTRRCap, msr.MTRRDefType, 0x200, 0x20f, 0x250, 0x26f, msr.APICBase, msr.MCGCap, 0x17,
		msr.MiscEnable, msr.BIOSSignID, msr.FeatureControl, msr.PlatformInfo, msr.PerfStatus, 0x2a, 0x2c, msr.ThermStatus, 0x1a2, msr.MCGCtl, 0, 1},
}

func TestNoKnownGuestMeetsAFaultItDoesNotExpect(t *testing.T) {
	for _, host := range []cpuidtest.Model{cpuidtest.QEMUEPYC, cpuidtest.BochsTrinity, cpuidtest.BochsToliman, cpuidtest.BochsBroadwell} {
		c := newCPUID(t, Processor{Host: host.CPUID(), XCR0: 7, TSCAux: true})
		m := NewMSRs(MSRConfig{CPUID: c, BSP: true, Unknown: func(num uint32, _ bool, _ uint64) { t.Errorf("%#x is unknown", num) }})
		for _, num := range touched[host.CPUID().Vendor()] {
			if _, ok := m.Read(num); !ok {
				t.Errorf("%s: reading %#x is a #GP", host.CPUID().Brand(), num)
			}
		}
	}
}
