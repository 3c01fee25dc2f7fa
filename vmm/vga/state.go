package vga

import (
	"bytes"

	"github.com/ringo-vmm/ringo/vmm/state"
)

// statePage is the unit in which memory is saved: those that are empty are only
// mentioned.
const statePage = 4096

var emptyPage [statePage]byte

// State is device.Stateful's. A state fits an adapter with as much memory.
func (v *VGA) State(c *state.Codec) {
	c.Version("vga", 1)
	size := len(v.mem)
	c.Int(&size)
	if size != len(v.mem) {
		c.Fail("%d bytes of memory, there are %d", size, len(v.mem))
	}
	if c.Err() != nil {
		return
	}
	c.U8(&v.misc)
	c.U8(&v.feature)
	for _, b := range []*bank{&v.seq, &v.gc, &v.crtc} {
		c.U8(&b.index)
		c.Raw(b.regs[:])
	}
	c.U8(&v.attr.index)
	c.Bool(&v.attr.data)
	c.Raw(v.attr.regs[:])
	v.dac.state(c)
	c.U32(&v.latch)
	c.U16(&v.vbe.index)
	for i := range v.vbe.regs {
		c.U16(&v.vbe.regs[i])
	}
	for at := 0; at < len(v.mem) && c.Err() == nil; at += statePage {
		page(c, v.mem[at:at+statePage])
	}
	if c.Loading() {
		v.tame()
		v.update()
	}
}

func (d *dac) state(c *state.Codec) {
	for _, b := range []*uint8{&d.mask, &d.readAt, &d.writeAt, &d.component} {
		c.U8(b)
	}
	c.Bool(&d.reading)
	c.Raw(d.entry[:])
	for i := range d.colors {
		c.Raw(d.colors[i][:])
	}
}

// page is a page of memory.
func page(c *state.Codec, p []byte) {
	used := !bytes.Equal(p, emptyPage[:])
	c.Bool(&used)
	if used {
		c.Raw(p)
	} else {
		clear(p)
	}
}

// tame makes registers that were loaded ones that a guest could have written.
func (v *VGA) tame() {
	for i := range v.seq.regs {
		v.seq.regs[i] &= mask(seqBits[:], i)
		v.gc.regs[i] &= mask(gcBits[:], i)
	}
	for i := range v.attr.regs {
		v.attr.regs[i] &= attrBits[i]
	}
	v.attr.index &= indexMask | attrVideo
	v.dac.component %= 3
	r := &v.vbe.regs
	saved := *r
	r[vbeEnable] = 0
	if saved[vbeEnable]&enableOn != 0 {
		v.enableVBE(saved[vbeEnable] | enableKeep)
		v.setVirtualWidth(saved[vbeVirtWidth])
		on := r[vbeEnable] & enableOn
		r[vbeBank], r[vbeXOffset], r[vbeYOffset] = saved[vbeBank], saved[vbeXOffset], saved[vbeYOffset]
		r[vbeEnable] = saved[vbeEnable]&enableBits&^enableOn | on
		return
	}
	r[vbeEnable] = saved[vbeEnable] & enableBits
}

func mask(bits []uint8, i int) uint8 {
	if i < len(bits) {
		return bits[i]
	}
	return 0
}
