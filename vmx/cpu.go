package vmx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// CPU is a guest processor: a vmm.CPU.
type CPU struct {
	context
	engine   *Engine
	space    *space
	fresh    fresh
	looked   bool // what Look has is in the state
	work     work
	window   bool // the caller asked for ReasonWindow
	vpid     uint16
	lists    *[switchedMSRs]msrEntry // the guest's, in a page that entries read
	page     uint64                  // its host-physical address
	cstar    uint64
	debugger debugger
	putAway  func() // the processor gives up this guest's x87 and AVX state
	release  func() // and its VMCS too
}

// fresh is how much of the copy of the VMCS is what the VMCS has.
type fresh uint8

const (
	freshNone     fresh = iota
	freshLook           // context.look
	freshSegments       // and the segments in context.guest
	freshAll
)

// Orders of a processor's pages.
const (
	vmcsOrder = 0
	listOrder = 0
	apicOrder = 0
	fpuOrder  = 1 // 8 KiB: no guest has a component of XSAVE that does not fit
	fpuSize   = 4096 << fpuOrder
)

// The floating-point control words at reset. SDM vol. 3 table 9-1.
const (
	resetFCW   = 0x37f
	resetMXCSR = 0x1f80
)

// vectors are the exceptions that exit. A guest that faults for ever in
// delivering #DB or #AC holds the processor: no interrupt is taken in between.
// SDM vol. 3 §25.1.3. #MC is the host's.
const vectors = 1<<amd64.Debug | 1<<amd64.AlignmentCheck | 1<<amd64.MachineCheck

// A guest that executes PAUSEs no more than so many cycles apart, for so many
// cycles in all, spins. SDM vol. 3 §24.6.13.
const (
	pauseGap    = 128
	pauseWindow = 4096
)

// NewCPU makes a guest processor in the state of power-on.
func (e *Engine) NewCPU(s vmm.Space) (_ vmm.CPU, err error) {
	c := &CPU{engine: e, space: s.(*space)}
	if err := c.allocate(); err != nil {
		c.free()
		return nil, err
	}
	c.mxcsr = resetMXCSR
	fpu := c.fpu
	c.putAway = func() { saveFPU(fpu) }
	c.release = func() { saveFPU(fpu); vmclear(c.vmcs) }
	c.bell = new(vmm.Bell)
	binary.LittleEndian.PutUint16(amd64.Bytes(uintptr(fpu), 2), resetFCW)
	*c.area(areaAllXCR0) = e.limits.xcr0
	binary.LittleEndian.PutUint32(amd64.Bytes(uintptr(c.vmcs), 4), e.revision)
	c.lists = (*[switchedMSRs]msrEntry)(unsafe.Pointer(unsafe.SliceData(amd64.Bytes(uintptr(c.page), int(unsafe.Sizeof(*c.lists))))))
	for i, n := range switched {
		c.lists[i].number = n
	}
	c.tpr = (*uint32)(unsafe.Pointer(&amd64.Bytes(uintptr(c.apic), apicTPR+4)[apicTPR]))
	c.primary = uint64(e.primary)
	c.controls = controls{
		Pin: uint64(e.pin), Secondary: uint64(e.secondary), Exit: uint64(e.exit), Exceptions: vectors,
		CR0Mask: hostCR0, CR4Mask: hostCR4,
		MSRBitmap: e.msrBitmap, EPTP: c.space.eptp(), VPID: uint64(c.vpid),
		EntryMSRLoad: c.page, EntryMSRs: switchedMSRs, ExitMSRs: switchedMSRs,
		LinkPointer: ^uint64(0), PauseGap: pauseGap, PauseWindow: pauseWindow, Timer: e.slice,
		VirtualAPIC: c.apic,
	}
	c.invept, c.invvpid = e.invept, e.invvpid
	c.eptDescriptor[0], c.vpidDescriptor[0] = c.controls.EPTP, c.controls.VPID
	c.dirty = dirtyPrimary | dirtyControls
	if e.tscAux {
		c.hasAux = 1
	}
	if e.barrier {
		c.context.barrier = 1
	}
	var reset x86.State
	reset.Reset(0)
	c.SetState(&reset)
	return c, nil
}

// allocate takes what the processor needs of the host.
func (c *CPU) allocate() (err error) {
	e := c.engine
	if c.vmcs, err = e.frames.AllocPages(vmcsOrder); err != nil {
		return err
	}
	if c.page, err = e.frames.AllocPages(listOrder); err != nil {
		return err
	}
	if c.apic, err = e.frames.AllocPages(apicOrder); err != nil {
		return err
	}
	if c.fpu, err = e.frames.AllocPages(fpuOrder); err != nil {
		return err
	}
	if e.invvpid != 0 {
		c.vpid, err = e.vpids.take()
	}
	return err
}

// free gives it back.
func (c *CPU) free() {
	f := c.engine.frames
	if c.vpid != 0 {
		c.engine.vpids.give(c.vpid)
	}
	for _, p := range [...]struct {
		pa    uint64
		order int
	}{{c.fpu, fpuOrder}, {c.apic, apicOrder}, {c.page, listOrder}, {c.vmcs, vmcsOrder}} {
		if p.pa != 0 {
			f.FreePages(p.pa, p.order)
		}
	}
}

// Close frees the processor's pages. It has left, so the VMCS is not loaded.
func (c *CPU) Close() { c.free() }

// Watch is vmm.CPU's.
func (c *CPU) Watch(b *vmm.Bell) { c.bell = b }

// GPR is vmm.CPU's.
func (c *CPU) GPR() *[16]uint64 { return &c.state.GPR }

// XMM is vmm.CPU's.
func (c *CPU) XMM() *[16]x86.XMM { return &c.xmm }

// RIP is vmm.CPU's.
func (c *CPU) RIP() uint64 { return c.rip }

// Flags is vmm.CPU's.
func (c *CPU) Flags() uint64 { return c.flags }

// SetTSCOffset is vmm.CPU's.
func (c *CPU) SetTSCOffset(offset uint64) {
	c.controls.TSCOffset = offset
	c.dirty |= dirtyControls
}

// Leave is vmm.CPU's. All of the guest's state is in memory then, and the VMCS
// loaded nowhere. What the next processor has in its TLB may be old: the guest
// has been there before. SDM vol. 3 §24.11.1.
func (c *CPU) Leave() {
	if c.host != 0 {
		c.sync(freshAll)
		c.engine.frames.Exclusive(c.release)
	}
	c.host, c.launched = 0, 0
	c.extra |= extraFlush
}

// FlushTLB is vmm.CPU's.
func (c *CPU) FlushTLB() { c.extra |= extraFlush }

// Raw is vmm.CPU's.
func (c *CPU) Raw() (code, info1, info2 uint64) {
	if r := Reason(c.reason); r == ReasonEPT || r == ReasonEPTBad {
		info2 = c.gpa
	}
	return c.reason, c.qualification, info2
}

// errUnknown is Why when the rules that we know find nothing.
var errUnknown = errors.New("the processor refuses a state with which nothing is known to be wrong")

// Why is vmm.CPU's.
func (c *CPU) Why() error {
	c.sync(freshAll)
	err := c.wrong()
	switch {
	case c.result == resultRefused:
		n := vmread(&c.context, fieldInstructionError)
		if n == errorHost {
			err = c.wrongHost()
		}
		if err == nil {
			err = errUnknown
		}
		return fmt.Errorf("VM-instruction error %d, %s: %w", n, instructionError(n), err)
	case err != nil:
		return err
	case Reason(c.reason).Basic() == ReasonMSRLoad:
		return fmt.Errorf("entry %d of the list of MSRs cannot be loaded", c.qualification)
	}
	return errUnknown
}

// wrong is what is wrong with the state, if anything.
func (c *CPU) wrong() error {
	l := c.engine.limits
	if err := checkXCR0(c.keptXCR0(), l); err != nil {
		return err
	}
	if err := checkSpecCtrl(c.specCtrl, l); err != nil {
		return err
	}
	if err := checkControls(&c.context, l); err != nil {
		return err
	}
	return check(&c.context, l)
}

// wrongHost is what is wrong with the host's state in the VMCS, if anything.
func (c *CPU) wrongHost() error {
	var h host
	words := (*[hostWords]uint64)(unsafe.Pointer(&h))
	for i, f := range hostFields {
		words[i] = vmread(&c.context, f)
	}
	return checkHost(&h, vmread(&c.context, fieldHostFSBase), c.controls.Exit, c.engine.limits)
}
