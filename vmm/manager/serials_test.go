package manager

import (
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/console"
	"github.com/ringo-vmm/ringo/vmm/pc"
	"github.com/ringo-vmm/ringo/vmm/serial"
	"github.com/ringo-vmm/ringo/vmm/vmmtest"
)

// says is the exits of a guest that sends a text at COM2.
func says(text string) (exits []vmmtest.Exit) {
	for _, b := range []byte(text) {
		exits = append(exits, vmmtest.Out(serial.COM2, 1, uint32(b)))
	}
	return append(exits, vmmtest.Out(0xf4, 1, 0))
}

func TestALineGoesToTheLog(t *testing.T) {
	r := newRig(t, flat("a", "[[vm.serial]]\nport = 2\nto = \"log\"\n"), says("hello\r\nno end\x1b")...)
	r.machine()
	r.end()
	if got := strings.Join(r.host.Lines(), ";"); !strings.Contains(got, "vm a: COM2: hello;vm a: COM2: no end.") {
		t.Errorf("logged %q", got)
	}
}

func TestALineGoesToATCPPort(t *testing.T) {
	r := newRig(t, flat("a", "[[vm.serial]]\nport = 2\nto = \"tcp:7000\"\n"), says("hello")...)
	if err := r.Machines()[0].Start(); err == nil || !strings.Contains(err.Error(), "there is no network") {
		t.Errorf("without a network: %v", err)
	}
	var lines []*console.Console
	r.Serve = func(port uint16, c *console.Console) error {
		if lines = append(lines, c); port != 7000 {
			t.Errorf("port %d", port)
		}
		return nil
	}
	for range 2 {
		r.machine()
		r.end()
	}
	p := make([]byte, 20)
	if n, _, _ := lines[0].Read(p, 0); len(lines) != 1 || string(p[:n]) != "hellohello" {
		t.Errorf("%d lines, the first shows %q", len(lines), p[:n])
	}
}

func TestMachinesTalkOverACable(t *testing.T) {
	const a, b = "[[vm.serial]]\nport = 2\nto = \"vm:b\"\n", "[[vm.serial]]\nport = 3\nto = \"vm:a\"\n"
	r := newRig(t, flat("a", a)+flat("b", b), says("hello")...)
	r.machine()
	r.end()
	r.Engine = func() (vmm.Engine, error) { return &vmmtest.Engine{}, nil }
	other, err := r.Find("b")
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	var got []byte
	err = other.Still(func(p *pc.PC) error {
		p.VM.Devices.Lock()
		defer p.VM.Devices.Unlock()
		for p.VM.Ports.In(serial.COM3+5, 1)&1 != 0 { // LSR: there is data
			got = append(got, byte(p.VM.Ports.In(serial.COM3, 1)))
		}
		return nil
	})
	if err != nil || string(got) != "hello" {
		t.Errorf("received %q, %v", got, err)
	}
}

func TestACableHasTwoEnds(t *testing.T) {
	const to = "[[vm.serial]]\nport = %\nto = \"vm:b\"\n"
	line := func(port string) string { return strings.Replace(to, "%", port, 1) }
	for config, want := range map[string]string{
		flat("a", line("2")):                                  `there is no machine "b"`,
		flat("a", line("2")) + flat("b", ""):                  "b has 0 lines to a; a cable takes one",
		flat("a", line("2")+line("3")) + flat("b", line("2")): "a has 2 lines to b; a cable takes one",
	} {
		r := newRig(t, config)
		if err := r.Machines()[0].Start(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
