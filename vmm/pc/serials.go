package pc

import (
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/char"
	"github.com/ringo-vmm/ringo/vmm/serial"
	vconsole "github.com/ringo-vmm/ringo/vmm/virtio/console"
)

// Serial is a serial line of a machine.
type Serial struct {
	Port int       // 1 to 4 for COM1 to COM4; 0 for the next port of the virtio console
	Open char.Open // what it is connected to
}

// comPorts are where PCs have serial ports, and their ISA interrupt requests.
// IBM PC/AT Technical Reference, I/O address map; the third and fourth by
// convention.
var comPorts = [...]struct {
	base uint16
	irq  int
}{{serial.COM1, serial.COM1Line}, {serial.COM2, serial.COM2Line}, {serial.COM3, serial.COM1Line}, {serial.COM4, serial.COM2Line}}

// connected has what SetSerial has set.
var connected [len(comPorts) + 1]char.Open

// SetSerial connects serial port COM1 to COM4, 1 to 4, of all machines that have
// it, to a back end in place of their own. It is called before there are machines.
func SetSerial(port int, open char.Open) { connected[port] = open }

// lines are the machine's serial lines: its console at COM1, if the
// configuration has none.
func (c *Config) lines() []Serial {
	if len(c.Serials) == 0 {
		return []Serial{{Port: 1, Open: c.Console.Open}}
	}
	return c.Serials
}

// addUARTs adds COM1 to COM4. Two of them share an interrupt request.
func (p *PC) addUARTs(c Config) error {
	requests := map[int]*shared{}
	for _, s := range c.lines() {
		if s.Port == 0 {
			continue
		}
		if s.Port < 0 || s.Port > len(comPorts) {
			return &keyError{"serial", fmt.Errorf("there is no COM%d", s.Port)}
		}
		at, open := comPorts[s.Port-1], s.Open
		if connected[s.Port] != nil {
			open = connected[s.Port]
		}
		name := fmt.Sprintf("COM%d", s.Port)
		back, err := p.open(open, name)
		if err != nil {
			return err
		}
		if requests[at.irq] == nil {
			requests[at.irq] = &shared{irq: p.isa(at.irq)}
		}
		uart := serial.New(p.VM.Clock(), &user{line: requests[at.irq]}, back)
		if err := p.VM.Ports.Register(name, at.base, serial.Ports, uart); err != nil {
			return &keyError{"serial", err}
		}
		p.uarts = append(p.uarts, uart)
		back.Connect(uart.Receive)
	}
	return nil
}

// addVirtioConsole adds a virtio console with a port for each line that is to
// have one, named ringo.0 and so on.
func (p *PC) addVirtioConsole(c Config) error {
	var ports []*vconsole.Port
	var backs []char.Backend
	for _, s := range c.lines() {
		if s.Port != 0 {
			continue
		}
		name := fmt.Sprintf("ringo.%d", len(ports))
		back, err := p.open(s.Open, name)
		if err != nil {
			return err
		}
		ports = append(ports, &vconsole.Port{Backend: back, Console: true, Name: name})
		backs = append(backs, back)
	}
	if len(ports) == 0 {
		return nil
	}
	d, err := vconsole.New(ports...)
	if err != nil {
		return &keyError{"serial", err}
	}
	if err := p.AddVirtio(c.Virtio, d); err != nil {
		return &keyError{"serial", err}
	}
	for i, back := range backs {
		back.Connect(ports[i].Receive)
	}
	return nil
}

// open makes the back end for a port, which ends with the machine.
func (p *PC) open(open char.Open, port string) (char.Backend, error) {
	back, err := open(char.Port{
		Machine: p.VM.Name, Name: port, Lock: &p.VM.Devices, Now: p.VM.Clock().Now, Log: p.VM.Log, Broken: p.broken,
	})
	if err != nil {
		return nil, &keyError{"serial", fmt.Errorf("%s: %w", port, err)}
	}
	p.VM.OnClose(back.Close)
	return back, nil
}
