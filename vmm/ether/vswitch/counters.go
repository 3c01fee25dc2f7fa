package vswitch

import "sync/atomic"

// drop is why a frame is lost.
type drop uint8

const (
	dropBad drop = iota
	dropSpoof
	dropVLAN
	dropPolicy
	dropRate
	dropFull
	drops
	passed = drops
)

type direction struct {
	frames, bytes atomic.Uint64
	drops         [drops]atomic.Uint64
}

type counts struct{ in, out direction }

// Direction counts what an adapter sent, or what it received.
type Direction struct {
	// Frames and Bytes count, of what it sent, all frames, and of what it
	// received, those it took.
	Frames, Bytes uint64
	Drops
}

// Drops counts frames that are lost, by the reason.
type Drops struct {
	Bad    uint64 // what it says about itself cannot be
	Spoof  uint64 // sent from an address of somebody else
	VLAN   uint64 // for a VLAN that the port is not in
	Policy uint64 // to somebody it may not talk to
	Rate   uint64 // beyond the port's rate
	Full   uint64 // the receiver had no room
}

// Total is the number of frames lost for any reason.
func (d Drops) Total() uint64 { return d.Bad + d.Spoof + d.VLAN + d.Policy + d.Rate + d.Full }

// Counters are a port's counters, as its adapter sees it.
type Counters struct{ Sent, Received Direction }

// Counters is what went through the port so far.
func (p *Port) Counters() Counters { return Counters{p.counts.in.load(), p.counts.out.load()} }

func (d *direction) load() Direction {
	return Direction{d.frames.Load(), d.bytes.Load(), Drops{
		d.drops[dropBad].Load(), d.drops[dropSpoof].Load(), d.drops[dropVLAN].Load(),
		d.drops[dropPolicy].Load(), d.drops[dropRate].Load(), d.drops[dropFull].Load()}}
}
