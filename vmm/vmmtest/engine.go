package vmmtest

import (
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// Exit is what a guest does until it stops: it changes the processor's state
// and says in e why. RIP, Subject and the time are filled in afterwards.
type Exit func(c *CPU, e *vmm.Exit)

// Engine is a vmm.Engine whose guests make the Exits, one after the other, and
// then halt with interrupts on, where they stand.
type Engine struct {
	Exits []Exit
	Used  []Page // what Harvest says the first time; nil: the engine does not know
}

// Page is a page that a guest has used.
type Page struct {
	GPA, Size uint64
	Written   bool
}

// Name is vmm.Engine's.
func (*Engine) Name() string { return "vmmtest" }

// NewSpace makes a space that maps nothing.
func (e *Engine) NewSpace() (vmm.Space, error) { return &space{e.Used}, nil }

type space struct{ used []Page }

func (*space) Map(gpa, hpa, size uint64, write bool) error { return nil }
func (*space) Unmap(gpa, size uint64) error                { return nil }
func (*space) Close()                                      {}

func (s *space) Harvest(gpa, size uint64, used func(gpa, size uint64, written bool)) error {
	if s.used == nil {
		return vmm.ErrNoUsage
	}
	for _, p := range s.used {
		used(p.GPA, p.Size, p.Written)
	}
	s.used = []Page{}
	return nil
}

// NewCPU makes a processor that begins with the first of the exits.
func (e *Engine) NewCPU(vmm.Space) (vmm.CPU, error) {
	c := &CPU{exits: e.Exits}
	c.S.Reset(0)
	return c, nil
}

// CPU is a vmm.CPU.
type CPU struct {
	S        x86.State
	Err      error // what Why returns
	Injected []x86.Vector
	Wanted   vmm.Debug // what Debug was called with
	Done     int       // calls of Delivered

	xmm    [16]x86.XMM
	exits  []Exit
	host   Host
	window bool
	raised uint8
}

// Run makes the next exit.
func (c *CPU) Run(e *vmm.Exit) {
	*e = vmm.Exit{Entered: c.host.TSC()}
	if len(c.exits) == 0 {
		c.S.RFLAGS |= x86.FlagIF
		e.Reason = vmm.ReasonHLT
		c.S.RIP-- // it is skipped
	} else {
		next := c.exits[0]
		c.exits = c.exits[1:]
		next(c, e)
	}
	switch e.Reason {
	case vmm.ReasonPort:
		e.Subject = uint64(e.Port)
	case vmm.ReasonMemory:
		e.Subject = e.GPA
	case vmm.ReasonMSR:
		e.Subject = c.S.GPR[x86.RCX]
	case vmm.ReasonException:
		e.Subject = uint64(e.Vector)
	}
	e.RIP, e.Left = c.S.RIP, c.host.TSC()
}

// Again makes x the next exit.
func (c *CPU) Again(x Exit) { c.exits = append([]Exit{x}, c.exits...) }

// The rest is as vmm.CPU says: an event is delivered as soon as it is queued.

func (c *CPU) GPR() *[16]uint64         { return &c.S.GPR }
func (c *CPU) XMM() *[16]x86.XMM        { return &c.xmm }
func (c *CPU) RIP() uint64              { return c.S.RIP }
func (c *CPU) Flags() uint64            { return c.S.RFLAGS }
func (c *CPU) Skip(length uint8) uint64 { c.S.RIP += uint64(length); return c.S.RFLAGS }
func (c *CPU) State(s *x86.State)       { *s = c.S }
func (c *CPU) SetState(s *x86.State)    { c.S = *s }
func (c *CPU) CanInterrupt() bool       { return c.S.RFLAGS&x86.FlagIF != 0 }
func (c *CPU) CanNMI() bool             { return true }
func (c *CPU) Interrupt(vector uint8)   { c.Injected = append(c.Injected, x86.Vector(vector)) }
func (c *CPU) Debug(d *vmm.Debug) {
	c.Wanted = vmm.Debug{}
	if d != nil {
		c.Wanted = *d
	}
}

func (c *CPU) Delivered()                       { c.Done++ }
func (c *CPU) NMI()                             { c.Interrupt(2) }
func (c *CPU) Window(on bool)                   { c.window = on }
func (c *CPU) CR8() uint8                       { return uint8(c.S.CR8) }
func (c *CPU) SetCR8(v uint8)                   { c.S.CR8, c.raised = uint64(v), v }
func (c *CPU) ExitBelow(uint8)                  {}
func (c *CPU) Raised() *uint8                   { return &c.raised }
func (c *CPU) SetTSCOffset(uint64)              {}
func (c *CPU) Leave()                           {}
func (c *CPU) FlushTLB()                        {}
func (c *CPU) Watch(*vmm.Bell)                  {}
func (c *CPU) Why() error                       { return c.Err }
func (c *CPU) Raw() (code, info1, info2 uint64) { return 0, 0, 0 }
func (c *CPU) Close()                           {}
func (c *CPU) Look() *x86.State                 { return &c.S }
func (c *CPU) LookSegments()                    {}
func (c *CPU) Retire()                          {}

func (c *CPU) Exception(vector uint8, code uint32, hasCode bool) { c.Interrupt(vector) }

// Out writes v to a port, size bytes of it.
func Out(port uint16, size uint8, v uint32) Exit {
	return func(c *CPU, e *vmm.Exit) {
		c.S.GPR[x86.RAX] = uint64(v)
		e.Reason, e.Port, e.Size, e.Write, e.Length, e.Subject = vmm.ReasonPort, port, size, true, 2, uint64(port)
	}
}

// In reads size bytes from a port.
func In(port uint16, size uint8) Exit {
	return func(c *CPU, e *vmm.Exit) {
		e.Reason, e.Port, e.Size, e.Length, e.Subject = vmm.ReasonPort, port, size, 2, uint64(port)
	}
}

// ReadMSR reads a model-specific register.
func ReadMSR(num uint32) Exit {
	return func(c *CPU, e *vmm.Exit) {
		c.S.GPR[x86.RCX] = uint64(num)
		e.Reason, e.Length, e.Subject = vmm.ReasonMSR, 2, uint64(num)
	}
}

// Stop is an exit for a reason that needs no more to be said.
func Stop(r vmm.Reason) Exit {
	return func(c *CPU, e *vmm.Exit) { e.Reason = r }
}

// Print writes text to COM1.
func Print(text string) (exits []Exit) {
	for _, b := range []byte(text) {
		exits = append(exits, Out(0x3f8, 1, uint32(b)))
	}
	return exits
}
