package vmshell

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/inspect"
	"github.com/ringo-vmm/ringo/vmm/manager"
	"github.com/ringo-vmm/ringo/vmm/pc"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// look is a command that shows something about a machine that runs.
func look(f func(s *shell, w io.Writer, p *pc.PC)) runFunc {
	return func(s *shell, c *monitor.Context, v *manager.Machine, _ []string) error {
		return still(c, v, func(w io.Writer, p *pc.PC) error { f(s, w, p); return nil })
	}
}

func stats(s *shell, w io.Writer, p *pc.PC) {
	inspect.Stats(w, p.VM, p.Age(), s.manager.TSCHz)
}

func exits(s *shell, w io.Writer, p *pc.PC) { inspect.Exits(w, p.VM, s.manager.TSCHz) }

func devices(s *shell, w io.Writer, p *pc.PC) { inspect.Devices(w, p.VM) }

func regs(s *shell, w io.Writer, p *pc.PC) { inspect.Registers(w, s.state(p)) }

// screen shows the display adapter's text screen.
func screen(_ *shell, w io.Writer, p *pc.PC) {
	switch lines, text, ok := p.Screen(); {
	case !ok:
		fmt.Fprintln(w, "there is no display: the machine has no firmware")
	case !text:
		fmt.Fprintln(w, "a picture, not text")
	default:
		for _, line := range lines {
			fmt.Fprintln(w, line)
		}
	}
}

// cpu is the processor that was named with the machine.
func (s *shell) cpu(p *pc.PC) *vmm.VCPU {
	s.mu.Lock()
	defer s.mu.Unlock()
	return p.VM.CPUs()[s.number]
}

// state is that processor's state.
func (s *shell) state(p *pc.PC) *x86.State {
	x := new(x86.State)
	s.cpu(p).CPU().State(x)
	return x
}

// physicalPrefix marks a guest-physical address.
const physicalPrefix = "gpa:"

// mem shows memory.
func mem(s *shell, c *monitor.Context, v *manager.Machine, args []string) error {
	if len(args) == 0 {
		return usageError{errNoAddress}
	}
	word, physical := strings.CutPrefix(args[0], physicalPrefix)
	addr, err := number("ADDR", word, 0, math.MaxUint64)
	if err != nil {
		return err
	}
	n, err := optional("LEN", args[1:], 128, inspect.MaxDump)
	if err != nil {
		return err
	}
	return still(c, v, func(w io.Writer, p *pc.PC) error {
		r := inspect.Physical(p.VM.RAM)
		if !physical {
			r = inspect.Linear(s.state(p), p.VM.RAM)
		}
		inspect.Memory(w, r, addr, n)
		return nil
	})
}

// disas shows instructions.
func disas(s *shell, c *monitor.Context, v *manager.Machine, args []string) error {
	addr, here, err := address(args)
	if err != nil {
		return err
	}
	n, err := optional("N", args[min(1, len(args)):], 16, inspect.MaxInstructions)
	if err != nil {
		return err
	}
	return still(c, v, func(w io.Writer, p *pc.PC) error {
		cpu := s.state(p)
		if here {
			addr = cpu.LinearRIP()
		}
		inspect.Disassemble(w, cpu, p.VM.RAM, addr, int(n))
		return nil
	})
}

// walk shows page tables.
func walk(s *shell, c *monitor.Context, v *manager.Machine, args []string) error {
	addr, here, err := address(args)
	if err != nil {
		return err
	}
	return still(c, v, func(w io.Writer, p *pc.PC) error {
		cpu := s.state(p)
		if here {
			addr = cpu.LinearRIP()
		}
		inspect.Walk(w, cpu, p.VM.RAM, addr)
		return nil
	})
}

// address is the first of args as an address; here tells that there is none,
// which means RIP.
func address(args []string) (addr uint64, here bool, err error) {
	if len(args) == 0 {
		return 0, true, nil
	}
	addr, err = number("ADDR", args[0], 0, math.MaxUint64)
	return addr, false, err
}

// optional is the first of args as a number from 1 to max, or what it is when
// there is none.
func optional(name string, args []string, standard, max uint64) (uint64, error) {
	if len(args) == 0 {
		return standard, nil
	}
	return number(name, args[0], 1, max)
}
