package e1000

import (
	"encoding/binary"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

// The last 8 bytes of a receive descriptor. SDM §3.2.3.
const (
	rxDD     = 1 << 32
	rxEOP    = 1 << 33
	rxIgnore = 1 << 34 // IXSM: no checksum was looked at
	rxVLAN   = 1 << 35 // VP: the tag is in the descriptor
)

const (
	minFrame  = 60   // without the frame check sequence: IEEE 802.3 §3.2.8
	maxFrame  = 1518 // that is no long packet
	fcs       = 4
	frameRoom = ether.MaxWire + fcs
)

// receive gives the guest what waits, as far as it has buffers.
func (a *Adapter) receive() {
	var causes uint32
	if n := a.missed.Swap(0); n > 0 {
		a.count(regMPC, n)
		causes = icrRXO
	}
	for {
		f, ok := a.queue.Get()
		if !ok {
			break
		}
		if a.rctl&rctlEN == 0 || !a.master() || !a.wants(f.Data) {
			a.queue.Done()
			continue
		}
		why, room := a.put(f.Data)
		causes |= why
		if !room {
			break
		}
		a.queue.Done()
	}
	if causes != 0 {
		a.cause(causes)
	}
}

// put puts a frame into the guest's buffers, with the causes of an interrupt;
// room is false if there are too few of them.
func (a *Adapter) put(b []byte) (causes uint32, room bool) {
	var frame [frameRoom]byte
	var end uint64 = rxDD | rxEOP | rxIgnore
	n := copy(frame[:], b)
	if h, ok := ether.Parse(b); ok && h.Tagged && a.ctrl&ctrlVME != 0 {
		const at = 12
		end |= rxVLAN | uint64(binary.BigEndian.Uint16(b[at+2:]))<<special
		n = at + copy(frame[at:], b[at+ether.TagSize:])
		clear(frame[n:])
	}
	n = max(n, minFrame)
	if a.rctl&rctlCRC == 0 {
		clear(frame[n:][:fcs]) // nobody looks at it
		n += fcs
	}
	size, r := a.bufferSize(), &a.rx
	need := uint32((n + size - 1) / size)
	if r.left() < need {
		return 0, r.count() > 0 && need >= r.count() // then there never will be enough
	}
	a.counted(frame[:n])
	for p := frame[:n]; len(p) > 0; {
		piece := p[:min(len(p), size)]
		p = p[len(piece):]
		status := uint64(rxDD | rxIgnore)
		if len(p) == 0 {
			status = end
		}
		var d [descriptor]byte
		if a.memory.Read(r.at(), d[:8]) != nil {
			r.head = r.tail // the ring is not in memory
			return 0, true
		}
		if gpa := binary.LittleEndian.Uint64(d[:]); gpa != 0 && a.memory.Write(gpa, piece) != nil {
			status |= rxError
		}
		binary.LittleEndian.PutUint64(d[8:], status|uint64(len(piece)))
		_ = a.memory.Write(r.at()+8, d[8:])
		r.next()
	}
	if r.left() <= r.count()>>(1+a.rctl>>rctlRDMTS&3) {
		causes |= icrRXDMT0
	}
	return causes | icrRXT0, true
}

const rxError = 1 << 47 // RXE: a data error

// counted counts a frame.
func (a *Adapter) counted(b []byte) {
	a.count(regGPRC, 1)
	a.count(regTPR, 1)
	a.octets(regGORCL, len(b))
	a.octets(regTORL, len(b))
	switch m := ether.MAC(b[:6]); {
	case m == ether.Broadcast:
		a.count(regBPRC, 1)
	case m.Multicast():
		a.count(regMPRC, 1)
	}
}

// bufferSize is how much a receive buffer holds, in bytes. SDM §13.4.22.
func (a *Adapter) bufferSize() int {
	n := 2048 >> (a.rctl >> rctlBSIZE & 3)
	if a.rctl&rctlBSEX != 0 {
		n = min(n*16, 16384)
	}
	return n
}

// wants tells whether the guest wants a frame. SDM §3.2.1.
func (a *Adapter) wants(b []byte) bool {
	h, ok := ether.Parse(b)
	if len(b) < ether.HeaderSize || len(b) > ether.MaxWire {
		return false
	}
	limit := maxFrame - fcs
	if ok && h.Tagged {
		limit += ether.TagSize
		if a.rctl&rctlVFE != 0 && a.vfta[h.VLAN>>5]>>(h.VLAN&31)&1 == 0 {
			return false
		}
	}
	if len(b) > limit && a.rctl&rctlLPE == 0 {
		return false
	}
	m := ether.MAC(b[:6])
	switch {
	case m == ether.Broadcast && a.rctl&rctlBAM != 0:
		return true
	case m.Multicast() && (a.rctl&rctlMPE != 0 || a.group(m)), !m.Multicast() && a.rctl&rctlUPE != 0:
		return true
	}
	low, high := binary.LittleEndian.Uint32(m[:]), uint32(binary.LittleEndian.Uint16(m[4:]))
	for i := 0; i < len(a.filters); i += 2 {
		if a.filters[i] == low && a.filters[i+1]&(rahValid|0xffff) == rahValid|high {
			return true
		}
	}
	return false
}

// group tells whether the table of groups has an address: 12 bits of it, chosen
// by RCTL.MO, are the number of a bit there. SDM §13.5.1.
func (a *Adapter) group(m ether.MAC) bool {
	shift := [4]uint{4, 3, 2, 0}[a.rctl>>rctlMO&3]
	i := uint32(binary.LittleEndian.Uint16(m[4:])) >> shift & 0xfff
	return a.mta[i>>5]>>(i&31)&1 != 0
}
