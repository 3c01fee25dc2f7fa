package vga

import (
	"encoding/binary"
	"math/bits"
)

// datapath is how a byte at the window reaches the planes, as the registers have
// it. A dword has a byte of each plane; masks and colours are spread over one,
// so that all four are dealt with at once.
type datapath struct {
	linear bool   // an extended mode: the window is bytes of the memory
	bank   uint64 // where in the memory the window begins, in bytes of a plane or of all

	first, size uint64 // where in the window memory answers
	chain4      bool   // address bits 1:0 select the plane
	writePairs  bool   // address bit 0 selects the even planes or the odd ones
	readPairs   bool

	mapMask  uint32
	mode     uint8
	rotate   uint8
	function uint8
	setReset uint32
	enable   uint32 // planes that get setReset, not what is written
	bitMask  uint32
	compare  uint32
	care     uint32
	byColor  bool // reads compare colours
	readMap  uint8
}

// windows are the places that gcMisc puts memory at, from 0xA0000 on.
var windows = [4][2]uint64{{0, 128 << 10}, {0, 64 << 10}, {64 << 10, 32 << 10}, {96 << 10, 32 << 10}}

// spread is four bits as four bytes of all zeros or ones.
func spread(b uint8) uint32 {
	w := uint32(b & 1)
	w |= uint32(b>>1&1) << 8
	w |= uint32(b>>2&1) << 16
	w |= uint32(b>>3&1) << 24
	return w * 0xff
}

// repeat is a byte four times.
func repeat(b uint8) uint32 { return uint32(b) * 0x01010101 }

func (v *VGA) newDatapath() datapath {
	seq, gc := &v.seq.regs, &v.gc.regs
	where := windows[gc[gcMisc]>>gcMapShift&3]
	p := datapath{
		linear:     v.vbe.linear(),
		first:      where[0],
		size:       where[1],
		chain4:     seq[seqMode]&seqModeChain4 != 0,
		writePairs: seq[seqMode]&seqModeNoPairs == 0,
		readPairs:  gc[gcMode]&gcPairs != 0,
		mapMask:    spread(seq[seqMapMask]),
		mode:       gc[gcMode] & gcWriteMode,
		rotate:     gc[gcRotate] & 7,
		function:   gc[gcRotate] >> 3 & 3,
		setReset:   spread(gc[gcSetReset]),
		enable:     spread(gc[gcEnableSetReset]),
		bitMask:    repeat(gc[gcBitMask]),
		compare:    spread(gc[gcCompare]),
		care:       spread(gc[gcDontCare]),
		byColor:    gc[gcMode]&gcReadCompare != 0,
		readMap:    gc[gcReadMap] & 3,
	}
	if v.vbe.on() {
		p.bank = v.vbe.bank(uint64(len(v.mem)))
	}
	if v.misc&miscRAM == 0 {
		p.size = 0
	}
	return p
}

// locate turns an offset in the window into one in the planes; ok is false when
// no memory answers.
func (v *VGA) locate(off uint64) (at uint64, ok bool) {
	at = off - v.path.first
	if at >= v.path.size {
		return 0, false
	}
	// With 128 KiB, the upper half is the lower one again.
	return v.path.bank + at&(planeSize-1), true
}

// plane is the dword of the planes' bytes at an offset; the planes begin again
// where memory ends.
func (v *VGA) plane(at uint64) []byte {
	i := at * 4 & uint64(len(v.mem)-1)
	return v.mem[i : i+4]
}

func (v *VGA) readByte(off uint64) uint8 {
	at, ok := v.locate(off)
	if !ok {
		return nothing
	}
	p := &v.path
	n := p.readMap
	switch {
	case p.chain4:
		n, at = uint8(at&3), at&^3
	case p.readPairs:
		n, at = n&2|uint8(at&1), at&^1
	}
	v.latch = binary.LittleEndian.Uint32(v.plane(at))
	if !p.byColor {
		return uint8(v.latch >> (8 * n))
	}
	// A bit for each pixel whose colour is the one to compare with.
	d := (v.latch ^ p.compare) & p.care
	return ^uint8(d | d>>8 | d>>16 | d>>24)
}

func (v *VGA) writeByte(off uint64, b uint8) {
	at, ok := v.locate(off)
	if !ok {
		return
	}
	p := &v.path
	planes := p.mapMask
	switch {
	case p.chain4:
		planes &= 0xff << (8 * (at & 3))
		at &^= 3
	case p.writePairs:
		planes &= 0x00ff00ff << (8 * (at & 1))
		at &^= 1
	}
	mem := v.plane(at)
	old := binary.LittleEndian.Uint32(mem)
	binary.LittleEndian.PutUint32(mem, old&^planes|p.compute(b, v.latch)&planes)
}

// compute is what a byte that is written does to the latch, in the four write
// modes.
func (p *datapath) compute(b uint8, latch uint32) uint32 {
	var d uint32
	mask := p.bitMask
	switch p.mode {
	case 0:
		d = repeat(bits.RotateLeft8(b, -int(p.rotate)))&^p.enable | p.setReset&p.enable
	case 1:
		return latch
	case 2:
		d = spread(b)
	default:
		d = p.setReset
		mask &= repeat(bits.RotateLeft8(b, -int(p.rotate)))
	}
	switch p.function {
	case 1:
		d &= latch
	case 2:
		d |= latch
	case 3:
		d ^= latch
	}
	return d&mask | latch&^mask
}
