package lapic

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/state"
)

// check compares what is pending with what the registers say, bit by bit.
func (c *cpu) check(t testing.TB) {
	t.Helper()
	highest := func(v *vectors) (high int) {
		for n := range 256 {
			if v.has(uint8(n)) {
				high = n
			}
		}
		return high
	}
	c.collect()
	irr, isr := highest(&c.irr), highest(&c.isr)
	ppr := int(c.TPR())
	if isr>>4 > ppr>>4 {
		ppr = isr &^ 15
	}
	want := 0
	if irr>>4 > ppr>>4 {
		want = irr
	}
	if got, ok := c.Pending(); int(got) != want || ok != (want != 0) || int(c.ppr()) != ppr || int(c.service) != isr {
		t.Fatalf("pending %#x, PPR %#x; IRR %#x, ISR %#x and TPR %#x make %#x and %#x", got, c.ppr(), irr, isr, c.TPR(), want, ppr)
	}
}

// FuzzAccesses plays accesses, messages, pins, acknowledges and time on two
// processors.
func FuzzAccesses(f *testing.F) {
	f.Add([]byte{0, 0x32, 0x30, 0, 2, 0, 0, 0x38, 0, 1, 0, 0, 6, 0, 0xff, 0xff, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0x0b, 0, 0, 0, 0})
	f.Add([]byte{0, 0x30, 0x41, 0x40, 4, 0, 1, 0x30, 0x99, 6, 0xc, 0, 2, 0x1b, 0, 0xc, 0xe0, 0xfe, 2, 0x3f, 0x41, 0, 0, 0})
	f.Add([]byte{0, 0x35, 0, 0x80, 0, 0, 4, 0, 1, 0, 0, 0, 7, 0x45, 1, 0, 0, 0, 5, 0, 0, 0, 0, 0})
	f.Add([]byte{0, 0xf, 0xff, 1, 0, 0, 0x1a, 0, 1, 1, 0, 0, 7, 0, 0x41, 0, 0, 0, 5, 0, 0, 0, 0, 0, 7, 0, 0x31, 0, 0, 0, 5, 1, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, script []byte) {
		m := newMachine(0, 3)
		for ; len(script) >= 6; script = script[6:] {
			op, a := script[0], uint32(script[1])
			v := uint32(script[2]) | uint32(script[3])<<8 | uint32(script[4])<<16 | uint32(script[5])<<24
			c := m.cpus[op>>7]
			switch op % 8 {
			case 0:
				c.Write(uint64(a)<<4, []int{4, 8, 1, 2}[op>>3&3], uint64(v))
			case 1:
				c.Read(uint64(a)<<4|uint64(op>>3&15), 4)
			case 2:
				msr := []uint32{0x800 + a, 0x1b, 0x6e0, MSRPVEOI}[op>>3%4]
				c.WriteMSR(msr, uint64(v))
				c.ReadMSR(msr)
			case 3:
				c.WriteMSR(0x800+a, uint64(v)|uint64(op>>3)<<32)
			case 4:
				c.SetLINT(int(a&1), v&1 != 0)
			case 5:
				if c.offered && a&1 != 0 {
					c.pvWord()[0] = 0
				}
				if v, ok := c.Pending(); ok {
					c.Acknowledge(v)
				}
				c.AcknowledgeExtINT()
			case 6:
				m.clock.Advance(uint64(v) >> (a & 31))
			case 7:
				m.bus.Send(Message{
					Dest: Dest8(uint8(a)), Vector: uint8(v), Mode: Mode(v >> 8 & 7),
					Shorthand: Shorthand(v >> 16 & 3), Logical: v>>18&1 != 0, Level: v>>19&1 != 0,
				})
			}
			for _, c := range m.cpus {
				c.check(t)
			}
		}
		for _, c := range m.cpus {
			fresh := m.twin(c)
			devicetest.Survives(t, c, fresh)
			fresh.check(t)
			if c.ExtINT() != fresh.ExtINT() {
				t.Errorf("ExtINT was %v and is %v", c.ExtINT(), fresh.ExtINT())
			}
		}
	})
}

// FuzzState loads anything, and goes on.
func FuzzState(f *testing.F) {
	_, c := busy()
	f.Add(devicetest.Save(c))
	_, c = one()
	f.Add(devicetest.Save(c))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, c := one()
		c.State(state.Loader(b))
		for range 300 {
			c.check(t)
			v, _ := c.Pending()
			c.Acknowledge(v)
			c.get(0x390)
			c.reg(0xb0, 0)
			m.clock.Advance(1_000_000)
		}
	})
}

func TestAccessesAllocateNothing(t *testing.T) {
	m := newMachine(0, 1)
	c := m.cpus[0]
	m.ended = make([]uint8, 0, 10_000)
	if n := testing.AllocsPerRun(100, func() {
		c.reg(0x310, 1<<24)
		c.reg(0x300, 0x4041)
		c.reg(0x300, 0x84141)
		c.reg(0x3e0, 0xb)
		c.reg(0x320, 0x20030)
		c.reg(0x380, 1000)
		m.clock.Advance(200_000)
		c.get(0x390)
		m.bus.Send(Message{Dest: 0, Vector: 0x61, Level: true})
		for i, c := range m.cpus {
			c.WriteMSR(MSRPVEOI, uint64(4*i)|1)
			v, _ := c.Pending()
			c.Acknowledge(v)
			c.reg(0xb0, 0)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkSelfIPI is a self IPI, what the vCPU does to take it, and its EOI.
func BenchmarkSelfIPI(b *testing.B) {
	_, c := one()
	b.ReportAllocs()
	for b.Loop() {
		c.Write(0x300, 4, 0x40041)
		v, _ := c.Pending()
		c.Acknowledge(v)
		c.Write(0xb0, 4, 0)
	}
}

func BenchmarkEOI(b *testing.B) {
	_, c := one()
	b.ReportAllocs()
	for b.Loop() {
		c.isr.set(0x41)
		c.service = 0x41
		c.Write(0xb0, 4, 0)
	}
}

func BenchmarkTPR(b *testing.B) {
	_, c := one()
	b.ReportAllocs()
	v := uint64(0)
	for b.Loop() {
		v ^= 0x20
		c.Write(0x80, 4, v)
	}
}

func BenchmarkTimerInitialCount(b *testing.B) {
	_, c := one()
	c.reg(0x320, 0x30)
	b.ReportAllocs()
	for b.Loop() {
		c.Write(0x380, 4, 1000)
	}
}

func BenchmarkIPI(b *testing.B) {
	m := newMachine(0, 1)
	c := m.cpus[0]
	c.reg(0x310, 1<<24)
	b.ReportAllocs()
	for b.Loop() {
		c.Write(0x300, 4, 0x4041)
	}
}
