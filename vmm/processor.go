package vmm

import (
	"errors"
	"fmt"
	"time"

	"github.com/ringo-vmm/ringo/amd64/msr"
	"github.com/ringo-vmm/ringo/vmm/emulate"
	"github.com/ringo-vmm/ringo/vmm/policy"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// LocalAPIC is a processor's local APIC, as far as MSRs reach it.
type LocalAPIC interface {
	ReadMSR(msr uint32) (v uint64, ok bool)
	WriteMSR(msr uint32, v uint64) (ok bool)
}

// SetPolicy decides what the guest sees of its processor.
func (c *VCPU) SetPolicy(id *policy.CPUID, msrs *policy.MSRs) {
	c.cpuid, c.msrs = id, msrs
	own := (*ownMSRs)(c)
	for _, n := range [...]uint32{msr.EFER, msr.PAT, msr.TSC} {
		msrs.Handle(n, 1, own)
	}
	for _, n := range policy.Direct {
		msrs.Handle(n, 1, own)
	}
	c.emulator = emulate.New((*emulated)(c), (*emulatedBus)(c), &c.vm.Ports)
}

// SetLocalAPIC gives the processor its local APIC's MSRs.
func (c *VCPU) SetLocalAPIC(l LocalAPIC) {
	const x2APIC, x2APICs = 0x800, 0x100
	c.msrs.Handle(msr.APICBase, 1, l)
	c.msrs.Handle(x2APIC, x2APICs, l)
}

// Idle is how long the processor has been halted, in ns.
func (c *VCPU) Idle() uint64 { return c.Stats.Idle }

// End ends the processor soon, for a reason. It may be called from a device.
func (c *VCPU) End(why string) {
	c.end(errors.New(why))
	c.kick(attendControl)
}

// ownMSRs are those that are part of the processor's state.
type ownMSRs VCPU

func (o *ownMSRs) ReadMSR(num uint32) (uint64, bool) {
	c := (*VCPU)(o)
	if num == msr.TSC {
		return c.vm.host.TSC() + c.tscOffset, true
	}
	c.cpu.State(&c.state)
	if p := stateMSR(&c.state, num); p != nil {
		return *p, true
	}
	return 0, false
}

func (o *ownMSRs) WriteMSR(num uint32, v uint64) bool {
	c := (*VCPU)(o)
	if num == msr.TSC {
		c.tscOffset = v - c.vm.host.TSC()
		c.cpu.SetTSCOffset(c.tscOffset)
		return true
	}
	c.cpu.State(&c.state)
	if num == msr.EFER {
		efer, ok := c.cpuid.ValidEFER(c.state.EFER, v, c.state.CR0)
		if !ok {
			return false
		}
		v = efer
	}
	p := stateMSR(&c.state, num)
	if p == nil {
		return false
	}
	*p = v
	c.cpu.SetState(&c.state)
	return true
}

// stateMSR is where a processor's state keeps an MSR.
func stateMSR(s *x86.State, num uint32) *uint64 {
	switch num {
	case msr.EFER:
		return &s.EFER
	case msr.PAT:
		return &s.PAT
	case msr.FSBase:
		return &s.Seg[x86.FS].Base
	case msr.GSBase:
		return &s.Seg[x86.GS].Base
	case msr.KernelGSBase:
		return &s.KernelGSBase
	case msr.STAR:
		return &s.STAR
	case msr.LSTAR:
		return &s.LSTAR
	case msr.CSTAR:
		return &s.CSTAR
	case msr.SFMask:
		return &s.SFMASK
	case msr.SysenterCS:
		return &s.SysenterCS
	case msr.SysenterESP:
		return &s.SysenterESP
	case msr.SysenterEIP:
		return &s.SysenterEIP
	}
	return nil
}

// emulated is the processor as package emulate sees it.
type emulated VCPU

func (e *emulated) State() *x86.State { return &e.state }
func (e *emulated) Complete()         {}
func (e *emulated) XMM() *[16]x86.XMM { return e.cpu.XMM() }

// emulatedBus is its physical address space.
type emulatedBus VCPU

func (b *emulatedBus) Span(gpa uint64) []byte { return b.vm.RAM.Span(gpa) }
func (b *emulatedBus) RAM(gpa uint64) []byte  { return b.vm.RAM.Span(gpa) }

func (b *emulatedBus) Read(gpa uint64, size int) uint64 { return b.vm.Memory.Read(gpa, size) }

func (b *emulatedBus) Write(gpa uint64, size int, v uint64) { b.vm.Memory.Write(gpa, size, v) }

// emulate executes an instruction in software.
func (c *VCPU) emulate(f func() error) {
	c.cpu.State(&c.state)
	c.vm.Devices.Lock()
	err := f()
	c.vm.Devices.Unlock()
	c.cpu.SetRegisters(&c.state.Registers)
	c.raise(err)
}

// raise turns an emulator's error into an exception of the guest, or the end.
func (c *VCPU) raise(err error) {
	var x *x86.Exception
	switch {
	case err == nil:
	case errors.As(err, &x):
		c.cpu.Exception(uint8(x.Vector), x.Code, x.HasCode)
	default:
		c.end(err)
	}
}

// length is the size of the instruction that exited.
func (c *VCPU) length() (uint8, bool) {
	if c.exit.Length != 0 {
		return c.exit.Length, true
	}
	c.cpu.State(&c.state)
	n, err := c.emulator.Length()
	if err != nil {
		c.raise(err)
		return 0, false
	}
	return uint8(n), true
}

// next goes on behind the instruction that exited.
func (c *VCPU) next() {
	if n, ok := c.length(); ok {
		c.cpu.Skip(n)
	}
}

// fault raises an exception in the guest.
func (c *VCPU) fault(vector uint8) {
	const withCode = 1<<8 | 1<<10 | 1<<11 | 1<<12 | 1<<13 | 1<<14 | 1<<17
	c.cpu.Exception(vector, 0, withCode>>vector&1 != 0)
}

const (
	undefined  = 6
	protection = 13
)

func (c *VCPU) doCPUID() {
	c.cpu.State(&c.state)
	a, b, cx, d := c.cpuid.Lookup(uint32(c.gpr[x86.RAX]), uint32(c.gpr[x86.RCX]), c.state.CR4, c.state.XCR0, 0)
	c.gpr[x86.RAX], c.gpr[x86.RBX], c.gpr[x86.RCX], c.gpr[x86.RDX] = uint64(a), uint64(b), uint64(cx), uint64(d)
	c.next()
}

func (c *VCPU) doMSR() {
	num := uint32(c.gpr[x86.RCX])
	c.vm.Devices.Lock()
	v, ok := uint64(0), false
	if c.exit.Write {
		ok = c.msrs.Write(num, c.gpr[x86.RAX]&0xffffffff|c.gpr[x86.RDX]<<32)
	} else if v, ok = c.msrs.Read(num); ok {
		c.gpr[x86.RAX], c.gpr[x86.RDX] = v&0xffffffff, v>>32
	}
	c.vm.Devices.Unlock()
	if !ok {
		c.fault(protection)
		return
	}
	c.next()
}

func (c *VCPU) doXSETBV() {
	v := c.gpr[x86.RAX]&0xffffffff | c.gpr[x86.RDX]<<32
	if uint32(c.gpr[x86.RCX]) != 0 || !c.cpuid.ValidXCR0(v) {
		c.fault(protection)
		return
	}
	c.cpu.State(&c.state)
	c.state.XCR0 = v
	c.cpu.SetState(&c.state)
	c.next()
}

func (c *VCPU) doMemory() {
	gpa := c.exit.GPA
	c.emulate(func() error { return c.emulator.MMIO(gpa) })
}

func (c *VCPU) doException() {
	e := &c.exit
	c.cpu.Exception(e.Vector, e.ErrorCode, e.Vector == 17)
}

func init() {
	handlers[ReasonCPUID] = (*VCPU).doCPUID
	handlers[ReasonMSR] = (*VCPU).doMSR
	handlers[ReasonXSETBV] = (*VCPU).doXSETBV
	handlers[ReasonMemory] = (*VCPU).doMemory
	handlers[ReasonException] = (*VCPU).doException
	handlers[ReasonInvalidate] = (*VCPU).next
	handlers[ReasonUndefined] = func(c *VCPU) { c.fault(undefined) }
	handlers[ReasonHypercall] = func(c *VCPU) { c.fault(undefined) }
}

// WaitFor waits for the processor's end, for a time at the most.
func (c *VCPU) WaitFor(d time.Duration) error {
	select {
	case <-c.done:
		return c.why
	case <-time.After(d):
		return fmt.Errorf("still running")
	}
}
