package gdb

import (
	"errors"
	"fmt"
	"sync"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/inspect"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// Machine is a virtual machine as a Target. A machine that ends, and is started
// again, is another one.
type Machine struct {
	// With runs f with the machine as it is, which stands still and is not
	// closed until f returns; the error says that it is off.
	With func(f func(vm *vmm.VM)) error
	// End ends it.
	End func()

	// mu comes behind the lock that With takes, which Wait's caller holds.
	mu     sync.Mutex
	vm     *vmm.VM // that d is attached to
	d      *vmm.Debugger
	paused bool     // by Wait, and gdb has not come
	next   struct { // waits until gdb has left the one before
		vm *vmm.VM
		d  *vmm.Debugger
	}

	hooks  vmm.Hooks
	owners [len(vmm.Hooks{}.Watch)]Breakpoint // of the hooks' watches
	code   []patch
	stops  chan Stop
}

var errOff = errors.New("the machine is off")

// Wait makes a machine that has not been started stand still before its first
// instruction, until gdb has come and lets it go on.
func (m *Machine) Wait(vm *vmm.VM) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, err := vm.Attach()
	switch {
	case err != nil:
	case m.d != nil && !m.paused: // gdb has not left the one before
		m.next.vm, m.next.d = vm, d
	default:
		m.vm, m.d, m.paused = vm, d, true
	}
	return err
}

// Attach is Target's.
func (m *Machine) Attach() (err error) {
	m.hooks, m.code, m.stops = vmm.Hooks{Breakpoint: m.planted}, nil, make(chan Stop, 1)
	off := m.With(func(vm *vmm.VM) {
		m.mu.Lock()
		defer m.mu.Unlock()
		if !m.paused || m.vm != vm {
			m.vm = vm
			m.d, err = vm.Attach()
		}
		m.paused = false
		if err == nil {
			m.d.Set(m.hooks)
		}
	})
	if off != nil {
		return off
	}
	return err
}

// with runs f unless the machine has ended.
func (m *Machine) with(f func(vm *vmm.VM)) error {
	err := errOff
	m.With(func(vm *vmm.VM) {
		if vm == m.vm {
			f(vm)
			err = nil
		}
	})
	return err
}

// Detach is Target's.
func (m *Machine) Detach() {
	m.with(func(vm *vmm.VM) {
		for _, p := range m.code {
			p.lift(vm)
		}
		m.d.Detach()
	})
	m.mu.Lock()
	d := m.d
	m.vm, m.d, m.code = m.next.vm, m.next.d, nil
	m.next.vm, m.next.d, m.paused = nil, nil, m.d != nil
	m.mu.Unlock()
	d.Detach() // in vain, if that was done or the machine is no more
}

// Kill is Target's.
func (m *Machine) Kill() { m.End() }

// CPUs is Target's.
func (m *Machine) CPUs() (n int) {
	m.with(func(vm *vmm.VM) { n = len(vm.CPUs()) })
	return max(n, 1)
}

// About is Target's.
func (m *Machine) About(cpu int) string {
	var s x86.State
	if m.cpu(cpu, func(c vmm.CPU) { c.State(&s) }) != nil {
		return "off"
	}
	return fmt.Sprintf("%v, CPL %d", s.Mode(), s.CPL)
}

// cpu runs f with a processor.
func (m *Machine) cpu(cpu int, f func(c vmm.CPU)) error {
	return m.with(func(vm *vmm.VM) {
		if cpus := vm.CPUs(); cpu < len(cpus) {
			f(cpus[cpu].CPU())
		}
	})
}

// State is Target's.
func (m *Machine) State(cpu int, s *x86.State) {
	if m.cpu(cpu, func(c vmm.CPU) { c.State(s) }) != nil {
		*s = x86.State{}
	}
}

// SetState is Target's.
func (m *Machine) SetState(cpu int, s *x86.State) {
	m.cpu(cpu, func(c vmm.CPU) { c.SetState(s) })
}

// XMM is Target's.
func (m *Machine) XMM(cpu int) *[16]x86.XMM {
	xmm := new([16]x86.XMM) // of a machine that is off
	m.cpu(cpu, func(c vmm.CPU) { xmm = c.XMM() })
	return xmm
}

// Read is Target's.
func (m *Machine) Read(cpu int, linear uint64, p []byte) (n int) {
	m.linear(cpu, func(vm *vmm.VM, s *x86.State) {
		for n < len(p) {
			gpa, b := span(vm, s, linear+uint64(n))
			k := copy(p[n:], b)
			if k == 0 {
				break
			}
			m.hide(gpa, p[n:n+k])
			n += k
		}
	})
	return n
}

// Write is Target's.
func (m *Machine) Write(cpu int, linear uint64, p []byte) (n int) {
	m.linear(cpu, func(vm *vmm.VM, s *x86.State) {
		for n < len(p) {
			gpa, b := span(vm, s, linear+uint64(n))
			k := copy(b, p[n:])
			if k == 0 {
				break
			}
			m.cover(gpa, b[:k])
			n += k
		}
	})
	return n
}

// linear runs f with a processor's state.
func (m *Machine) linear(cpu int, f func(vm *vmm.VM, s *x86.State)) {
	m.with(func(vm *vmm.VM) {
		if cpus := vm.CPUs(); cpu < len(cpus) {
			var s x86.State
			cpus[cpu].CPU().State(&s)
			f(vm, &s)
		}
	})
}

// span is the memory at a linear address, up to the end of its page.
func span(vm *vmm.VM, s *x86.State, linear uint64) (gpa uint64, b []byte) {
	w := s.Walk(vm.RAM, linear, 0)
	if w.Outcome != x86.Mapped && w.Outcome != x86.Protection {
		return 0, nil
	}
	return w.GPA, inspect.Physical(vm.RAM)(w.GPA)
}

// Physical is Target's.
func (m *Machine) Physical(gpa uint64, p []byte) (n int) {
	m.with(func(vm *vmm.VM) {
		n = copy(p, inspect.Physical(vm.RAM)(gpa))
		m.hide(gpa, p[:n])
	})
	return n
}

// Resume is Target's.
func (m *Machine) Resume(do []Action) {
	m.d.Resume(do)
	go func(stops chan<- Stop) { stops <- m.explain(<-m.d.Stops()) }(m.stops)
}

// Interrupt is Target's.
func (m *Machine) Interrupt() { m.d.Interrupt() }

// Stops is Target's.
func (m *Machine) Stops() <-chan Stop { return m.stops }

// explain is a Stop as gdb wants it.
func (m *Machine) explain(v vmm.Stop) Stop {
	s := Stop{CPU: v.CPU}
	switch v.Cause {
	case vmm.StopStepped:
		s.Why = Stepped
	case vmm.StopBreakpoint:
		s.Why, s.Kind = AtBreakpoint, Software
	case vmm.StopWatch:
		b := m.owners[v.Number]
		s.Why, s.Kind, s.Address = AtBreakpoint, b.Kind, b.Address
	case vmm.StopException:
		s.Why, s.Text = Caught, fmt.Sprintf("processor %d: %v", v.CPU, x86.Vector(v.Number))
	case vmm.StopExit:
		s.Why, s.Text = Caught, fmt.Sprintf("processor %d: exit: %v", v.CPU, vmm.Reason(v.Number))
	case vmm.StopEnded:
		s.Why, s.Text = Ended, "the machine has ended"
		if e, ok := m.vm.Ending(); ok {
			s.Text += ": " + e.String()
		}
	}
	return s
}
