package vmshell

import (
	"testing"

	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/vmm/manager"
)

func TestConsolesHaveNumbers(t *testing.T) {
	r := newRig(t, machine("a")+"[[vm]]\nname = \"pc\"\nmemory = \"4M\"\nfirmware = \"bios\"\n"+machine("b"))
	var got string
	note := func(what string) func(*manager.Machine) error {
		return func(v *manager.Machine) error { got = what + " " + v.Config.Name; return nil }
	}
	r.commands = monitor.NewRegistry()
	if err := r.commands.Add(Commands(r.manager, note("serial"), note("display"))...); err != nil {
		t.Fatal(err)
	}
	r.run("consoles", `^  1  monitor\n  2  a, serial line\n  3  pc, serial line\n  4  pc, display\n  5  b, serial line\n$`)
	for line, want := range map[string]string{
		"consoles 1": "", "consoles 2": "serial a", "vm consoles 3": "serial pc", "consoles 4": "display pc", "consoles 5": "serial b",
	} {
		got = ""
		r.run(line, `^$`)
		if got != want {
			t.Errorf("%s shows %q, want %q", line, got, want)
		}
	}
	r.run("consoles 6", `N is 6, more than 5 .*usage: consoles`)
	r.run("consoles 0", `usage: consoles`)
	for _, n := range []int{-1, 0, 1, 6, 1 << 40} {
		if c, ok := NumberedConsole(r.manager, n); ok {
			t.Errorf("console %d is %v", n, c)
		}
	}
}
