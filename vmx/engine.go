package vmx

import (
	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/amd64/cpuid"
	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/vmm"
)

// Engine is VMX on this machine: a vmm.Engine.
type Engine struct {
	frames vmm.Frames
	limits
	msrBitmap uint64 // host-physical; the same for all guests
	vpids     vpidPool
}

// passedMSRs are those that the guest may use itself: the processor keeps them
// in the VMCS, or leaves them alone until another guest comes.
var passedMSRs = [...]uint32{msr.FSBase, msr.GSBase, msr.KernelGSBase, msr.SysenterCS, msr.SysenterESP, msr.SysenterEIP}

// switched are the MSRs of SYSCALL, which each entry and exit loads from lists.
// Guests read them without an exit, and write them so seldom that it does not
// count. CSTAR is none of them: Intel's processors have no SYSCALL in
// compatibility mode.
var switched = [switchedMSRs]uint32{msr.STAR, msr.LSTAR, msr.SFMask}

const switchedMSRs = 3

// New makes the engine. rdmsr reads an MSR and returns an error on #GP. Each
// processor must be enabled for the engine before it runs guests; see Enable.
func New(cpu cpuid.Func, rdmsr func(uint32) (uint64, error), frames vmm.Frames) (*Engine, error) {
	f, err := readFeatures(cpu, rdmsr)
	if err != nil {
		return nil, err
	}
	e := &Engine{frames: frames, limits: readLimits(cpu, f)}
	if e.msrBitmap, err = frames.AllocPages(0); err != nil {
		return nil, err
	}
	m := newMSRBitmap(amd64.Bytes(uintptr(e.msrBitmap), msrBitmapSize))
	for _, n := range passedMSRs {
		m.allow(n, true, true)
	}
	for _, n := range switched {
		m.allow(n, true, false)
	}
	if e.barrier {
		m.allow(msr.PredCmd, false, true) // it commands, and keeps nothing
	}
	return e, nil
}

// Name is the package's.
func (e *Engine) Name() string { return "vmx" }
