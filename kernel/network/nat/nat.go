// Package nat lets machines with private addresses talk to the world from the
// host's one address (RFC 3022, NAPT): it rewrites addresses and ports in
// frames, both ways, and forwards ports of the host to machines.
//
// gVisor's stack could do this too, but it keeps an established connection for
// five days and has no bound: a guest could fill the host's memory with them.
// Here a machine has a bounded number, and so have all together.
package nat

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

// Bounds of a table.
const (
	maxFlows   = 16384
	maxOfOne   = 2048 // of one machine
	firstPort  = 32768
	lastPort   = 65535
	portTries  = 64
	sweepEvery = uint64(time.Second)
)

// How long a flow may be silent, in ns. RFC 5382 §5, RFC 4787 §4.3, RFC 5508
// §3.2, and less where nobody has answered.
const (
	idleTCP   = uint64(2*time.Hour + 4*time.Minute)
	idleOpen  = uint64(time.Minute) // TCP, before an answer and after an end
	idleUDP   = uint64(2 * time.Minute)
	idleICMP  = uint64(time.Minute)
	idleBegun = uint64(30 * time.Second) // UDP, before an answer
)

type end struct {
	addr [4]byte
	port uint16
}

// inside is how a flow looks to a machine, outside how it looks to the world.
type inside struct {
	proto       uint8
	own, remote end
}

type outside struct {
	proto  uint8
	port   uint16
	remote end
}

type flow struct {
	in       inside
	port     uint16 // of the host
	seen     uint64
	answered bool // something came back
	ended    bool // TCP: a FIN or RST went by
}

// Rule leads a port of the host to one of a machine.
type Rule struct {
	Proto uint8 // ether.ProtoTCP or ether.ProtoUDP
	Port  uint16
	To    netip.AddrPort
}

type ruleKey struct {
	proto uint8
	port  uint16
}

// Table is the flows that are translated. Its methods may be used by any
// goroutine.
type Table struct {
	now func() uint64

	mu      sync.Mutex
	self    [4]byte // the host's address; 0 is none, and nothing passes
	ins     map[inside]*flow
	outs    map[outside]*flow
	of      map[[4]byte]int // flows by machine
	rules   map[ruleKey]Rule
	swept   uint64
	refused uint64
}

// New makes a table. now is the time in ns.
func New(now func() uint64) *Table {
	return &Table{now: now, ins: make(map[inside]*flow), outs: make(map[outside]*flow),
		of: make(map[[4]byte]int), rules: make(map[ruleKey]Rule)}
}

// SetAddress gives the table the host's address to the world. A new one ends all
// flows; an invalid one lets nothing pass.
func (t *Table) SetAddress(a netip.Addr) {
	var self [4]byte
	if a.Is4() {
		self = a.As4()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if self != t.self {
		t.self = self
		clear(t.ins)
		clear(t.outs)
		clear(t.of)
	}
}

// Forward adds a rule.
func (t *Table) Forward(r Rule) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	k := ruleKey{r.Proto, r.Port}
	if old, ok := t.rules[k]; ok {
		return fmt.Errorf("port %d leads to %v already", r.Port, old.To)
	}
	t.rules[k] = r
	return nil
}

// Forget drops the rules and flows of a machine.
func (t *Table) Forget(a netip.Addr) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, r := range t.rules {
		if r.To.Addr() == a {
			delete(t.rules, k)
		}
	}
	for _, f := range t.ins {
		if f.in.own.addr == a.As4() {
			t.remove(f)
		}
	}
}

// Status is what a table has.
type Status struct {
	Flows   int
	Refused uint64 // packets of flows that there was no room for
}

// Status is what the table has.
func (t *Table) Status() Status {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Status{len(t.ins), t.refused}
}

// Out makes a machine's frame to the world one of the host's, in place; ok is
// false if it is not to be sent.
func (t *Table) Out(f *ether.Frame) (ok bool) {
	h, own, remote, ok := ends(f)
	if !ok {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.self == [4]byte{} || remote.addr == t.self {
		return false
	}
	k := inside{h.Proto, own, remote}
	now := t.now()
	v := t.ins[k]
	if v != nil && now-min(v.seen, now) >= v.idle() {
		t.remove(v)
		v = nil
	}
	if v == nil {
		if v = t.begin(k, f, &h, now); v == nil {
			t.refused++
			return false
		}
	}
	v.note(f, &h, now)
	return rewrite(f, &h, source, end{t.self, v.port})
}

// begin makes a flow for a packet from a machine.
func (t *Table) begin(k inside, f *ether.Frame, h *ether.Headers, now uint64) *flow {
	if k.proto == ether.ProtoICMP && f.Data[h.Transport] != echoRequest || !t.room(k.own.addr, now) {
		return nil
	}
	port := k.own.port
	for i := 0; ; i++ {
		_, rule := t.rules[ruleKey{k.proto, port}]
		if port >= firstPort && !rule && t.outs[outside{k.proto, port, k.remote}] == nil {
			return t.add(k, port, now)
		}
		if i == portTries {
			return nil
		}
		port = firstPort + uint16(rand.IntN(lastPort-firstPort+1))
	}
}

// room tells whether a machine may have another flow.
func (t *Table) room(own [4]byte, now uint64) bool {
	full := func() bool { return len(t.ins) >= maxFlows || t.of[own] >= maxOfOne }
	if full() && now-min(t.swept, now) >= sweepEvery {
		t.swept = now
		for _, v := range t.ins {
			if now-min(v.seen, now) >= v.idle() {
				t.remove(v)
			}
		}
	}
	return !full()
}

func (t *Table) add(k inside, port uint16, now uint64) *flow {
	v := &flow{in: k, port: port, seen: now}
	t.ins[k] = v
	t.outs[v.out()] = v
	t.of[k.own.addr]++
	return v
}

func (t *Table) remove(v *flow) {
	delete(t.ins, v.in)
	delete(t.outs, v.out())
	if t.of[v.in.own.addr]--; t.of[v.in.own.addr] == 0 {
		delete(t.of, v.in.own.addr)
	}
}

func (v *flow) out() outside { return outside{v.in.proto, v.port, v.in.remote} }

// In makes a frame from the world to the host one to a machine, in place, and
// tells which; ok is false if it is for no machine.
func (t *Table) In(f *ether.Frame) (to netip.Addr, ok bool) {
	h, remote, self, ok := ends(f)
	if !ok {
		return to, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.self == [4]byte{} || self.addr != t.self {
		return to, false
	}
	now := t.now()
	v := t.outs[outside{h.Proto, self.port, remote}]
	if v != nil && now-min(v.seen, now) >= v.idle() {
		t.remove(v)
		v = nil
	}
	if v == nil {
		if v = t.accept(f, &h, remote, self.port, now); v == nil {
			return to, false
		}
	} else if h.Proto == ether.ProtoICMP && f.Data[h.Transport] != echoReply {
		return to, false
	}
	v.answered = true
	v.note(f, &h, now)
	return netip.AddrFrom4(v.in.own.addr), rewrite(f, &h, destination, v.in.own)
}

// accept makes a flow for a packet to a port that is forwarded.
func (t *Table) accept(f *ether.Frame, h *ether.Headers, remote end, port uint16, now uint64) *flow {
	r, ok := t.rules[ruleKey{h.Proto, port}]
	if !ok || h.Proto == ether.ProtoTCP && f.Data[h.Transport+13]&(tcpSYN|tcpACK) != tcpSYN {
		return nil
	}
	k := inside{h.Proto, end{r.To.Addr().As4(), r.To.Port()}, remote}
	if old := t.ins[k]; old != nil { // the machine talks there from that port by itself
		t.remove(old)
	}
	if !t.room(k.own.addr, now) {
		t.refused++
		return nil
	}
	return t.add(k, port, now)
}

// idle is how long the flow may be silent.
func (v *flow) idle() uint64 {
	switch {
	case v.in.proto == ether.ProtoICMP:
		return idleICMP
	case v.in.proto == ether.ProtoTCP && (v.ended || !v.answered):
		return idleOpen
	case v.in.proto == ether.ProtoTCP:
		return idleTCP
	case !v.answered:
		return idleBegun
	}
	return idleUDP
}

// note remembers what the flow's packet says about it.
func (v *flow) note(f *ether.Frame, h *ether.Headers, now uint64) {
	v.seen = max(v.seen, now)
	if h.Proto == ether.ProtoTCP {
		flags := f.Data[h.Transport+13]
		if flags&tcpSYN != 0 {
			v.ended = false
		}
		v.ended = v.ended || flags&(tcpFIN|tcpRST) != 0
	}
}

// ends are where a packet is from and where it goes; ok is false if it is not
// one that can be translated: all of TCP and UDP, and echo of ICMP, whose
// identifier is taken for both ports.
func ends(f *ether.Frame) (h ether.Headers, from, to end, ok bool) {
	h, ok = ether.Parse(f.Data)
	if !ok || h.Type != ether.TypeIPv4 || h.Tagged || h.Fragment || f.Checksum && int(f.Start) != h.Transport {
		return h, from, to, false
	}
	ip, p := f.Data[h.Network:], f.Data[h.Transport:h.End]
	from.addr, to.addr = [4]byte(ip[12:16]), [4]byte(ip[16:20])
	switch h.Proto {
	case ether.ProtoTCP, ether.ProtoUDP:
		if h.Proto == ether.ProtoTCP && len(p) < 20 || len(p) < 8 {
			return h, from, to, false
		}
		from.port, to.port = binary.BigEndian.Uint16(p), binary.BigEndian.Uint16(p[2:])
		return h, from, to, true
	case ether.ProtoICMP:
		if len(p) < 8 || f.Checksum || p[0] != echoRequest && p[0] != echoReply {
			return h, from, to, false
		}
		id := binary.BigEndian.Uint16(p[4:])
		if p[0] == echoReply {
			to.port = id
		} else {
			from.port = id
		}
		return h, from, to, true
	}
	return h, from, to, false
}

// RFC 9293 §3.1, RFC 792.
const (
	tcpFIN = 1 << 0
	tcpSYN = 1 << 1
	tcpRST = 1 << 2
	tcpACK = 1 << 4

	echoReply   = 0
	echoRequest = 8
)
