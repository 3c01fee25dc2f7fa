package vmshell

import (
	"errors"
	"fmt"
	"io"

	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/vmm/inspect"
	"github.com/ringo-vmm/ringo/vmm/manager"
	"github.com/ringo-vmm/ringo/vmm/pc"
)

var errNoAddress = errors.New("which address?")

// cpuidOf is the monitor's command cpuid with a guest's processor.
func cpuidOf(s *shell, c *monitor.Context, v *manager.Machine, args []string) error {
	var off error
	command := monitor.CPUID(func(leaf, sub uint32) (eax, ebx, ecx, edx uint32) {
		if err := v.Still(func(p *pc.PC) error {
			eax, ebx, ecx, edx = s.cpu(p).CPUID(leaf, sub)
			return nil
		}); err != nil {
			off = err
		}
		return eax, ebx, ecx, edx
	})
	if v.State() == manager.Off {
		return fmt.Errorf("%s is off", v.Config.Name)
	}
	if err := command.Run(c, args); err != nil {
		return usageError{err}
	}
	return off
}

// msrOf is the monitor's command msr with a guest's processor.
func msrOf(s *shell, c *monitor.Context, v *manager.Machine, args []string) error {
	if len(args) == 0 {
		return usageError{errors.New("which register?")}
	}
	m := &guestMSRs{shell: s, machine: v}
	err := monitor.MSR(m).Run(c, args)
	if err != nil && !m.asked {
		return usageError{err}
	}
	return err
}

// guestMSRs are a guest's model-specific registers, to read.
type guestMSRs struct {
	shell   *shell
	machine *manager.Machine
	asked   bool
}

func (m *guestMSRs) Read(num uint32) (value uint64, err error) {
	m.asked = true
	err = m.machine.Still(func(p *pc.PC) error {
		var ok bool
		if value, ok = m.shell.cpu(p).MSR(num); !ok {
			return fmt.Errorf("%s has no register %#x: it would get a #GP", m.machine.Config.Name, num)
		}
		return nil
	})
	return value, err
}

func (m *guestMSRs) Write(uint32, uint64) error { return errors.New("a guest's registers are its own") }

// postmortem says why a machine crashed, or how one that runs stands.
func postmortem(s *shell, c *monitor.Context, v *manager.Machine, _ []string) error {
	if v.State() != manager.Off {
		return still(c, v, func(w io.Writer, p *pc.PC) error {
			_, err := io.WriteString(w, inspect.PostMortem(p.VM))
			return err
		})
	}
	e, ok := v.Last()
	switch {
	case !ok:
		return fmt.Errorf("%s was never started", v.Config.Name)
	case e.PostMortem == "":
		return fmt.Errorf("%s has not crashed: it ended: %v", v.Config.Name, e.Ending)
	}
	return show(c, []byte(e.PostMortem))
}
