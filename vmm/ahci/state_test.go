package ahci

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/block/blocktest"
	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/ide/ata"
	"github.com/ringo-vmm/ringo/vmm/ram"
	"github.com/ringo-vmm/ringo/vmm/state"
)

// moved is a rig like r whose controller has loaded the state of r's.
func (r *rig) moved() *rig {
	r.Helper()
	fresh := newRig(r.TB)
	r.Move(fresh.Machine, []device.Stateful{r.ahci}, []device.Stateful{fresh.ahci}, func() { r.store.CopyTo(fresh.store) })
	return fresh
}

func TestAGuestCanBeMovedAtAnyTime(t *testing.T) {
	for _, code := range []uint8{ata.CmdReadDMAExt, ata.CmdWriteDMAExt, ata.CmdFlushCacheExt} {
		r := newRig(t)
		r.start(0)
		r = r.moved()
		r.store.Gate = make(chan struct{})
		data := blocktest.Pattern(700*512, 0x5a)
		r.poke(dataAt, data)
		r.fill(0, 0, fis(code, 77, 700), nil, region{dataAt, 700 * 512})
		r.set(at(0, portCI), 1)
		old := r
		r = r.moved()
		r.want("moved", 0, good, isD2H, 0)
		switch code {
		case ata.CmdReadDMAExt:
			r.same("read", r.guest(dataAt, 700*512), r.store.Data[77*512:][:700*512])
		case ata.CmdWriteDMAExt:
			r.same("write", r.store.Data[77*512:][:700*512], data)
		}
		old.Lock()
		c := state.Loader(devicetest.Save(old.ahci))
		old.ahci.State(c)
		if c.Close() == nil {
			t.Error("loads while a disk is at work")
		}
		old.Unlock()
		close(old.store.Gate)
		old.Drain()
	}
}

func TestCommandsBehindAStoppedOneSurvive(t *testing.T) {
	r := newRig(t)
	r.store.Gate = make(chan struct{})
	r.start(0)
	r.fill(0, 0, fis(ata.CmdReadDMAExt, 0, 1), nil, region{dataAt, 512})
	r.set(at(0, portCI), 1)
	r.restart(0)
	r.set(at(0, portCI), 1)
	fresh := r.moved()
	fresh.want("moved", 0, good, isD2H, 0)
	r.set(at(0, portCMD), 0)
	close(r.store.Gate)
}

// script makes accesses of four bytes each: what, where, value.
func (r *rig) script(b []byte) {
	values := [...]uint32{0, 1, cmdFRE | cmdST, cmdFRE, 0x301, 0x300, ^uint32(0), 3, listAt, fisAt, 1 << 24, 2}
	for n := 0; len(b) >= 4 && n < 500; b, n = b[4:], n+1 {
		reg := uint32(b[1]) << 2
		if b[0]&0x40 != 0 {
			reg += regPorts + uint32(b[0]&3)*portSize&^0x1ff
		}
		v := uint32(b[2]) | uint32(b[3])<<8
		if b[0]&0x20 == 0 {
			v = values[b[2]%uint8(len(values))]
		}
		switch b[0] >> 2 & 7 {
		case 0:
			r.get(reg)
		case 1: // a command for the first two ports
			port, slot := int(b[1]&1), int(b[1]>>1&3)
			r.fill(port, slot, fis(b[2], uint64(b[3]), int(b[1]>>3)), []byte{b[3], 0, 0, 0, b[1], b[2], 0, 0, b[1] & 7},
				region{dataAt, int(b[3])*200 + 1}, region{0x100000, 0x10000})
			r.set(at(port, portCI), 1<<slot)
		case 2:
			r.Drain()
		case 3:
			r.start(int(b[1] & 3))
		case 4:
			r.Lock()
			r.bus.Write(base+uint64(reg|uint32(b[3]&3)), 1<<(b[2]&3), uint64(v)<<32|uint64(v))
			r.bus.Read(base+uint64(reg|uint32(b[3]&3)), 1<<(b[2]&3))
			r.Unlock()
		case 5:
			r.Lock()
			r.ahci.Reset()
			r.Unlock()
		default:
			r.set(reg, v)
		}
	}
}

// consistent checks what always holds.
func (r *rig) consistent() {
	r.Helper()
	r.Drain()
	r.Lock()
	defer r.Unlock()
	h := r.ahci
	for i, p := range h.ports {
		if !p.possible() || p.flying || p.active {
			r.Errorf("port %d: %+v", i, p.command)
		}
		if p.is&p.ie != 0 && h.is&p.bit == 0 {
			r.Errorf("port %d interrupts and is not in IS", i)
		}
		if p.ci != 0 && p.cmd&cmdST == 0 {
			r.Errorf("port %d: commands %#x without a list", i, p.ci)
		}
	}
	if want := h.enable && h.is != 0; h.level != want || r.line.Level != want {
		r.Errorf("the line is %v, want %v", r.line.Level, want)
	}
}

func FuzzAccess(f *testing.F) {
	f.Add([]byte("\x0c\x00\x00\x00\x04\x08\x25\x03\x08\x00\x00\x00\x04\x0a\x35\x10\x08\x00\x00\x00"))
	f.Add([]byte("\x0c\x01\x00\x00\x04\x09\xa0\x28\x08\x00\x00\x00\x04\x09\xa0\x12\x58\x06\x03\x00\x58\x06\x02\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := newRig(t)
		r.clear(0, ram.BlockSize, 0)
		r.script(b)
		r.moved().Drain()
		r.consistent()
	})
}

func FuzzLoad(f *testing.F) {
	add := func(r *rig) {
		r.Lock()
		defer r.Unlock()
		f.Add(devicetest.Save(r.ahci), []byte("\x0c\x00\x00\x00\x04\x08\x25\x03"))
	}
	r := newRig(f)
	add(r)
	r.store.Gate = make(chan struct{})
	r.start(0)
	r.fill(0, 0, fis(ata.CmdWriteDMAExt, 0, 1), nil, region{dataAt, 512})
	r.set(at(0, portCI), 1)
	add(r)
	r.restart(0)
	r.set(at(0, portCI), 1)
	add(r)
	close(r.store.Gate)
	r.Drain()
	f.Fuzz(func(t *testing.T, saved, b []byte) {
		r := newRig(t)
		r.Lock()
		c := state.Loader(saved)
		r.ahci.State(c)
		ok := c.Close() == nil
		r.Unlock()
		if ok {
			r.moved().Drain()
		}
		r.script(b)
		r.moved().Drain()
		r.consistent()
	})
}

func TestAccessesDoNotAllocate(t *testing.T) {
	r := newRig(t)
	r.start(0)
	r.fill(0, 0, fis(ata.CmdReadDMAExt, 0, 700), nil, region{dataAt, 700 * 512})
	r.fill(0, 1, fis(ata.CmdIdentify, 0, 0), nil, region{dataAt, 512})
	if n := testing.AllocsPerRun(20, func() {
		r.set(at(0, portCI), 3)
		r.Drain()
		r.set(at(0, portIS), r.get(at(0, portIS)))
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkReadIS(b *testing.B) {
	r := newRig(b)
	b.ReportAllocs()
	for b.Loop() {
		r.ahci.Read(regPorts+portIS, 4)
	}
}

func BenchmarkRead4K(b *testing.B) {
	r := newRig(b)
	r.start(0)
	r.fill(0, 0, fis(ata.CmdReadDMAExt, 0, 8), nil, region{dataAt, 4096})
	b.ReportAllocs()
	for b.Loop() {
		r.issue(0)
	}
}
