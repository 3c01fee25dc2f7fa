package vga

import "github.com/ringo-vmm/ringo/vmm/device"

type ports VGA

// Ports is the device for the ports from PortBase.
func (v *VGA) Ports() device.Ports { return (*ports)(v) }

// In is device.Ports'. Registers have 8 bits; a wider access is several.
func (p *ports) In(off uint16, size int) uint32 {
	var r uint32
	for i := range size {
		r |= uint32((*VGA)(p).read(PortBase+off+uint16(i))) << (8 * i)
	}
	return r
}

// Out is device.Ports'. A word at an index register is the index and its data.
func (p *ports) Out(off uint16, size int, w uint32) {
	for i := range size {
		(*VGA)(p).write(PortBase+off+uint16(i), uint8(w>>(8*i)))
	}
}

// there turns the ports of the CRT controller and its neighbours into those at
// 0x3Dx; ok is false where the adapter does not answer.
func (v *VGA) there(port uint16) (at uint16, ok bool) {
	const distance = portCRTC - portCRTCMono
	switch mono := v.misc&miscColor == 0; {
	case port >= 0x3c0 && port < 0x3d0:
		return port, true
	case port < 0x3c0:
		return port + distance, mono
	default:
		return port, !mono
	}
}

// nothing is what ports read that no register answers to.
const nothing = 0xff

func (v *VGA) read(port uint16) uint8 {
	port, ok := v.there(port)
	if !ok {
		return nothing
	}
	switch port {
	case portAttr:
		return v.attr.index
	case portAttrRead:
		return v.attr.read()
	case portMisc:
		return status0
	case portSeq:
		return v.seq.index
	case portSeq + 1:
		return v.seq.get(seqCount)
	case portDACMask, portDACRead, portDACWrite, portDACData:
		return v.dac.read(port)
	case portFeatureRead:
		return v.feature
	case portMiscRead:
		return v.misc
	case portGC:
		return v.gc.index
	case portGC + 1:
		return v.gc.get(gcCount)
	case portCRTC:
		return v.crtc.index
	case portCRTC + 1:
		return v.crtc.get(crtcCount)
	case portStatus1:
		v.attr.data = false
		return v.status1()
	}
	return nothing
}

// status0 is input status 0: a colour monitor answers the sense switch, and no
// interrupt is pending.
const status0 = 1 << 4

func (v *VGA) write(port uint16, b uint8) {
	port, ok := v.there(port)
	if !ok {
		return
	}
	switch port {
	case portAttr:
		v.attr.write(b)
	case portMisc:
		v.misc = b
		v.update()
	case portSeq, portGC, portCRTC:
		v.choose(port, b)
	case portSeq + 1:
		v.seq.set(seqBits[:], b)
		v.update()
	case portDACMask, portDACRead, portDACWrite, portDACData:
		v.dac.write(port, b, v.vbe.deepDAC())
	case portGC + 1:
		v.gc.set(gcBits[:], b)
		v.update()
	case portCRTC + 1:
		v.writeCRTC(b)
	case portStatus1: // the feature control register
		v.feature = b
	}
}

func (v *VGA) choose(port uint16, b uint8) {
	switch port {
	case portSeq:
		v.seq.index = b
	case portGC:
		v.gc.index = b
	default:
		v.crtc.index = b
	}
}

// get is the register that the index selects, of so many.
func (k *bank) get(count uint8) uint8 {
	if k.index >= count {
		return 0
	}
	return k.regs[k.index]
}

// set writes it; bits that are not in its mask stay 0.
func (k *bank) set(bits []uint8, b uint8) {
	if int(k.index) < len(bits) {
		k.regs[k.index] = b & bits[k.index]
	}
}

func (v *VGA) writeCRTC(b uint8) {
	i := v.crtc.index
	switch {
	case i >= crtcCount:
	case i <= crtcOverflow && v.crtc.regs[crtcVSyncEnd]&crtcProtect != 0:
		if i == crtcOverflow {
			r := &v.crtc.regs[crtcOverflow]
			*r = *r&^overflowCompare | b&overflowCompare
		}
	default:
		v.crtc.regs[i] = b
	}
}

// attribute is the attribute controller: palette and modes.
type attribute struct {
	index uint8 // with attrVideo
	data  bool  // the next write to portAttr is data
	regs  [attrCount]uint8
}

func (a *attribute) write(b uint8) {
	if a.data = !a.data; a.data {
		a.index = b & (indexMask | attrVideo)
		return
	}
	if i := a.index & indexMask; i < attrCount {
		a.regs[i] = b & attrBits[i]
	}
}

func (a *attribute) read() uint8 {
	if i := a.index & indexMask; i < attrCount {
		return a.regs[i]
	}
	return 0
}
