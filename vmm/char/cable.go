package char

import "sync"

// Cables join serial lines of two machines, each of which names the other. They
// outlive the machines, which may start in any order, and be reset.
type Cables struct {
	mu     sync.Mutex
	inputs map[[2]string]*Input // by who sends and who receives
}

// To is an Open: what the guest writes is received by the machine called peer,
// at its line to this one, and the other way round. What is sent to a machine
// that is off, or does not read, waits, up to MaxWaiting bytes. A line to the
// machine itself receives what it sends.
func (c *Cables) To(peer string) Open {
	return func(p Port) (Backend, error) {
		return &plug{Line: c.input(peer, p.Machine).NewLine(p), out: c.input(p.Machine, peer)}, nil
	}
}

// plug is one end of a cable.
type plug struct {
	*Line
	out *Input
}

// Transmit is Backend's. The other machine gets the byte in a goroutine: to take
// its device lock here could wait for this machine's.
func (e *plug) Transmit(b byte) { e.out.Post([]byte{b}) }

func (c *Cables) input(from, to string) *Input {
	c.mu.Lock()
	defer c.mu.Unlock()
	way := [2]string{from, to}
	if c.inputs == nil {
		c.inputs = map[[2]string]*Input{}
	}
	if c.inputs[way] == nil {
		c.inputs[way] = &Input{}
	}
	return c.inputs[way]
}
