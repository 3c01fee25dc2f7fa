// Package manager keeps the virtual machines that a configuration describes:
// it builds them, starts them, sees to their end, and gives everything back.
//
// Package kernel makes the Manager; the monitor's commands and the consoles
// use it. A machine here is a description that stays, and now and then a
// running virtual PC that it describes. Whatever ends that, its memory is given
// back at once, and what there was to say about it is kept as text.
package manager

import (
	"fmt"
	"sync"

	"github.com/ringo-vmm/ringo/amd64/cpuid"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/char"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/console"
	"github.com/ringo-vmm/ringo/vmm/pc"
)

// Options is what a manager needs of the host.
type Options struct {
	Host   vmm.Host
	Engine func() (vmm.Engine, error) // asked when a machine starts
	CPUID  cpuid.Func                 // the host's
	TSCHz  uint64
	Wall   func() int64 // ns since 1970
	// Module is the content of the boot module of that name.
	Module func(name string) ([]byte, bool)
	// Plug plugs a machine's network adapter in, by its index; nil is where
	// there is no network. It is asked once: the adapter stays plugged in when
	// the machine ends, and when it is started again.
	Plug func(machine string, index int, c config.NIC) (pc.Adapter, error)
	// Serve has who connects to a TCP port of Ringo see what a serial line shows
	// and type at it, from now on; nil is where there is no network. It is
	// asked once for each line, when its machine starts.
	Serve func(port uint16, line *console.Console) error
	// PostMortem describes a machine that has crashed, while it can still be
	// looked at.
	PostMortem func(vm *vmm.VM) string
	// Starting is told of a machine before its first instruction; nil is
	// nobody.
	Starting func(v *Machine, vm *vmm.VM)
	// Ended is told when a machine has ended, and all it had is given back.
	Ended func(v *Machine, e Ended)
}

// Manager keeps the machines.
type Manager struct {
	Options
	mu       sync.Mutex
	machines []*Machine
	cables   char.Cables
}

// New makes a manager without machines.
func New(o Options) *Manager { return &Manager{Options: o} }

// Configure adds the machines that a text describes. Each mistake in it costs
// the machine that it is in, and is an error of one line.
func (m *Manager) Configure(text []byte) []error {
	c, errs := config.Parse(text)
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, vm := range c.VMs {
		if m.find(vm.Name) != nil {
			errs = append(errs, vm.Errorf("name", "there is a machine of this name already"))
			continue
		}
		v := &Machine{Config: vm, Console: console.New(vm.Scrollback), manager: m}
		if vm.Firmware != "" {
			v.Screen = console.New(screenBuffer)
		}
		v.formats()
		if err := v.plug(); err != nil {
			errs = append(errs, vm.Errorf("net", "%v", err))
			continue
		}
		m.machines = append(m.machines, v)
	}
	return errs
}

// StartAll starts the machines that are to start by themselves, and returns an
// error for each that cannot.
func (m *Manager) StartAll() (errs []error) {
	for _, v := range m.Machines() {
		if v.Config.Autostart {
			if err := v.Start(); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errs
}

// Machines are all machines, in the order of the configuration.
func (m *Manager) Machines() []*Machine {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]*Machine(nil), m.machines...)
}

// Find is the machine of that name.
func (m *Manager) Find(name string) (*Machine, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if v := m.find(name); v != nil {
		return v, nil
	}
	return nil, fmt.Errorf("there is no machine %q", name)
}

func (m *Manager) find(name string) *Machine {
	for _, v := range m.machines {
		if v.Config.Name == name {
			return v
		}
	}
	return nil
}
