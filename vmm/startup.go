package vmm

import "github.com/ringo-vmm/ringo/vmm/x86"

// How processors other than the first begin: the guest sends them INIT and a
// start-up IPI, whose vector is the page that they begin in. Intel SDM vol. 3
// §9.4.

// startUpValid marks VCPU.startUp as holding a vector.
const startUpValid = 1 << 8

// Init is an INIT for the processor. The caller holds the device lock.
func (c *VCPU) Init() {
	c.startUp.Store(0)
	c.reset.Store(true)
	c.kick(attendControl)
}

// StartUp is a start-up IPI for the processor, which waits for one. The caller
// holds the device lock.
func (c *VCPU) StartUp(vector uint8) {
	c.startUp.Store(uint32(vector) | startUpValid)
	c.kick(attendControl)
}

// initialize puts the processor into the state in which INIT leaves it: one
// other than the first waits.
func (c *VCPU) initialize() {
	signature, _, _, _ := c.cpuid.Lookup(1, 0, 0, 0, 0)
	c.state.Reset(signature)
	c.cpu.SetState(&c.state)
	c.nmi, c.began = false, true
	c.waiting = c.ID != 0
}

// awaitStartUp waits for a start-up IPI, and begins where it says. It tells
// false when the machine ends.
func (c *VCPU) awaitStartUp() bool {
	vm := c.vm
	begin := vm.host.TSC()
	c.halted.Store(true)
	defer c.halted.Store(false)
	for {
		c.reset.Store(false) // an INIT finds it waiting already
		if v := c.startUp.Swap(0); v != 0 {
			c.beginAt(uint8(v))
			c.Stats.skip(vm.host.TSC() - begin)
			return true
		}
		switch {
		case vm.ending.Load() != nil:
			return false
		case vm.gate.closed.Load() != 0:
			c.standStill()
		case c.Attention.Swap(0) != 0:
		case c.settle():
			c.end(Ending{How: Halted})
		default:
			c.endTurn()
			<-c.wake
		}
	}
}

// beginAt lets the processor begin in real mode, at the start of a page.
func (c *VCPU) beginAt(vector uint8) {
	c.cpu.State(&c.state)
	cs := &c.state.Seg[x86.CS]
	cs.Selector, cs.Base = uint16(vector)<<8, uint64(vector)<<12
	c.state.RIP = 0
	c.cpu.SetState(&c.state)
	c.waiting = false
	c.Attention.Or(attendTimer | attendInterrupt)
}

// settle notes that a processor is about to stand still, so that only an INIT,
// a start-up IPI or an NMI can wake it. It tells whether all do: then nobody is
// left to send one.
func (c *VCPU) settle() bool {
	still := c.vm.still.Load()
	if !c.settled.Swap(true) {
		still = c.vm.still.Add(1)
	}
	return int(still) == len(c.vm.cpus)
}

// stir takes that back.
func (c *VCPU) stir() {
	if c.settled.Load() && c.settled.Swap(false) {
		c.vm.still.Add(-1)
	}
}
