package config

import (
	"fmt"
	"strings"
)

// Serial is a serial line of a machine: a 16550 at one of the places that PCs
// have, or a port of its virtio console.
type Serial struct {
	Bus  Bus // BusSerial or BusVirtio
	Port int // 1 to 4 for COM1 to COM4; 0 for BusVirtio, whose ports are in their order
	To   Peer
}

// Peer is what is at the other end of a serial line.
type Peer struct {
	Kind PeerKind
	VM   string // ToVM: the machine; its line is the one whose peer is this machine
	Port uint16 // ToTCP
}

// PeerKind is a kind of peer.
type PeerKind string

// The kinds.
const (
	ToConsole PeerKind = "console" // the machine's console in Ringo's monitor
	ToLog     PeerKind = "log"     // Ringo's log, line by line
	ToVM      PeerKind = "vm"      // another machine
	ToTCP     PeerKind = "tcp"     // who connects to a TCP port of the switch or the uplink
)

// Limits of serial lines.
const (
	COMPorts          = 4 // 16550s
	MaxVirtioConsoles = 8
)

func setSerials(vm *VM, _ string, v any) error {
	used, consoles, virtio := [COMPorts + 1]bool{}, 0, 0
	return each(v, `{port = 2, to = "log"}`, func(t map[string]any) error {
		s, err := serial(t)
		if err != nil {
			return err
		}
		vm.Serials = append(vm.Serials, s)
		if s.Bus == BusVirtio {
			virtio++
		} else if used[s.Port] {
			return fmt.Errorf("port: %d is there twice", s.Port)
		}
		used[s.Port] = true
		if s.To.Kind == ToConsole {
			consoles++
		}
		switch {
		case consoles > 1:
			return fmt.Errorf("to: one line of a machine is its console")
		case virtio > MaxVirtioConsoles:
			return fmt.Errorf("bus: a virtio console has up to %d ports", MaxVirtioConsoles)
		}
		return nil
	})
}

func serial(t map[string]any) (s Serial, err error) {
	s.Bus, s.To = BusSerial, Peer{Kind: ToConsole}
	err = fields(t, []string{"port", "bus", "to"}, func(name string, v any) (err error) {
		switch name {
		case "port":
			var n int64
			n, err = integer(v, 1, COMPorts)
			s.Port = int(n)
		case "bus":
			s.Bus, err = choice(v, BusSerial, BusVirtio)
		case "to":
			s.To, err = peer(v)
		}
		return err
	})
	switch {
	case err != nil:
	case s.Bus == BusSerial && s.Port == 0:
		err = fmt.Errorf("port: every serial line needs this key, or bus = %q", string(BusVirtio))
	case s.Bus == BusVirtio && s.Port != 0:
		err = fmt.Errorf("port: a line at %s takes none", BusVirtio)
	}
	return s, err
}

// peer is v as what is at the other end.
func peer(v any) (p Peer, err error) {
	s, err := text(v)
	if err != nil {
		return p, err
	}
	kind, rest, more := strings.Cut(s, ":")
	p.Kind = PeerKind(kind)
	switch {
	case (p.Kind == ToConsole || p.Kind == ToLog) && !more:
	case p.Kind == ToVM && isName(rest):
		p.VM = rest
	case p.Kind == ToTCP && more:
		p.Port, err = port(rest)
	default:
		err = fmt.Errorf("%q; want \"console\", \"log\", \"vm:NAME\" or \"tcp:PORT\"", s)
	}
	return p, err
}

// completeSerials gives the machine its first line, which is its console if no
// other line is.
func (vm *VM) completeSerials() {
	first := Serial{Bus: BusSerial, Port: 1, To: Peer{Kind: ToConsole}}
	for _, s := range vm.Serials {
		if s.Port == 1 {
			return
		}
		if s.To.Kind == ToConsole {
			first.To.Kind = ToLog
		}
	}
	vm.Serials = append([]Serial{first}, vm.Serials...)
}
