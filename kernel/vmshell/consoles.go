package vmshell

import (
	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/vmm/manager"
)

// Console is one of a machine's consoles: its serial line, or its display with
// the keyboard.
type Console struct {
	Machine *manager.Machine
	Display bool
}

// String is the console in words.
func (c Console) String() string {
	if c.Display {
		return c.Machine.Config.Name + ", display"
	}
	return c.Machine.Config.Name + ", serial line"
}

// firstConsole is the number of the first of Consoles; 1 is the monitor.
const firstConsole = 2

// Consoles are the consoles of all machines, in the order of their numbers.
func Consoles(m *manager.Manager) (all []Console) {
	for _, v := range m.Machines() {
		all = append(all, Console{Machine: v})
		if v.Screen != nil {
			all = append(all, Console{v, true})
		}
	}
	return all
}

// NumberedConsole is the console with a number; ok is false if there is none. 1,
// the monitor, is no machine's.
func NumberedConsole(m *manager.Manager, n int) (c Console, ok bool) {
	all := Consoles(m)
	if n -= firstConsole; n < 0 || n >= len(all) {
		return Console{}, false
	}
	return all[n], true
}

// consoles lists the consoles, or shows one on the terminal.
func consoles(s *shell, c *monitor.Context, _ *manager.Machine, args []string) error {
	all := Consoles(s.manager)
	if len(args) == 0 {
		c.Printf("%3d  monitor\n", firstConsole-1)
		for i, console := range all {
			c.Printf("%3d  %v\n", firstConsole+i, console)
		}
		return nil
	}
	n, err := number("N", args[0], firstConsole-1, uint64(firstConsole-1+len(all)))
	if err != nil {
		return err
	}
	console, ok := NumberedConsole(s.manager, int(n))
	switch {
	case !ok: // this is the monitor
		return nil
	case console.Display:
		return display(s, c, console.Machine, nil)
	}
	return attach(s, c, console.Machine, nil)
}
