package nic

import (
	"encoding/binary"
	"slices"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

// Commands: a class, a command, what belongs to it, and an answer. VIRTIO 1.2
// §5.1.6.5.
const (
	classRX         = 0
	rxPromiscuous   = 0
	rxAllMulticast  = 1
	classMAC        = 1
	macTable        = 0
	macAddress      = 1
	classPairs      = 4
	pairsSet        = 0
	classOffloads   = 5
	offloadsSet     = 0
	answerOK        = 0
	answerError     = 1
	maxAddresses    = 64 // in each of the two tables
	controlRounds   = 16
	addressSize     = 6
	maxCommandBytes = 2 + 2*(4+maxAddresses*addressSize)
)

// settings are what the driver can command.
type settings struct {
	mac          ether.MAC
	promiscuous  bool
	allMulticast bool
	addresses    []ether.MAC // those it wants beside its own
	pairs        int         // in use
}

// control serves the control queue.
func (d *Device) control() {
	i := d.controlQueue()
	q := d.core.Queue(i)
	for n := 0; ; n++ {
		if n == controlRounds {
			d.core.Again(i)
			break
		}
		if !q.Next(&d.chain) {
			if !q.Notify(true) {
				break
			}
			continue
		}
		answer, written := []byte{answerError}, uint32(0)
		if d.command() {
			answer[0] = answerOK
		}
		written = uint32(d.chain.Write(answer))
		q.Use(d.chain.Token(), written)
	}
	d.core.Flush(i)
}

// command does the command in the chain; ok is false if there is no such one.
func (d *Device) command() (ok bool) {
	var b [maxCommandBytes]byte
	n := d.chain.Read(b[:])
	if n < 2 || d.chain.OutLen() != 0 {
		return false
	}
	data := b[2:n]
	switch [2]byte(b[:2]) {
	case [2]byte{classRX, rxPromiscuous}:
		return flag(data, &d.promiscuous)
	case [2]byte{classRX, rxAllMulticast}:
		return flag(data, &d.allMulticast)
	case [2]byte{classMAC, macTable}:
		return d.setAddresses(data)
	case [2]byte{classMAC, macAddress}:
		if len(data) != addressSize {
			return false
		}
		copy(d.mac[:], data)
		copy(d.config[configMAC:], data)
		return true
	case [2]byte{classPairs, pairsSet}:
		return d.setPairs(data)
	case [2]byte{classOffloads, offloadsSet}:
		if len(data) != 8 || !d.core.Has(FeatureGuestOffloads) {
			return false
		}
		d.offer(uint32(binary.LittleEndian.Uint64(data)) & guestOffloads)
		return true
	}
	return false
}

func flag(data []byte, p *bool) (ok bool) {
	if len(data) != 1 {
		return false
	}
	*p = data[0] != 0
	return true
}

func (d *Device) setPairs(data []byte) (ok bool) {
	if len(data) != 2 || !d.core.Has(FeatureMultiQueue) {
		return false
	}
	n := int(binary.LittleEndian.Uint16(data))
	if n < 1 || n > d.made.Pairs {
		return false
	}
	d.pairs = n
	return true
}

// setAddresses takes two tables, of single addresses and of groups: a count and
// the addresses each.
func (d *Device) setAddresses(data []byte) (ok bool) {
	all := make([]ether.MAC, 0, len(data)/addressSize)
	for range 2 {
		if len(data) < 4 {
			return false
		}
		n := binary.LittleEndian.Uint32(data)
		data = data[4:]
		if n > uint32(len(data)/addressSize) {
			return false
		}
		for range n {
			all = append(all, ether.MAC(data[:addressSize]))
			data = data[addressSize:]
		}
	}
	d.addresses = all
	return len(data) == 0
}

// wanted tells whether the guest wants a frame, by its destination.
func (d *Device) wanted(frame []byte) bool {
	if len(frame) < ether.HeaderSize {
		return false
	}
	to := ether.MAC(frame[:addressSize])
	return d.promiscuous || to == d.mac || to == ether.Broadcast || d.allMulticast && to.Multicast() || slices.Contains(d.addresses, to)
}
