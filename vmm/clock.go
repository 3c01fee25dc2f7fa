package vmm

import "github.com/ringo-vmm/ringo/vmm/device"

// clock is a virtual machine's time and timers, a device.Clock. Its timers
// have no goroutine: the processor that runs looks at them when the host's
// alarm rang, and one that waits wakes at the first deadline. All of it is
// under the device lock.
type clock struct {
	host    Host
	paused  uint64 // ns that the machine has stood still
	stopped uint64 // host time at which it was paused, 0 when it runs
	heap    []*timer
	earlier func() // a new deadline is before all others
}

// Now is the machine's time in ns.
func (c *clock) Now() uint64 {
	if c.stopped != 0 {
		return c.stopped - c.paused
	}
	return c.host.Now() - c.paused
}

// pause stops the time, and resume lets it go on.
func (c *clock) pause()  { c.stopped = c.host.Now() }
func (c *clock) resume() { c.paused, c.stopped = c.paused+c.host.Now()-c.stopped, 0 }

// next is the host's time at the first deadline, ok if there is one. A guest
// can set one at the end of time, which is then never.
func (c *clock) next() (host uint64, ok bool) {
	if len(c.heap) == 0 {
		return 0, false
	}
	at := c.heap[0].at
	return at + min(c.paused, never-at), true
}

// expire fires the timers whose time has come. A timer that its own device
// sets to the past again waits for the next call, so this ends.
func (c *clock) expire() {
	now := c.Now()
	for n := len(c.heap); n > 0 && len(c.heap) > 0 && c.heap[0].at <= now; n-- {
		t := c.heap[0]
		t.Stop()
		t.fire()
	}
}

// timer is a device.Timer, in its clock's heap while it is set.
type timer struct {
	clock *clock
	at    uint64
	index int // in the heap, -1 when stopped
	fire  func()
}

// NewTimer is device.Clock's.
func (c *clock) NewTimer(fire func()) device.Timer { return &timer{clock: c, index: -1, fire: fire} }

// Deadline is device.Timer's.
func (t *timer) Deadline() (uint64, bool) { return t.at, t.index >= 0 }

// Set is device.Timer's.
func (t *timer) Set(at uint64) {
	c := t.clock
	t.at = at
	if t.index < 0 {
		t.index = len(c.heap)
		c.heap = append(c.heap, t)
	}
	c.down(c.up(t.index))
	if t.index == 0 && c.earlier != nil {
		c.earlier()
	}
}

// Stop is device.Timer's.
func (t *timer) Stop() {
	c := t.clock
	if t.index < 0 {
		return
	}
	i, last := t.index, len(c.heap)-1
	c.swap(i, last)
	c.heap[last] = nil
	c.heap = c.heap[:last]
	t.index = -1
	if i < last {
		c.down(c.up(i))
	}
}

func (c *clock) swap(i, j int) {
	h := c.heap
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// up and down restore the heap's order around i, and up tells where i went.
func (c *clock) up(i int) int {
	for i > 0 && c.heap[i].at < c.heap[(i-1)/2].at {
		c.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
	return i
}

func (c *clock) down(i int) {
	for {
		child := 2*i + 1
		if child+1 < len(c.heap) && c.heap[child+1].at < c.heap[child].at {
			child++
		}
		if child >= len(c.heap) || c.heap[i].at <= c.heap[child].at {
			return
		}
		c.swap(i, child)
		i = child
	}
}
