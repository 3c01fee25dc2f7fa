package vswitch

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

// station is an adapter that keeps what it receives.
type station struct {
	port     *Port
	mac      ether.MAC
	ip       [4]byte
	features ether.Features
	full     bool

	mu    sync.Mutex
	got   [][]byte
	tails int
}

func (s *station) Receive(f ether.Frame) bool {
	if s.full {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tails += len(f.Tail)
	s.got = append(s.got, bytes.Clone(f.Flatten(make([]byte, ether.MaxFrame)).Data))
	return true
}

func (s *station) Features() ether.Features { return s.features }

// take is what was received since the last time.
func (s *station) take() [][]byte {
	got := s.got
	s.got = nil
	return got
}

type lan struct {
	testing.TB
	*Switch
	now atomic.Uint64
}

func newLAN(t testing.TB) *lan {
	l := &lan{TB: t}
	l.now.Store(1e12)
	l.Switch = New(Config{Now: l.now.Load})
	return l
}

// plug plugs station n in, whose address is its own unless c has one.
func (l *lan) plug(n byte, c PortConfig) *station {
	l.Helper()
	s := &station{mac: ether.MAC{2, 0, 0, 0, 0, n}, ip: [4]byte{10, 0, 0, n}}
	if c.Name == "" {
		c.Name = fmt.Sprint(n)
		c.MAC = s.mac
	}
	var err error
	if s.port, err = l.Plug(c); err != nil {
		l.Fatal(err)
	}
	s.port.Connect(s)
	return s
}

// raw is a frame of no protocol, with a tag if vlan is not 0.
func raw(from, to ether.MAC, vlan uint16, text string) []byte {
	b := append(to[:], from[:]...)
	if vlan != 0 {
		b = append(b, 0x81, 0, byte(vlan>>8), byte(vlan))
	}
	return append(append(b, 0x88, 0xb5), text...)
}

// say sends text to a station, or to all if that is nil.
func (s *station) say(to *station, text string) {
	mac := ether.Broadcast
	if to != nil {
		mac = to.mac
	}
	s.port.Send(ether.Frame{Data: raw(s.mac, mac, 0, text)})
}

// want checks how many frames each of some stations has received.
func (l *lan) want(what string, want int, all ...*station) {
	l.Helper()
	for _, s := range all {
		if got := s.take(); len(got) != want {
			l.Errorf("%s: %s has %d frames, want %d", what, s.port.Config().Name, len(got), want)
		}
	}
}

func TestFramesGoWhereTheirAddressIs(t *testing.T) {
	l := newLAN(t)
	a, b, c := l.plug(1, PortConfig{Name: "a"}), l.plug(2, PortConfig{Name: "b"}), l.plug(3, PortConfig{Name: "c"})
	a.say(b, "x")
	l.want("unknown", 1, b, c)
	b.say(a, "y")
	l.want("known", 1, a)
	l.want("known", 0, c)
	a.say(b, "z")
	l.want("learned", 1, b)
	l.want("learned", 0, a, c)
	a.say(nil, "all")
	l.want("broadcast", 1, b, c)
	l.now.Add(maxAge)
	a.say(b, "old")
	l.want("aged", 1, b, c)
	b.port.Unplug()
	if len(l.Table()) != 1 || len(l.Ports()) != 2 {
		t.Errorf("table %v, %d ports", l.Table(), len(l.Ports()))
	}
	b.say(nil, "gone")
	a.say(b, "gone")
	l.want("gone", 0, b)
}

func TestFramesForAKnownPortDoNotSpread(t *testing.T) {
	l := newLAN(t)
	a, b, c := l.plug(1, PortConfig{}), l.plug(2, PortConfig{}), l.plug(3, PortConfig{})
	a.say(b, "x")
	l.want("never heard of", 1, b)
	l.want("never heard of", 0, c)
}

func TestNobodySendsFromAnothersAddress(t *testing.T) {
	l := newLAN(t)
	a, b, any := l.plug(1, PortConfig{}), l.plug(2, PortConfig{}), l.plug(3, PortConfig{Name: "any"})
	b.say(nil, "here")
	l.want("first", 1, a, any)
	for _, from := range []*station{a, any} {
		from.port.Send(ether.Frame{Data: raw(b.mac, ether.Broadcast, 0, "x")})
		from.port.Send(ether.Frame{Data: raw(ether.Broadcast, ether.Broadcast, 0, "x")})
		if n := from.port.Counters().Sent; n.Spoof != 2 || n.Total() != 2 {
			t.Errorf("%+v", n)
		}
	}
	l.want("spoofed", 0, a, b, any)
	any.say(b, "I am 3")
	l.want("an own one", 1, b)
}

func TestVLANsAreApart(t *testing.T) {
	l := newLAN(t)
	a5, b5, c6, none := l.plug(1, PortConfig{VLAN: 5, Name: "a"}), l.plug(2, PortConfig{VLAN: 5, Name: "b"}), l.plug(3, PortConfig{VLAN: 6, Name: "c"}), l.plug(4, PortConfig{Name: "d"})
	trunk := l.plug(9, PortConfig{Name: "t", Trunk: []uint16{6, 5}})
	a5.say(nil, "five")
	l.want("VLAN 5", 1, b5)
	l.want("VLAN 5", 0, c6, none)
	if got := trunk.take(); len(got) != 1 || !bytes.Equal(got[0], raw(a5.mac, ether.Broadcast, 5, "five")) {
		t.Errorf("the trunk has %x", got)
	}
	none.say(nil, "none")
	if got := trunk.take(); len(got) != 1 || !bytes.Equal(got[0], raw(none.mac, ether.Broadcast, 0, "none")) {
		t.Errorf("the trunk has %x", got)
	}
	trunk.port.Send(ether.Frame{Data: raw(trunk.mac, ether.Broadcast, 6, "six")})
	l.want("tagged 6", 0, a5, b5, none)
	if got := c6.take(); len(got) != 1 || !bytes.Equal(got[0], raw(trunk.mac, ether.Broadcast, 0, "six")) {
		t.Errorf("VLAN 6 has %x", got)
	}
	trunk.port.Send(ether.Frame{Data: raw(trunk.mac, ether.Broadcast, 7, "seven")})
	a5.port.Send(ether.Frame{Data: raw(a5.mac, ether.Broadcast, 6, "hop")})
	double := raw(trunk.mac, ether.Broadcast, 5, "")
	trunk.port.Send(ether.Frame{Data: append(double[:12:12], append([]byte{0x81, 0, 0, 5}, raw(trunk.mac, ether.Broadcast, 6, "hop")[12:]...)...)})
	l.want("where they are not", 0, a5, b5, c6, none)
	if a5.port.Counters().Sent.VLAN != 1 || trunk.port.Counters().Sent.VLAN != 1 || trunk.port.Counters().Sent.Bad != 1 {
		t.Errorf("%+v, %+v", a5.port.Counters(), trunk.port.Counters())
	}
}

func TestASlowPortLosesItsOwnFramesOnly(t *testing.T) {
	l := newLAN(t)
	a, b, c := l.plug(1, PortConfig{}), l.plug(2, PortConfig{}), l.plug(3, PortConfig{})
	b.full = true
	a.say(nil, "x")
	l.want("beside a full one", 1, c)
	if n := b.port.Counters().Received; n.Full != 1 || n.Frames != 0 || a.port.Counters().Sent.Total() != 0 || c.port.Counters().Received.Frames != 1 {
		t.Errorf("%+v", n)
	}
}

func TestRatesHold(t *testing.T) {
	l := newLAN(t)
	const rate = 1 << 20
	a, b, c := l.plug(1, PortConfig{MAC: ether.MAC{2, 0, 0, 0, 0, 1}, Name: "a", Rate: rate}), l.plug(2, PortConfig{}), l.plug(3, PortConfig{})
	b.say(nil, "x")
	a.take()
	text := string(make([]byte, 1000-14))
	for _, tt := range []struct {
		from, to *station
		count    func() uint64
	}{{a, b, func() uint64 { return a.port.Counters().Sent.Rate }}, {c, a, func() uint64 { return a.port.Counters().Received.Rate }}} {
		before := tt.count()
		sent := 0
		for range 3000 { // three seconds, a thousand frames each
			l.now.Add(1e6)
			tt.from.say(tt.to, text)
			sent++
		}
		got := 1000 * len(tt.to.take())
		if low, high := 3*rate*9/10, 3*rate+minBurst+1000; got < min(low, 2_900_000) || got > high || tt.count()-before != uint64(sent-got/1000) {
			t.Errorf("%d bytes in 3 s, %d lost", got, tt.count()-before)
		}
		for range 3000 { // faster
			l.now.Add(1e5)
			tt.from.say(tt.to, text)
		}
		if got := 1000 * len(tt.to.take()); got > rate*3/10+minBurst+1000 || got < rate*3/10-10000 {
			t.Errorf("%d bytes in 0.3 s", got)
		}
	}
}

func TestABucketFillsWhateverTheRate(t *testing.T) {
	for _, rate := range []uint64{1, 1000, 1 << 30, 1 << 63} {
		var b bucket
		b.init(rate, 0)
		b.level = 0
		for at := uint64(0); at < 1e9; at += 997 {
			b.take(1<<62, at)
		}
		b.take(1<<62, 1e9)
		if want := min(b.rate, b.burst); b.level > want || b.level < want-want/1000 {
			t.Errorf("rate %d: %d bytes in 1 s", rate, b.level)
		}
		b.take(1<<62, 1<<63)
		if b.level > b.burst || b.level == 0 {
			t.Errorf("rate %d: level %d of %d", rate, b.level, b.burst)
		}
	}
}

func TestTheTableIsBounded(t *testing.T) {
	l := newLAN(t)
	a, flood := l.plug(1, PortConfig{}), l.plug(2, PortConfig{Name: "any"})
	a.say(nil, "x")
	var mac ether.MAC
	mac[0] = 2
	for i := range 3 * maxLearned {
		binary.BigEndian.PutUint32(mac[1:], uint32(i))
		flood.port.Send(ether.Frame{Data: raw(mac, a.mac, 0, "x")})
	}
	if n := len(l.Table()); n != maxLearned+1 {
		t.Errorf("%d entries", n)
	}
	l.now.Add(maxAge)
	flood.say(a, "x")
	if n := len(l.Table()); n != 1 {
		t.Errorf("%d entries when all are old", n)
	}
}

func TestPortsThatCannotBeAreRefused(t *testing.T) {
	l := newLAN(t)
	l.plug(1, PortConfig{})
	for _, c := range []PortConfig{
		{}, {Name: "1"}, {Name: "x", MAC: ether.MAC{2, 0, 0, 0, 0, 1}}, {Name: "x", MAC: ether.Broadcast}, {Name: "x", VLAN: 4095},
		{Name: "x", Trunk: []uint16{0}}, {Name: "x", Trunk: []uint16{4095}}, {Name: "x", VLAN: 3, Trunk: []uint16{3}}, {Name: "x", Trunk: []uint16{4, 4}},
		{Name: "x", Policy: 3}, {Name: "x", Services: netip.IPv6Loopback()},
	} {
		if _, err := l.Plug(c); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
	for p, name := range policies {
		if q, err := ParsePolicy(name); err != nil || q != Policy(p) || q.String() != name {
			t.Errorf("%s: %v, %v", name, q, err)
		}
	}
	if _, err := ParsePolicy("closed"); err == nil {
		t.Error("closed")
	}
}

// peeker is a tap that counts.
type peeker struct{ in, out atomic.Int64 }

func (p *peeker) Frame(_ ether.Frame, in bool, _ uint64) {
	if in {
		p.in.Add(1)
	} else {
		p.out.Add(1)
	}
}

func TestATapSeesBothWays(t *testing.T) {
	l := newLAN(t)
	a, b := l.plug(1, PortConfig{}), l.plug(2, PortConfig{})
	var p peeker
	a.port.Capture(&p)
	a.say(b, "x")
	b.say(a, "y")
	b.say(a, "z")
	a.port.Capture(nil)
	a.say(b, "w")
	if p.in.Load() != 1 || p.out.Load() != 2 {
		t.Errorf("%d in, %d out", p.in.Load(), p.out.Load())
	}
}

func TestManyTalkAtOnce(t *testing.T) {
	l := newLAN(t)
	var all []*station
	for i := range byte(8) {
		all = append(all, l.plug(i, PortConfig{Name: fmt.Sprint(i), Policy: Policy(i % 3), Rate: uint64(i/4) << 30}))
	}
	var wg sync.WaitGroup
	for i, s := range all {
		wg.Go(func() {
			for n := range 200 {
				s.port.Send(ether.Frame{Data: tcp(s, all[(i+n)%8], tcpSYN, 1, byte(n), 0, 80)})
				s.say(nil, "x")
				l.now.Add(1000)
				if n%50 == 0 {
					s.port.Connect(nil)
					l.Table()
					s.port.Connect(s)
					s.port.Counters()
				}
			}
		})
	}
	wg.Go(func() {
		for i := range 50 {
			p, err := l.Plug(PortConfig{Name: "x", VLAN: uint16(i)})
			if err != nil {
				t.Error(err)
				return
			}
			p.Send(ether.Frame{Data: raw(ether.MAC{2, 1}, ether.Broadcast, 0, "x")})
			p.Unplug()
		}
	})
	wg.Wait()
	if n := all[0].port.Counters().Sent.Frames; n != 400 {
		t.Errorf("%d frames", n)
	}
}

func FuzzSend(f *testing.F) {
	a := &station{mac: ether.MAC{2, 0, 0, 0, 0, 0}, ip: [4]byte{10, 0, 0, 0}}
	b := &station{mac: ether.MAC{2, 0, 0, 0, 0, 1}, ip: [4]byte{10, 0, 0, 1}}
	f.Add(tcp(a, b, tcpSYN, 1, 2, 3, 4), uint8(0), true, uint16(34), uint16(16), uint8(0), uint16(0))
	f.Add(raw(a.mac, b.mac, 5, "0123456789"), uint8(3), false, uint16(0), uint16(0), uint8(0), uint16(0))
	f.Fuzz(func(t *testing.T, data []byte, from uint8, checksum bool, start, offset uint16, segment uint8, size uint16) {
		l := newLAN(t)
		var all []*station
		for i := range byte(6) {
			all = append(all, l.plug(i, PortConfig{Name: fmt.Sprint(i), Policy: Policy(i % 3), VLAN: uint16(i / 5), Trunk: []uint16{5, 6}}))
			all[i].features = ether.Features{Checksum: i&1 != 0, TCP4: i&3 == 3, TCP6: i&3 == 3}
		}
		frame := ether.Frame{Data: data, Offload: ether.Offload{Checksum: checksum, Start: start, Offset: offset, Segment: ether.Segment(segment), Size: size}}
		for range 2 {
			all[from%6].port.Send(frame)
		}
		for _, s := range all {
			for _, b := range s.take() {
				if len(b) < ether.HeaderSize || len(b) > ether.MaxWire+ether.TagSize && !s.features.TCP4 {
					t.Errorf("received %d bytes", len(b))
				}
			}
		}
	})
}

type sink struct{}

func (sink) Receive(ether.Frame) bool { return true }
func (sink) Features() ether.Features { return ether.Features{} }

func TestSendingDoesNotAllocate(t *testing.T) {
	l := newLAN(t)
	a, b := l.plug(1, PortConfig{}), l.plug(2, PortConfig{Name: "b", MAC: ether.MAC{2, 0, 0, 0, 0, 2}, Policy: Inbound, Rate: 1 << 40})
	a.port.Connect(sink{})
	b.port.Connect(sink{})
	f := ether.Frame{Data: tcp(a, b, tcpSYN, 1, 2, 3, 4)}
	g := ether.Frame{Data: tcp(b, a, tcpACK, 3, 4, 1, 2)}
	if n := testing.AllocsPerRun(100, func() { a.port.Send(f); b.port.Send(g) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkSend(b *testing.B) {
	l := newLAN(b)
	x, y := l.plug(1, PortConfig{}), l.plug(2, PortConfig{})
	x.port.Connect(sink{})
	y.port.Connect(sink{})
	y.say(x, "x")
	f := ether.Frame{Data: tcp(x, y, tcpACK, 1, 2, 3, 4)}
	b.ReportAllocs()
	for b.Loop() {
		x.port.Send(f)
	}
}
