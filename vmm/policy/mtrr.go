package policy

import "github.com/ringo-vmm/ringo/amd64/msr"

// variableMTRRs is how many variable ranges there are.
const variableMTRRs = 8

// Bits of the memory-type registers. SDM vol. 3 §11.11, APM vol. 2 §7.7.
const (
	mtrrWC         = 1 << 10 // of MTRRCAP: write-combining
	mtrrFixed      = 1 << 8  // of MTRRCAP: fixed ranges
	mtrrValid      = 1 << 11 // of a mask
	mtrrEnable     = 1 << 11 // of MTRR_DEF_TYPE
	mtrrFixEnable  = 1 << 10
	mtrrTypeBits   = 0xff
	everyByte      = 0x0101_0101_0101_0101
	fixedWriteBack = typeWB * everyByte
	fixedProtected = typeWP * everyByte
)

// fixedMTRRs are the fixed-range registers, and what firmware leaves in them:
// memory, the display, and ROM.
var fixedMTRRs = []struct {
	num      uint32
	firmware uint64
}{
	{msr.MTRRFix64K00000, fixedWriteBack},
	{msr.MTRRFix16K80000, fixedWriteBack},
	{msr.MTRRFix16KA0000, typeUC},
	{msr.MTRRFix4KC0000, fixedProtected}, {msr.MTRRFix4KC8000, fixedProtected},
	{msr.MTRRFix4KD0000, fixedProtected}, {msr.MTRRFix4KD8000, fixedProtected},
	{msr.MTRRFix4KE0000, fixedProtected}, {msr.MTRRFix4KE8000, fixedProtected},
	{msr.MTRRFix4KF0000, fixedProtected}, {msr.MTRRFix4KF8000, fixedProtected},
}

// addressMask has the bits of a page's guest-physical address.
func (c *MSRConfig) addressMask() uint64 {
	return (1<<c.CPUID.PhysicalBits() - 1) &^ 0xfff
}

// memoryTypes are the MTRRs.
func (c *MSRConfig) memoryTypes() []entry {
	entries := []entry{
		{msr.MTRRCap, 1, constant, anything, mtrrWC | mtrrFixed | variableMTRRs, 0},
		{msr.MTRRDefType, 1, stored, memoryVar, 0, mtrrEnable | mtrrFixEnable | mtrrTypeBits},
	}
	for n := range variableMTRRs {
		entries = append(entries,
			entry{msr.MTRRPhysBase(n), 1, stored, memoryVar, 0, c.addressMask() | mtrrTypeBits},
			entry{msr.MTRRPhysMask(n), 1, stored, masked, 0, c.addressMask() | mtrrValid})
	}
	var extra uint64
	if !c.CPUID.intel {
		extra = typeRdWrMem * everyByte
	}
	for _, f := range fixedMTRRs {
		entries = append(entries, entry{f.num, 1, stored, memoryFix, 0, extra})
	}
	return entries
}

// Firmware sets the memory types as firmware leaves them, for a guest that is
// started without: all is write-back, but not the display, nor the last GiB
// below 4 GiB, where devices are. A guest that finds the MTRRs off does not use
// the PAT either.
func (m *MSRs) Firmware() {
	const hole, holeSize = 3 << 30, 1 << 30 // vmm/ram keeps memory out of there
	m.set(msr.MTRRDefType, mtrrEnable|mtrrFixEnable|typeWB)
	m.set(msr.MTRRPhysBase(0), hole|typeUC)
	m.set(msr.MTRRPhysMask(0), m.config.addressMask()&^(holeSize-1)|mtrrValid)
	for _, f := range fixedMTRRs {
		m.set(f.num, f.firmware)
	}
	if !m.config.CPUID.intel && m.config.HighMemory > 4<<30 {
		m.set(msr.SYSCFG, syscfgTOM2)
	}
}

// set gives a register of the table a value.
func (m *MSRs) set(num uint32, v uint64) {
	if r := m.find(num); r != nil {
		r.value = v
	}
}
