package lapic

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
)

// got is which processors have vector 0x41 pending, a bit each, and takes it.
func (m *machine) got() (set int) {
	for i, c := range m.cpus {
		if _, ok := c.Pending(); ok {
			set |= 1 << i
			c.Acknowledge(0x41)
			c.end()
		}
	}
	return set
}

func TestDestinations(t *testing.T) {
	const (
		flat = iota
		cluster
		x2
	)
	for _, test := range []struct {
		name string
		mode int
		m    Message
		want int
	}{
		{"physical", flat, Message{Dest: 2}, 1 << 1},
		{"physical, id is a position", flat, Message{Dest: 0}, 1 << 0},
		{"physical, nobody", flat, Message{Dest: 3}, 0},
		{"physical, nobody, one past the positions", flat, Message{Dest: 4}, 0},
		{"physical, id beyond the positions", flat, Message{Dest: 9}, 1 << 3},
		{"broadcast", flat, Message{Dest: Broadcast}, 15},
		{"logical broadcast", flat, Message{Dest: Broadcast, Logical: true}, 15},
		{"flat, one", flat, Message{Dest: 1 << 2, Logical: true}, 1 << 2},
		{"flat, two", flat, Message{Dest: 0xa, Logical: true}, 0xa},
		{"flat, none", flat, Message{Dest: 0, Logical: true}, 0},
		{"cluster 0", cluster, Message{Dest: 0x03, Logical: true}, 3},
		{"cluster 1, second", cluster, Message{Dest: 0x12, Logical: true}, 1 << 3},
		{"cluster 2", cluster, Message{Dest: 0x2f, Logical: true}, 0},
		{"all", flat, Message{Shorthand: All}, 15},
		{"others", flat, Message{Shorthand: Others, From: 2}, 13},
		{"self", flat, Message{Shorthand: Self, From: 2}, 2},
		{"x2APIC physical", x2, Message{Dest: 0x123}, 1 << 3},
		{"x2APIC physical 0xff", x2, Message{Dest: 0xff}, 0},
		{"x2APIC broadcast", x2, Message{Dest: Broadcast}, 15},
		{"x2APIC logical, cluster 0", x2, Message{Dest: 0x5, Logical: true}, 3},
		{"x2APIC logical, cluster 12h", x2, Message{Dest: 0x12_0008, Logical: true}, 1 << 3},
		{"x2APIC logical, another cluster", x2, Message{Dest: 0x13_0008, Logical: true}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			ids := []uint32{0, 2, 1, 9}
			if test.mode == x2 {
				ids[3] = 0x123
			}
			m := newMachine(ids...)
			for i, c := range m.cpus {
				switch test.mode {
				case flat:
					c.reg(0xd0, 1<<24<<i)
				case cluster:
					c.reg(0xe0, 0x0fffffff)
					c.reg(0xd0, uint32(i/2<<4|1<<(i%2))<<24)
				case x2:
					c.x2(t)
				}
			}
			test.m.Vector = 0x41
			accepted := m.bus.Send(test.m)
			if got := m.got(); got != test.want || accepted != (test.want != 0) {
				t.Errorf("%#b got it, accepted %v, want %#b", got, accepted, test.want)
			}
			test.m.Mode = LowestPriority
			m.bus.Send(test.m)
			if got := m.got(); got&^test.want != 0 || got&(got-1) != 0 || (got == 0) != (test.want == 0) {
				t.Errorf("with the lowest priority, %#b got it, want one of %#b", got, test.want)
			}
		})
	}
}

func TestLogicalDestinationInAnUnknownFormat(t *testing.T) {
	m, c := one()
	c.reg(0xe0, 0x5fffffff)
	c.reg(0xd0, 0xff000000)
	if m.bus.Send(Message{Dest: 1, Logical: true, Vector: 0x41}) {
		t.Error("accepted")
	}
}

func TestLowestPriorityTakesTurns(t *testing.T) {
	m := newMachine(0, 1, 2)
	m.cpus[1].reg(0xf0, 0xff) // disabled by software
	count := [8]int{}
	for range 10 {
		if !m.bus.Send(Message{Shorthand: All, Mode: LowestPriority, Vector: 0x41}) {
			t.Fatal("not accepted")
		}
		count[m.got()]++
	}
	if count[1] != 5 || count[4] != 5 {
		t.Errorf("by processors: %v, want 5 for the first and 5 for the third", count)
	}
	m.cpus[0].reg(0xf0, 0xff)
	m.cpus[2].reg(0xf0, 0xff)
	if m.bus.Send(Message{Shorthand: All, Mode: LowestPriority, Vector: 0x41}) {
		t.Error("accepted by processors that are disabled")
	}
}

func TestDisabledLocalAPICsGetNoMessages(t *testing.T) {
	m := newMachine(0, 1)
	m.cpus[1].WriteMSR(0x1b, 0xfee00000)
	for _, msg := range []Message{{Dest: 1, Mode: NMI}, {Shorthand: All, Mode: NMI}} {
		m.bus.Send(msg)
	}
	if m.cpus[1].nmis != 0 || m.cpus[0].nmis != 1 {
		t.Errorf("%d and %d NMIs", m.cpus[0].nmis, m.cpus[1].nmis)
	}
}

func TestMessageModes(t *testing.T) {
	for mode, want := range map[Mode]bool{
		Fixed: true, LowestPriority: true, SMI: false, RemoteRead: false, NMI: true, INIT: true, StartUp: true, ExtINT: true,
	} {
		m := newMachine(0, 1)
		if got := m.bus.Send(Message{Dest: 1, Mode: mode, Vector: 0x41}); got != want {
			t.Errorf("mode %d: accepted is %v", mode, got)
		}
	}
}

func TestINITAndStartUp(t *testing.T) {
	m := newMachine(0, 1)
	bsp, ap := m.cpus[0], m.cpus[1]
	ap.reg(0x80, 0x20)
	ap.Accept(0x41, false)
	if !ap.Waiting() {
		t.Fatal("does not wait after power-on")
	}
	bsp.reg(0x310, 1<<24)
	bsp.reg(0x300, 0xc500) // INIT, assert
	bsp.reg(0x300, 0x8500) // INIT, de-assert: nothing
	if ap.inits != 1 || !ap.Waiting() || ap.TPR() != 0 {
		t.Fatalf("%d INITs, waits %v, TPR %#x", ap.inits, ap.Waiting(), ap.TPR())
	}
	ap.want(t, 0)
	for range 2 {
		bsp.reg(0x300, 0x69a)
	}
	if len(ap.startUps) != 1 || ap.startUps[0] != 0x9a || ap.Waiting() {
		t.Errorf("started at %x, waits %v; want once, at 9ah", ap.startUps, ap.Waiting())
	}
	if got := ap.get(0x20); got != 1<<24 {
		t.Errorf("the id is %#x", got)
	}

	bsp.reg(0x300, 0xc500)
	if !ap.Waiting() || ap.inits != 2 {
		t.Error("a processor that runs does not wait after INIT")
	}
	ap.reg(0xf0, 0x1ff)

	// The boot processor does not wait.
	ap.reg(0x310, 0)
	ap.reg(0x300, 0x4500)
	if bsp.inits != 1 || bsp.Waiting() {
		t.Errorf("boot processor: %d INITs, waits %v", bsp.inits, bsp.Waiting())
	}
	ap.reg(0x300, 0x4698)
	if len(bsp.startUps) != 0 {
		t.Error("a start-up reached a processor that runs")
	}
}

func TestINITLeavesX2APICMode(t *testing.T) {
	m := newMachine(0, 1)
	ap := m.cpus[1]
	ap.x2(t)
	m.bus.Send(Message{Dest: 1, Mode: INIT})
	if !ap.X2() {
		t.Error("INIT ended x2APIC mode")
	}
}

func TestICR(t *testing.T) {
	for _, test := range []struct {
		name      string
		high, low uint32
		want      int // who has it
	}{
		{"self", 0, 0x44041, 1},
		{"all", 0, 0x84041, 7},
		{"others", 0, 0xc4041, 6},
		{"physical", 2, 0x04041, 4},
		{"physical broadcast", 0xff, 0x04041, 7},
		{"logical", 6, 0x04841, 6},
		{"logical broadcast", 0xff, 0x04841, 7},
		{"self, lowest priority", 0, 0x44141, 1},
		{"level-triggered is an edge", 1, 0x0c041, 2},
		{"busy bit ignored", 1, 0x05041, 2},
	} {
		m := newMachine(0, 1, 2)
		for i, c := range m.cpus {
			c.reg(0xd0, 1<<24<<i)
		}
		m.cpus[0].reg(0x310, test.high<<24)
		m.cpus[0].reg(0x300, test.low)
		if got := m.got(); got != test.want || len(m.ended) != 0 {
			t.Errorf("%s: %#b got it, want %#b; %d ends were broadcast", test.name, got, test.want, len(m.ended))
		}
		if got := m.cpus[0].get(0x300); got&(1<<12) != 0 {
			t.Errorf("%s: the ICR is busy", test.name)
		}
	}
}

func TestBusState(t *testing.T) {
	m := newMachine(0, 1)
	m.bus.Send(Message{Shorthand: All, Mode: LowestPriority, Vector: 0x41})
	fresh := newMachine(0, 1)
	devicetest.Survives(t, &fresh.bus, &newMachine(0, 1).bus)
	devicetest.Survives(t, &m.bus, &fresh.bus)
	m.bus.Send(Message{Shorthand: All, Mode: LowestPriority, Vector: 0x51})
	fresh.bus.Send(Message{Shorthand: All, Mode: LowestPriority, Vector: 0x51})
	if a, b := m.cpus[0].irr.has(0x51), fresh.cpus[0].irr.has(0x51); a != b {
		t.Error("another one has the next turn after the load")
	}
}
