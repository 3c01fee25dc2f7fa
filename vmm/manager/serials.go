package manager

import (
	"errors"
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/char"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/console"
	"github.com/ringo-vmm/ringo/vmm/pc"
)

// serials are the machine's serial lines, with what each is connected to.
func (v *Machine) serials() (list []pc.Serial, err error) {
	for i, s := range v.Config.Serials {
		open, err := v.peer(s.To)
		if err != nil {
			return nil, v.Config.Errorf("serial", "number %d: %v", i+1, err)
		}
		list = append(list, pc.Serial{Port: s.Port, Open: open})
	}
	return list, nil
}

// peer is what a serial line is connected to.
func (v *Machine) peer(to config.Peer) (char.Open, error) {
	switch to.Kind {
	case config.ToConsole:
		return v.Console.Open, nil
	case config.ToLog:
		return char.Log, nil
	case config.ToVM:
		return v.cable(to.VM)
	case config.ToTCP:
		return v.tcp(to.Port)
	}
	return nil, fmt.Errorf("%q is not what a line is connected to", to.Kind)
}

// cable is a line to another machine, whose only line to this one it leads to.
func (v *Machine) cable(peer string) (char.Open, error) {
	other, err := v.manager.Find(peer)
	if err != nil {
		return nil, err
	}
	for _, end := range []struct{ from, to *Machine }{{v, other}, {other, v}} {
		if n := end.from.linesTo(end.to); n != 1 {
			return nil, fmt.Errorf("%s has %d lines to %s; a cable takes one", end.from.Config.Name, n, end.to.Config.Name)
		}
	}
	return v.manager.cables.To(peer), nil
}

func (v *Machine) linesTo(other *Machine) (n int) {
	for _, s := range v.Config.Serials {
		if s.To.Kind == config.ToVM && s.To.VM == other.Config.Name {
			n++
		}
	}
	return n
}

// lineBuffer is how much of a line's output is kept for who connects to it,
// bytes.
const lineBuffer = 64 << 10

// tcp is a line that who connects to a TCP port sees and types at.
func (v *Machine) tcp(port uint16) (char.Open, error) {
	c := v.tcpLines[port]
	if c == nil {
		if v.manager.Serve == nil {
			return nil, errors.New("there is no network")
		}
		c = console.New(lineBuffer)
		if err := v.manager.Serve(port, c); err != nil {
			return nil, err
		}
		if v.tcpLines == nil {
			v.tcpLines = map[uint16]*console.Console{}
		}
		v.tcpLines[port] = c
	}
	return c.Open, nil
}
