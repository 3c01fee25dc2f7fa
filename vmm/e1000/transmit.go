package e1000

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

// Fields of the last 8 bytes of a transmit descriptor. SDM §3.3.3, §3.3.6,
// §3.3.7.
const (
	txLength  = 0xffff  // of a legacy descriptor
	txDataLen = 0xfffff // of a data descriptor
	txType    = 20
	txTypes   = 0xf
	txContext = 0
	txData    = 1

	cmdEOP  = 1 << 24
	cmdIC   = 1 << 26 // legacy: put a checksum in
	cmdTSE  = 1 << 26 // else: cut the packet up
	cmdRS   = 1 << 27 // say when it is done
	cmdDEXT = 1 << 29 // not a legacy descriptor
	cmdVLE  = 1 << 30 // put a VLAN tag in

	// Of a context: the packet is TCP, in IPv4.
	cmdTCP = 1 << 24
	cmdIP  = 1 << 25

	staDD = 1 << 32

	optIXSM = 1 << 40 // the IP header's checksum is put in
	optTXSM = 1 << 41 // TCP's or UDP's is
	special = 48      // shift of the VLAN tag
)

// batch is how many descriptors are looked at before others have their turn, and
// batchBytes how much they may bring.
const (
	batch      = 256
	batchBytes = 512 << 10
)

// context is what a context descriptor says. Offsets are in bytes from the
// packet's beginning; an end of 0 is the packet's.
type context struct {
	ipStart, ipField uint8
	ipEnd            uint16
	tuStart, tuField uint8
	tuEnd            uint16
	command          uint32
	header           uint8
	mss              uint16
}

// transmitter is a packet on its way out.
type transmitter struct {
	context
	n       int  // bytes in buf
	data    bool // the packet's first descriptor was a data descriptor
	lost    bool // it cannot be sent
	cut     bool // TSE
	options uint64
	buf     [ether.MaxFrame]byte
}

// transmit sends what the guest has put in the ring, a batch at the most.
func (a *Adapter) transmit() {
	if !a.master() || a.tctl&tctlEN == 0 {
		return
	}
	r := &a.txRing
	var causes uint32
	brought := 0
	for n := 0; r.left() > 0; n++ {
		if n == batch || brought > batchBytes {
			a.more.Set(a.clock.Now())
			a.cause(causes)
			return
		}
		var d [descriptor]byte
		if a.memory.Read(r.at(), d[:]) != nil {
			r.head = r.tail // the ring is not in memory
			break
		}
		low, high := binary.LittleEndian.Uint64(d[:]), binary.LittleEndian.Uint64(d[8:])
		before := a.tx.n
		brought += max(a.take(low, high)-before, 0)
		if high&cmdRS != 0 {
			binary.LittleEndian.PutUint64(d[8:], high|staDD)
			if a.memory.Write(r.at()+8, d[8:]) == nil {
				causes |= icrTXDW
			}
		}
		r.next()
		causes |= icrTXQE
	}
	if causes != 0 {
		a.cause(causes)
	}
}

// take takes a descriptor, and returns how long the packet was with it.
func (a *Adapter) take(low, high uint64) (n int) {
	t := &a.tx
	switch {
	case high&cmdDEXT == 0:
		t.gather(a, low, high&txLength)
		n = t.n
		if high&cmdEOP != 0 && !t.data {
			a.legacy(high)
		} else if high&cmdEOP != 0 {
			a.end(high)
		}
		return n
	case high>>txType&txTypes == txContext:
		t.context = context{ipStart: uint8(low), ipField: uint8(low >> 8), ipEnd: uint16(low >> 16),
			tuStart: uint8(low >> 32), tuField: uint8(low >> 40), tuEnd: uint16(low >> 48),
			command: uint32(high), header: uint8(high >> 40), mss: uint16(high >> 48)}
		return t.n
	case high>>txType&txTypes != txData:
		return t.n
	}
	if t.n == 0 && !t.data {
		t.data, t.options, t.cut = true, high, high&cmdTSE != 0
	}
	t.gather(a, low, high&txDataLen)
	n = t.n
	if high&cmdEOP != 0 {
		a.end(high)
	}
	return n
}

// gather adds n bytes at a guest-physical address to the packet.
func (t *transmitter) gather(a *Adapter, gpa, n uint64) {
	if t.lost || n > uint64(len(t.buf)-t.n) || a.memory.Read(gpa, t.buf[t.n:][:n]) != nil {
		t.lost = true
		return
	}
	t.n += int(n)
}

// legacy sends the packet of legacy descriptors. SDM §3.3.3.
func (a *Adapter) legacy(last uint64) {
	t := &a.tx
	field, start := uint8(last>>16), uint8(last>>40)
	if last&cmdIC != 0 {
		sum(t.buf[:t.n], start, field, 0)
	}
	a.send(ether.Frame{Data: t.buf[:t.n]}, last)
}

// end sends the packet of data descriptors.
func (a *Adapter) end(last uint64) {
	t := &a.tx
	f := ether.Frame{Data: t.buf[:t.n]}
	if t.cut {
		t.prepare(&f)
	}
	if t.options&optIXSM != 0 {
		sum(f.Data, t.ipStart, t.ipField, t.ipEnd)
	}
	if t.options&optTXSM != 0 {
		switch {
		case t.tuEnd == 0 && t.tuField >= t.tuStart && int(t.tuField)+2 <= t.n:
			f.Offload.Checksum = true
			f.Start, f.Offset = uint16(t.tuStart), uint16(t.tuField-t.tuStart)
		default:
			f.Segment = ether.SegmentNone
			sum(f.Data, t.tuStart, t.tuField, t.tuEnd)
		}
	}
	a.send(f, last)
}

// prepare fills in what a packet that is to be cut lacks: its length, which is
// also missing in the sum of TCP's pseudo-header. SDM §3.5.
func (t *transmitter) prepare(f *ether.Frame) {
	const ipv4Length, ipv6Length, ipv6Header = 2, 4, 40
	ip, tu, n := int(t.ipStart), int(t.tuStart), t.n
	sumAt := int(t.tuField)
	if t.command&cmdTCP == 0 || ip+ipv6Header > n || tu < ip || sumAt < tu || sumAt+2 > n || n-ip > 0xffff {
		t.lost = true
		return
	}
	f.Segment = ether.SegmentTCP6
	if t.command&cmdIP != 0 {
		f.Segment = ether.SegmentTCP4
		binary.BigEndian.PutUint16(f.Data[ip+ipv4Length:], uint16(n-ip))
	} else {
		binary.BigEndian.PutUint16(f.Data[ip+ipv6Length:], uint16(n-ip-ipv6Header))
	}
	f.Header, f.Size = uint16(t.header), t.mss
	length := [2]byte{byte((n - tu) >> 8), byte(n - tu)}
	binary.BigEndian.PutUint16(f.Data[sumAt:], ether.Sum(length[:], binary.BigEndian.Uint16(f.Data[sumAt:])))
	if n <= int(t.header)+int(t.mss) { // one segment
		f.Segment, f.Header, f.Size = ether.SegmentNone, 0, 0
	}
	t.options |= optTXSM
}

// sum puts the checksum of the bytes from start to end, which is the last or 0,
// into a field, if they are there. What is in the field counts: software puts 0
// there, or the pseudo-header's sum.
func sum(b []byte, start, field uint8, end uint16) {
	n := len(b)
	if end != 0 {
		n = min(n, int(end)+1)
	}
	if int(start) >= n || int(field)+2 > len(b) {
		return
	}
	binary.BigEndian.PutUint16(b[field:], ether.Checksum(ether.Sum(b[start:n], 0)))
}

// send sends a packet and forgets it.
func (a *Adapter) send(f ether.Frame, last uint64) {
	t := &a.tx
	if last&cmdVLE != 0 && a.ctrl&ctrlVME != 0 && !t.lost {
		t.tag(&f, uint16(a.plain[plainIndex(regVET)]), uint16(last>>special))
	}
	if !t.lost && t.n >= ether.HeaderSize {
		a.count(regGPTC, 1)
		a.count(regTPT, 1)
		a.octets(regGOTCL, t.n)
		a.octets(regTOTL, t.n)
		a.port.Send(f)
	}
	t.n, t.data, t.lost, t.cut, t.options = 0, false, false, false, 0
}

// tag puts a VLAN tag into the packet.
func (t *transmitter) tag(f *ether.Frame, kind, vlan uint16) {
	const at = 12
	if t.n < ether.HeaderSize || t.n+ether.TagSize > len(t.buf) {
		t.lost = true
		return
	}
	copy(t.buf[at+ether.TagSize:], t.buf[at:t.n])
	binary.BigEndian.PutUint16(t.buf[at:], kind)
	binary.BigEndian.PutUint16(t.buf[at+2:], vlan)
	t.n += ether.TagSize
	f.Data = t.buf[:t.n]
	if f.Checksum {
		f.Start += ether.TagSize
	}
	if f.Segment != ether.SegmentNone {
		f.Header += ether.TagSize
	}
}
