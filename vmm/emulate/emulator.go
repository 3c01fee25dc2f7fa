package emulate

import (
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// CPU is the virtual processor whose instruction is executed.
type CPU interface {
	// State is the processor's state, always the same one. When the
	// Emulator is called, its Registers, CPL, CS, CR0, CR3, CR4 and EFER
	// are current. The Emulator changes Registers and Shadow in it.
	State() *x86.State
	// Complete makes all of the segments in State current. It is called
	// before they are used, at most once for an instruction.
	Complete()
	// XMM are the media registers, or nil where there is no access to them.
	XMM() *[16]x86.XMM
}

// Memory is the part of the guest-physical address space that is memory.
type Memory interface {
	// Span is the memory, RAM or ROM, from guest-physical address gpa to
	// the end of its block. It is nil where a device answers, or nobody.
	x86.Memory
	// RAM is as Span, but nil also where a write does not change memory.
	RAM(gpa uint64) []byte
}

// Devices is the part that is not; *bus.Memory is one. An access has a size of
// 1, 2, 4 or 8 bytes, all in one page of 4 KiB. Bits of v above size are 0.
type Devices interface {
	Read(gpa uint64, size int) uint64
	Write(gpa uint64, size int, v uint64)
}

// Ports is the I/O port space; *bus.Ports is one.
type Ports interface {
	In(port uint16, size int) uint32
	Out(port uint16, size int, v uint32)
	// InString and OutString move items of size bytes (1, 2 or 4) between a
	// port and p, which has room for one or more. They tell how many it
	// was: one or more.
	InString(port uint16, size int, p []byte) (items int)
	OutString(port uint16, size int, p []byte) (items int)
}

// Emulator executes instructions for one virtual processor. It is used by that
// processor's goroutine alone.
type Emulator struct {
	cpu     CPU
	state   *x86.State
	memory  Memory
	devices Devices
	ports   Ports

	cache   [cacheLines]line
	scratch inst      // an instruction that is not in the cache
	recent  [2]lookup // translations of this instruction's operands: reads, writes

	// Misses counts the instructions that had to be decoded.
	Misses uint64
}

// New makes an emulator.
func New(cpu CPU, memory Memory, devices Devices, ports Ports) *Emulator {
	return &Emulator{cpu: cpu, state: cpu.State(), memory: memory, devices: devices, ports: ports}
}

// MMIO executes the instruction at RIP, whose memory operand is at
// guest-physical address gpa, where the guest's access to it stopped. That
// must be the operand's address, not a page table's.
//
// RIP then is the next instruction's; a debug trap, if RFLAGS.TF is set, is the
// caller's to raise. A repeated string instruction may stop early, so that
// interrupts get in: RIP is then still its own, and the registers tell how far
// it came. An error is an *x86.Exception to raise in the guest, with the
// registers as it must find them, or an *Error.
func (e *Emulator) MMIO(gpa uint64) error {
	in := e.cached()
	if in == nil {
		var err error
		if in, err = e.fill(); err != nil {
			return err
		}
	}
	if !in.direct {
		return e.execute(in, gpa)
	}
	r := &e.state.Registers
	off := in.offset(r)
	// The address within the page tells whether the operand is where the
	// access stopped, or began in the page before.
	if (off^gpa)&pageMask != 0 || off&pageMask+uint64(in.size) > pageSize {
		return e.execute(in, gpa)
	}
	switch in.op {
	case opLoad:
		v := e.devices.Read(gpa, int(in.size)) & in.value
		if in.wide {
			r.GPR[in.reg&15] = v
		} else {
			e.setLoaded(in, v)
		}
	case opStore:
		e.devices.Write(gpa, int(in.size), r.GPR[in.reg&15]&in.value)
	default:
		e.devices.Write(gpa, int(in.size), in.imm&in.value)
	}
	r.RIP += uint64(in.length)
	r.RFLAGS &^= x86.FlagRF
	e.state.Shadow = false
	return nil
}

// PortString executes the INS or OUTS instruction at RIP, as MMIO does; the
// guest's right to use the port has been checked.
func (e *Emulator) PortString() error {
	in, err := e.fetch()
	if err != nil {
		return err
	}
	if in.op != opIns && in.op != opOuts {
		return e.fail(in, "is no string instruction on a port")
	}
	return e.execute(in, 0)
}

// Length is the number of bytes of the instruction at RIP. An error is as
// MMIO's.
func (e *Emulator) Length() (int, error) {
	in := e.cached()
	if in == nil {
		var err error
		if in, err = e.fill(); err != nil {
			return 0, err
		}
	}
	return int(in.length), nil
}

// retire ends an instruction.
func (e *Emulator) retire(in *inst) {
	s := e.state
	s.RIP += uint64(in.length)
	if in.bits != 64 {
		s.RIP &= sizeMask(int(in.bits) / 8)
	}
	s.RFLAGS &^= x86.FlagRF
	s.Shadow = false
}
