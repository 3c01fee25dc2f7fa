//go:build tamago

package vmx

import (
	"encoding/binary"
	"unsafe"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// EnablePages is how many pages Enable takes, each by itself.
const EnablePages = 2

// Enable makes this processor run the engine's guests. It takes two zeroed
// pages by their host-physical address: the VMXON region, and one for what an
// exit loads. It runs with interrupts off, after the processor's task register
// is loaded. It is false when the processor refuses VMXON. SDM vol. 3 §23.7,
// §24.11.5.
func (e *Engine) Enable(pages [EnablePages]uint64) bool {
	if v := amd64.ReadMSR(msr.FeatureControl); v&msr.FeatureControlLock == 0 {
		amd64.WriteMSR(msr.FeatureControl, v|msr.FeatureControlLock|msr.FeatureControlOutSMX)
	}
	amd64.WriteCR0((amd64.ReadCR0() | e.cr0Fixed0) & e.cr0Fixed1)
	cr4 := amd64.ReadCR4() | x86.CR4VMXE
	if e.xsave {
		cr4 |= amd64.CR4OSXSAVE
	}
	amd64.WriteCR4((cr4 | e.cr4Fixed0) & e.cr4Fixed1)
	binary.LittleEndian.PutUint32(amd64.Bytes(uintptr(pages[0]), 4), e.revision)
	if !vmxon(pages[0]) {
		return false
	}
	p := (*processor)(unsafe.Pointer(unsafe.SliceData(amd64.Bytes(uintptr(pages[1]), int(unsafe.Sizeof(processor{}))))))
	h := &p.host
	h.CS, h.SS, h.DS, h.ES, h.TR = amd64.SelectorCode, amd64.SelectorData, amd64.SelectorData, amd64.SelectorData, amd64.SelectorTSS
	h.PAT, h.EFER = amd64.ReadMSR(msr.PAT), amd64.ReadMSR(msr.EFER)
	h.CR0, h.CR3, h.CR4 = amd64.ReadCR0(), amd64.ReadCR3(), amd64.ReadCR4()
	h.GSBase = amd64.ReadMSR(msr.GSBase)
	h.GDTRBase, h.IDTRBase = tables()
	h.TRBase = taskBase(h.GDTRBase)
	h.RIP = exitAddress()
	for i, n := range switched {
		p.msrs[i] = msrEntry{number: n, value: amd64.ReadMSR(n)}
	}
	h.MSRs = pages[1] + uint64(unsafe.Offsetof(p.msrs))
	setEngine(pages[1])
	return true
}

// taskBase is the base of the TSS in the descriptor table at gdt.
func taskBase(gdt uint64) uint64 {
	d := amd64.Bytes(uintptr(gdt+amd64.SelectorTSS), 16)
	low, high := binary.LittleEndian.Uint64(d), binary.LittleEndian.Uint64(d[8:])
	return low>>16&0xff_ffff | low>>56<<24 | high<<32
}

// vmxon enters VMX operation with the region at host-physical address pa.
func vmxon(pa uint64) bool

// tables are the bases of this processor's GDT and IDT.
func tables() (gdt, idt uint64)

// exitAddress is where an exit arrives.
func exitAddress() uint64

// setEngine stores the page in this processor's data.
func setEngine(page uint64)
