package svm

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/amd64/cpuid"
	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/vmm"
)

// Engine is SVM on this machine: a vmm.Engine.
type Engine struct {
	frames vmm.Frames
	features
	limits
	gigabytePages bool
	iopm, msrpm   uint64 // host-physical; the same for all guests
	asids         asidPool
}

// Orders of the permission maps' pages.
const (
	iopmOrder  = 2
	msrpmOrder = 1
)

// guestMSRs are the MSRs that VMLOAD and VMRUN switch, so that the guest may
// use them itself. APM vol. 2 §15.5.2, table B-2.
var guestMSRs = [...]uint32{
	msr.STAR, msr.LSTAR, msr.CSTAR, msr.SFMask, msr.FSBase, msr.GSBase, msr.KernelGSBase,
	msr.SysenterCS, msr.SysenterESP, msr.SysenterEIP,
}

// New makes the engine. Each processor must be enabled for it before it runs
// guests; see Enable.
func New(cpu cpuid.Func, frames vmm.Frames) (*Engine, error) {
	if !cpu.Has(cpuid.SVM) || !cpu.Has(cpuid.NestedPaging) {
		return nil, errors.New("svm: the processor has no SVM with nested paging")
	}
	e := &Engine{frames: frames, features: readFeatures(cpu), limits: readLimits(cpu), gigabytePages: cpu.Has(cpuid.Page1GB)}
	if e.features.asids < minASIDs {
		return nil, fmt.Errorf("svm: %d address space identifiers, at least %d are needed", e.features.asids, minASIDs)
	}
	e.asids.size = e.features.asids
	e.asids.generation.Store(1)
	var err error
	if e.iopm, err = frames.AllocPages(iopmOrder); err != nil {
		return nil, err
	}
	if e.msrpm, err = frames.AllocPages(msrpmOrder); err != nil {
		frames.FreePages(e.iopm, iopmOrder)
		return nil, err
	}
	newIOPermissions(amd64.Bytes(uintptr(e.iopm), iopmSize))
	m := newMSRPermissions(amd64.Bytes(uintptr(e.msrpm), msrpmSize))
	for _, n := range guestMSRs {
		m.allow(n, true, true)
	}
	if e.virtSpecCtrl {
		m.allow(msr.SpecCtrl, true, true)
	}
	if e.barrier {
		m.allow(msr.PredCmd, false, true) // it commands, and keeps nothing
	}
	return e, nil
}

// Name is the package's.
func (e *Engine) Name() string { return "svm" }

// vmcbAt is the VMCB in the page at host-physical address pa.
func vmcbAt(pa uint64) *VMCB {
	return (*VMCB)(unsafe.Pointer(unsafe.SliceData(amd64.Bytes(uintptr(pa), int(unsafe.Sizeof(VMCB{}))))))
}
