package nat

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

var (
	self   = netip.MustParseAddr("192.0.2.1")
	server = netip.MustParseAddrPort("198.51.100.7:80")
	one    = netip.MustParseAddrPort("10.77.0.2:1234")
	two    = netip.MustParseAddrPort("10.77.0.3:1234")
)

type rig struct {
	*testing.T
	*Table
	clock uint64
}

func newRig(t *testing.T) *rig {
	r := &rig{T: t, clock: 1e12}
	r.Table = New(func() uint64 { return r.clock })
	r.SetAddress(self)
	return r
}

// packet is an IPv4 packet with good checksums, or, if partial, with only the
// sum of the pseudo-header.
func packet(proto uint8, from, to netip.AddrPort, flags byte, partial bool) ether.Frame {
	b := make([]byte, 14, 100)
	b[12], b[13] = 8, 0
	body := binary.BigEndian.AppendUint16(nil, from.Port())
	body = binary.BigEndian.AppendUint16(body, to.Port())
	sumAt := 16
	switch proto {
	case ether.ProtoTCP:
		body = append(body, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, flags, 1, 0, 0, 0, 0, 0, 'h', 'i')
	case ether.ProtoUDP:
		body = append(body, 0, 10, 0, 0, 'h', 'i')
		sumAt = 6
	case ether.ProtoICMP:
		body = []byte{flags, 0, 0, 0, byte(from.Port() >> 8), byte(from.Port()), 0, 1, 'h', 'i'}
		sumAt = 2
	}
	n := 20 + len(body)
	ip := []byte{0x45, 0, 0, byte(n), 0, 1, 0x40, 0, 64, proto, 0, 0}
	src, dst := from.Addr().As4(), to.Addr().As4()
	ip = append(append(ip, src[:]...), dst[:]...)
	binary.BigEndian.PutUint16(ip[10:], ^ether.Sum(ip, 0))
	f := ether.Frame{Data: append(append(b, ip...), body...)}
	sum := pseudo(f.Data)
	if proto == ether.ProtoICMP {
		sum = 0
	}
	if partial {
		f.Offload = ether.Offload{Checksum: true, Start: 34, Offset: uint16(sumAt)}
		binary.BigEndian.PutUint16(f.Data[34+sumAt:], sum)
	} else {
		binary.BigEndian.PutUint16(f.Data[34+sumAt:], ether.Checksum(ether.Sum(body, sum)))
	}
	return f
}

func pseudo(b []byte) uint16 {
	n := len(b) - 34
	return ether.Sum([]byte{0, b[23], byte(n >> 8), byte(n)}, ether.Sum(b[26:34], 0))
}

// good checks a packet's checksums and returns its ends.
func (r *rig) good(f ether.Frame) (from, to netip.AddrPort) {
	r.Helper()
	h, ok := ether.Parse(f.Data)
	if !ok {
		r.Fatalf("bad packet %x", f.Data)
	}
	sum := pseudo(f.Data)
	switch {
	case h.Proto == ether.ProtoICMP:
		sum = 0
	case f.Checksum:
		if got := binary.BigEndian.Uint16(f.Data[f.Start+f.Offset:]); got%0xffff != sum%0xffff {
			r.Errorf("the pseudo-header's sum is %#x, want %#x", got, sum)
		}
		f = ether.Frame{Data: bytes.Clone(f.Data)}
		n := 34 + map[uint8]int{ether.ProtoTCP: 16, ether.ProtoUDP: 6}[h.Proto]
		binary.BigEndian.PutUint16(f.Data[n:], ^ether.Sum(f.Data[34:], 0))
	}
	if a, b := ether.Sum(f.Data[14:34], 0), ether.Sum(f.Data[34:], sum); a != 0xffff || b != 0xffff {
		r.Errorf("sums %#x, %#x", a, b)
	}
	port := func(at int) uint16 { return binary.BigEndian.Uint16(f.Data[at:]) }
	src, dst := netip.AddrFrom4([4]byte(f.Data[26:30])), netip.AddrFrom4([4]byte(f.Data[30:34]))
	if h.Proto == ether.ProtoICMP {
		return netip.AddrPortFrom(src, port(38)), netip.AddrPortFrom(dst, port(38))
	}
	return netip.AddrPortFrom(src, port(34)), netip.AddrPortFrom(dst, port(36))
}

const syn, ack, fin = tcpSYN, tcpACK, tcpFIN

func TestPacketsGoOutAndBack(t *testing.T) {
	for _, partial := range []bool{false, true} {
		for _, proto := range []uint8{ether.ProtoTCP, ether.ProtoUDP} {
			r := newRig(t)
			var ports [2]uint16
			for i, m := range []netip.AddrPort{one, two} {
				f := packet(proto, m, server, syn, partial)
				if !r.Out(&f) {
					t.Fatal("not sent")
				}
				from, to := r.good(f)
				if from.Addr() != self || to != server || from.Port() < firstPort || f.Data[22] != 63 {
					t.Errorf("%v to %v", from, to)
				}
				ports[i] = from.Port()
			}
			if ports[0] == ports[1] {
				t.Error("two machines have one port")
			}
			for i, m := range []netip.AddrPort{one, two} {
				f := packet(proto, server, netip.AddrPortFrom(self, ports[i]), syn|ack, partial)
				a, ok := r.In(&f)
				if _, to := r.good(f); !ok || a != m.Addr() || to != m {
					t.Errorf("%v, %v, to %v", a, ok, to)
				}
				f = packet(proto, netip.AddrPortFrom(server.Addr(), 81), netip.AddrPortFrom(self, ports[i]), ack, partial)
				if _, ok := r.In(&f); ok {
					t.Error("another port of the server gets in")
				}
			}
		}
	}
}

func TestPingsGoOutAndBack(t *testing.T) {
	r := newRig(t)
	f := packet(ether.ProtoICMP, one, server, echoRequest, false)
	if !r.Out(&f) {
		t.Fatal("not sent")
	}
	from, _ := r.good(f)
	f = packet(ether.ProtoICMP, netip.AddrPortFrom(server.Addr(), from.Port()), netip.AddrPortFrom(self, 0), echoReply, false)
	a, ok := r.In(&f)
	if _, to := r.good(f); !ok || a != one.Addr() || to.Port() != one.Port() {
		t.Errorf("%v, %v, %v", a, ok, to)
	}
	f = packet(ether.ProtoICMP, two, server, echoReply, false)
	if r.Out(&f) {
		t.Error("an answer nobody asked for is sent")
	}
	f = packet(ether.ProtoICMP, netip.AddrPortFrom(server.Addr(), from.Port()), netip.AddrPortFrom(self, 0), echoRequest, false)
	if _, ok := r.In(&f); ok {
		t.Error("the world pings a machine")
	}
}

func TestPortsAreForwarded(t *testing.T) {
	r := newRig(t)
	guest := netip.AddrPortFrom(one.Addr(), 22)
	rule := Rule{ether.ProtoTCP, 2222, guest}
	if err := r.Forward(rule); err != nil {
		t.Fatal(err)
	}
	if r.Forward(rule) == nil {
		t.Error("a port leads to two machines")
	}
	at := netip.AddrPortFrom(self, 2222)
	f := packet(ether.ProtoTCP, server, at, ack, false)
	if _, ok := r.In(&f); ok {
		t.Error("it begins without SYN")
	}
	f = packet(ether.ProtoTCP, server, at, syn, false)
	a, ok := r.In(&f)
	if _, to := r.good(f); !ok || a != one.Addr() || to != guest {
		t.Errorf("%v, %v, to %v", a, ok, to)
	}
	f = packet(ether.ProtoTCP, guest, server, syn|ack, false)
	ok = r.Out(&f)
	if from, to := r.good(f); !ok || from != at || to != server {
		t.Errorf("answer %v from %v", ok, from)
	}
	r.Forget(one.Addr())
	f = packet(ether.ProtoTCP, server, at, syn, false)
	if _, ok := r.In(&f); ok || r.Status().Flows != 0 {
		t.Error("the port of a machine that is gone is open")
	}
}

func TestFlowsEnd(t *testing.T) {
	for _, tt := range []struct {
		what     string
		proto    uint8
		answered bool
		last     byte
		after    time.Duration
	}{
		{"UDP", ether.ProtoUDP, true, 0, 2 * time.Minute}, {"UDP, no answer", ether.ProtoUDP, false, 0, 30 * time.Second},
		{"TCP, no answer", ether.ProtoTCP, false, syn, time.Minute}, {"TCP", ether.ProtoTCP, true, ack, 124 * time.Minute},
		{"TCP, over", ether.ProtoTCP, true, fin | ack, time.Minute},
	} {
		for _, late := range []bool{false, true} {
			r := newRig(t)
			f := packet(tt.proto, one, server, syn, false)
			r.Out(&f)
			from, _ := r.good(f)
			back := packet(tt.proto, server, from, syn|ack, false)
			if tt.answered {
				r.In(&back)
				f = packet(tt.proto, one, server, tt.last, false)
				r.Out(&f)
			}
			r.clock += uint64(tt.after) - 1
			if late {
				r.clock++
			}
			f = packet(tt.proto, server, from, ack, false)
			if _, ok := r.In(&f); ok == late {
				t.Errorf("%s: late %v, in %v", tt.what, late, ok)
			}
		}
	}
}

func TestTheTableIsBounded(t *testing.T) {
	r := newRig(t)
	flood := func(m netip.Addr, n int) (sent int) {
		for i := range n {
			f := packet(ether.ProtoUDP, netip.AddrPortFrom(m, uint16(i)), netip.AddrPortFrom(server.Addr(), uint16(i>>16)+1), 0, false)
			if r.Out(&f) {
				sent++
			}
		}
		return sent
	}
	if n := flood(one.Addr(), 3*maxOfOne); n != maxOfOne {
		t.Errorf("one machine has %d flows", n)
	}
	if n := flood(two.Addr(), 10); n != 10 {
		t.Errorf("another has %d of 10", n)
	}
	for i := range byte(20) {
		flood(netip.AddrFrom4([4]byte{10, 77, 1, i}), maxOfOne)
	}
	if s := r.Status(); s.Flows != maxFlows || s.Refused == 0 {
		t.Errorf("%+v", s)
	}
	r.clock += idleBegun
	if n := flood(netip.AddrFrom4([4]byte{10, 77, 2, 1}), 10); n != 10 || r.Status().Flows != 10 {
		t.Errorf("%d of 10 when all are old, %d in all", n, r.Status().Flows)
	}
	r.SetAddress(netip.Addr{})
	if n := flood(one.Addr(), 1); n != 0 || r.Status().Flows != 0 || len(r.of) != 0 {
		t.Error("flows without an address")
	}
}

func FuzzTranslate(f *testing.F) {
	for _, proto := range []uint8{ether.ProtoTCP, ether.ProtoUDP, ether.ProtoICMP} {
		p := packet(proto, one, server, echoRequest, false)
		f.Add(p.Data, false, uint16(0), uint16(0))
	}
	p := packet(ether.ProtoTCP, server, netip.AddrPortFrom(self, 22), syn, true)
	f.Add(p.Data, true, p.Start, p.Offset)
	f.Fuzz(func(t *testing.T, b []byte, checksum bool, start, offset uint16) {
		r := newRig(t)
		r.Forward(Rule{ether.ProtoTCP, 22, one})
		for range 2 {
			g := ether.Frame{Data: bytes.Clone(b), Offload: ether.Offload{Checksum: checksum, Start: start, Offset: offset}}
			r.Out(&g)
			if len(g.Data) != len(b) {
				t.Error("another length")
			}
			r.In(&g)
			g.Data = bytes.Clone(b)
			r.In(&g)
		}
		if r.Status().Flows > 2 || len(r.ins) != len(r.outs) {
			t.Errorf("%d and %d flows", len(r.ins), len(r.outs))
		}
	})
}
