package i8042

import "github.com/ringo-vmm/ringo/vmm/state"

// State is device.Stateful's.
func (c *Controller) State(s *state.Codec) {
	s.Version("i8042", 2)
	s.Raw(c.ram[:])
	for _, v := range []*uint8{&c.status, &c.output, &c.port, &c.command, &c.aux} {
		s.U8(v)
	}
	c.replies.state(s, mostReplies)
	c.keyboard.state(s)
	c.mouse.state(s)
	var now uint64
	if c.wires.Clock != nil {
		now = c.wires.Clock.Now()
	}
	c.held.state(s, now)
	c.typist.state(s, now)
	if s.Loading() {
		c.status &= statusFull | statusCommand | statusMouse
		c.port &= portNotReset | portA20
		c.aux &= 1<<c.replies.n - 1
		c.step()
		c.pump()
	}
}

func (k *keyboard) state(s *state.Codec) {
	k.replies.state(s, queueSize)
	k.codes.state(s, queueSize)
	s.Bool(&k.scanning)
	for _, v := range []*uint8{&k.set, &k.command, &k.leds, &k.rate, &k.last} {
		s.U8(v)
	}
	if k.set != 1 && k.set != 2 {
		s.Fail("scan code set %d", k.set)
		k.set = 2
	}
}

func (m *mouse) state(s *state.Codec) {
	m.queue.state(s, queueSize)
	for _, v := range []*bool{&m.enabled, &m.remote, &m.wrap, &m.scaled, &m.changed} {
		s.Bool(v)
	}
	for _, v := range []*uint8{&m.command, &m.rate, &m.resolution, &m.id, &m.rates[0], &m.rates[1], &m.buttons} {
		s.U8(v)
	}
	for _, v := range []*int{&m.x, &m.y, &m.z} {
		s.Int(v)
		*v = clamp(*v, mostMoves)
	}
	m.buttons &= mouseButtons
}
