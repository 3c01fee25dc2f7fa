package vswitch

import (
	"net/netip"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

// packet is an IPv4 packet between two addresses.
func packet(from, to *station, proto uint8, rest ...byte) []byte {
	b := append(to.mac[:], from.mac[:]...)
	n := 20 + len(rest)
	b = append(b, 8, 0, 0x45, 0, byte(n>>8), byte(n), 0, 0, 0, 0, 64, proto, 0, 0)
	b = append(append(b, from.ip[:]...), to.ip[:]...)
	return append(b, rest...)
}

func tcp(from, to *station, flags byte, ports ...byte) []byte {
	return packet(from, to, ether.ProtoTCP, append(ports, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, flags, 0, 0, 0, 0, 0, 0)...)
}

func TestPolicies(t *testing.T) {
	l := newLAN(t)
	host := l.plug(1, PortConfig{Name: "host", MAC: ether.MAC{2, 0, 0, 0, 0, 1}, Services: netip.AddrFrom4([4]byte{10, 0, 0, 1})})
	open := l.plug(2, PortConfig{})
	in := l.plug(3, PortConfig{Name: "in", MAC: ether.MAC{2, 0, 0, 0, 0, 3}, Policy: Inbound})
	alone := l.plug(4, PortConfig{Name: "alone", MAC: ether.MAC{2, 0, 0, 0, 0, 4}, Policy: Isolated})
	world := &station{mac: host.mac, ip: [4]byte{8, 8, 8, 8}} // behind the host
	everybody := &station{mac: ether.Broadcast, ip: broadcast}
	group := &station{mac: ether.MAC{1, 0, 0x5e, 0, 0, 1}, ip: [4]byte{224, 0, 0, 1}}
	arp := func(from, to *station) []byte { return append(append(to.mac[:6:6], from.mac[:]...), 8, 6, 0, 1) }
	const syn, ack = tcpSYN, tcpACK
	up, down := []byte{0, 80, 1, 0}, []byte{1, 0, 0, 80}
	for _, tt := range []struct {
		what  string
		from  *station
		frame []byte
		to    *station
		want  bool
	}{
		{"open connects", open, tcp(open, in, syn, down...), in, true},
		{"inbound answers", in, tcp(in, open, syn|ack, up...), open, true},
		{"inbound goes on", in, tcp(in, open, ack, up...), open, true},
		{"from another port", in, tcp(in, open, ack, 0, 81, 1, 0), open, false},
		{"inbound connects", in, tcp(in, open, syn, 9, 9, 0, 80), open, false},
		{"inbound connects with the same ports", in, tcp(in, open, syn, up...), open, false},
		{"a stray answer", open, tcp(open, in, ack, 7, 7, 7, 7), in, false},
		{"inbound asks", in, packet(in, open, ether.ProtoUDP, 9, 9, 0, 53, 0, 8, 0, 0), open, false},
		{"open asks", open, packet(open, in, ether.ProtoUDP, 9, 9, 0, 53, 0, 8, 0, 0), in, true},
		{"inbound tells", in, packet(in, open, ether.ProtoUDP, 0, 53, 9, 9, 0, 8, 0, 0), open, true},
		{"inbound pings", in, packet(in, open, ether.ProtoICMP, 8, 0, 0, 0, 1, 2, 0, 0), open, false},
		{"inbound is pinged", open, packet(open, in, ether.ProtoICMP, 8, 0, 0, 0, 1, 2, 0, 0), in, true},
		{"and answers", in, packet(in, open, ether.ProtoICMP, 0, 0, 0, 0, 1, 2, 0, 0), open, true},
		{"but pings not in turn", in, packet(in, open, ether.ProtoICMP, 8, 0, 0, 0, 1, 2, 0, 0), open, false},
		{"inbound finds the address", in, arp(in, open), open, true},
		{"inbound, IPv6", in, raw(in.mac, open.mac, 0, "x"), open, false},
		{"a fragment to inbound", open, func() []byte { b := tcp(open, in, syn, down...); b[20] = 0x20; return b }(), in, false},
		{"a datagram to a group", open, packet(open, group, ether.ProtoUDP, 9, 9, 0, 53, 0, 8, 0, 0), in, false},
		{"another protocol", open, packet(open, in, 47, 0, 0, 0, 0, 0, 0, 0, 0), in, false},
		{"inbound asks the services", in, tcp(in, host, syn, 9, 9, 0, 80), host, true},
		{"inbound asks for an address", in, packet(in, everybody, ether.ProtoUDP, 0, 68, 0, 67, 0, 8, 0, 0), host, true},
		{"inbound and the world", in, tcp(in, world, syn, 9, 9, 0, 80), host, false},
		{"the world connects", host, tcp(world, in, syn, down...), in, true},
		{"inbound answers it", in, tcp(in, world, syn|ack, up...), host, true},
		{"open and isolated", open, tcp(open, alone, syn, down...), alone, false},
		{"isolated and open", alone, tcp(alone, open, syn, down...), open, false},
		{"isolated and inbound", alone, tcp(alone, in, syn, down...), in, false},
		{"inbound and isolated", in, tcp(in, alone, ack, up...), alone, false},
		{"isolated asks the services", alone, tcp(alone, host, syn, 9, 9, 0, 80), host, true},
		{"and is answered", host, tcp(host, alone, syn|ack, 0, 80, 9, 9), alone, true},
		{"isolated and the world", alone, tcp(alone, world, syn, 9, 9, 0, 80), host, false},
		{"the world and isolated", host, tcp(world, alone, syn, 9, 9, 0, 80), alone, false},
		{"isolated finds the services", alone, arp(alone, host), host, true},
		{"and they find it", host, arp(host, alone), alone, true},
		{"isolated finds another", alone, arp(alone, open), open, false},
		{"another finds it", open, arp(open, alone), alone, false},
		{"a broadcast to isolated", open, packet(open, everybody, ether.ProtoUDP, 0, 67, 0, 68, 0, 8, 0, 0), alone, false},
		{"another as the services", open, packet(&station{mac: open.mac, ip: host.ip}, alone, ether.ProtoUDP, 0, 67, 0, 68, 0, 8, 0, 0), alone, false},
	} {
		before := tt.from.port.Counters().Sent.Policy
		tt.from.port.Send(ether.Frame{Data: tt.frame})
		if got := len(tt.to.take()) == 1; got != tt.want {
			t.Errorf("%s: %v", tt.what, got)
		}
		if !tt.want && tt.from.port.Counters().Sent.Policy == before && !ether.MAC(tt.frame[:6]).Multicast() {
			t.Errorf("%s: not counted", tt.what)
		}
		for _, s := range []*station{host, open, in, alone} {
			s.take()
		}
	}
	l.now.Add(uint64(11 * time.Minute))
	in.port.Send(ether.Frame{Data: tcp(in, open, ack, up...)})
	l.want("after a long silence", 0, open)
	for i := range 2 * maxFlows {
		open.port.Send(ether.Frame{Data: tcp(open, in, syn, byte(i>>8), byte(i), 0, 80)})
	}
	l.want("more connections than there is room for", maxFlows, in)
}
