package ide

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/block/blocktest"
	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/ide/ata"
	"github.com/ringo-vmm/ringo/vmm/state"
)

// moved is a rig like r whose controller has loaded the state of r's.
func (r *rig) moved() *rig {
	r.Helper()
	fresh := newRig(r.TB)
	r.Move(fresh.Machine, []device.Stateful{r.ide}, []device.Stateful{fresh.ide}, func() { r.store.CopyTo(fresh.store) })
	return fresh
}

// TestAGuestCanBeMovedAtAnyTime moves a guest to another machine after each
// step of a long conversation.
func TestAGuestCanBeMovedAtAnyTime(t *testing.T) {
	r := newRig(t)
	var got []byte
	data := blocktest.Pattern(300*512, 0x33)
	steps := []func(){
		func() { r.set(regCount, 16); r.set(regDevice, 0xa3) },
		func() { r.set(regStatusIn, ata.CmdInitParameters) },
		func() { r.set(regStatusIn, ata.CmdIdentify) },
		func() {
			if p := r.pull(512); p[108] != sectorCount/64 || p[110] != 4 || p[112] != 16 {
				t.Errorf("geometry %x", p[108:114])
			}
		},
		func() { r.set(regCount, 16) },
		func() { r.set(regStatusIn, ata.CmdSetMultiple) },
		func() { r.command(ata.CmdReadMultipleExt, 9, 200, true) },
		func() { r.Drain(); got = r.pull(1000) },
		func() { got = append(got, r.pull(4096-1000)...) },
	}
	for range 24 {
		steps = append(steps, func() { r.Drain(); got = append(got, r.pull(4096)...) })
	}
	steps = append(steps,
		func() { r.same("read", got, r.store.Data[9*512:][:len(got)]) },
		func() { r.command(ata.CmdReadSectors, 9, 1, false); r.Drain(); r.pull(512) },
		func() { r.command(ata.CmdWriteSectorsExt, 9, 300, true) })
	for i := 0; i < len(data); i += 10240 {
		steps = append(steps, func() {
			for at := i; at < i+10240; at += 512 {
				r.push(data[at:][:512])
				r.Drain()
			}
		})
	}
	steps = append(steps,
		func() { r.want("written", good, 0); r.same("written", r.store.Data[9*512:][:len(data)], data) },
		func() { r.start(true, region{0x20000, 0x10000}, region{0x40000, 0x8000}) },
		func() { r.command(ata.CmdReadDMA, 20, 192, false) },
		func() { r.master("DMA", masterInterrupt); r.want("DMA", good, 0) },
		func() { r.same("DMA", r.guest(0x40000, 0x8000), r.store.Data[(20+128)*512:][:0x8000]) },
		func() { r.send(0, 3000, read10, 0, 0, 0, 0, 7, 0, 0, 40) },
		func() { got, _ = r.receive("packet") },
		func() { r.same("packet", got, r.cd[7*2048:][:40*2048]) },
		func() { r.send(0, 3000, 0x1b, 0, 0, 0, 2) },
		func() { r.want("open", good, 0) },
		func() { r.send(0, 3000, 0) },
		func() { r.want("no medium", bad, 2<<4) })
	for _, step := range steps {
		step()
		r = r.moved()
	}
}

func TestWhatADiskWorksOnIsBegunAgain(t *testing.T) {
	r := newRig(t)
	r.store.Gate = make(chan struct{})
	r.command(ata.CmdWriteSectors, 3, 1, false)
	data := blocktest.Pattern(512, 0x99)
	r.push(data)
	fresh := r.moved()
	fresh.want("write", good, 0)
	fresh.same("write", fresh.store.Data[3*512:][:512], data)
	fresh.interrupted("write")

	r.Lock()
	c := state.Loader(devicetest.Save(r.ide))
	r.ide.State(c)
	if c.Close() == nil {
		t.Error("loads while a disk is at work")
	}
	r.Unlock()
	close(r.store.Gate)
	r.want("a failed load is a reset", good, ata.DiagnosticPassed)
}

func TestALoadSetsTheLine(t *testing.T) {
	r := newRig(t)
	r.set(regStatusIn, ata.CmdIdle)
	fresh := r.moved()
	if fresh.lines[0].Edges != 1 {
		t.Error("the line is down")
	}
	fresh.interrupted("loaded")
}

// script makes accesses of four bytes each: what, where, value.
func (r *rig) script(b []byte) {
	for n := 0; len(b) >= 4 && n < 1000; b, n = b[4:], n+1 {
		size := 1 << (b[0] & 3) & 7
		v := uint32(b[2]) | uint32(b[3])<<8
		if b[0]&4 != 0 {
			v |= v << 16
		}
		ports := []uint16{CommandPort[0], CommandPort[0], CommandPort[1], ControlPort[0], ControlPort[1], masterPort, masterPort, CommandPort[0]}
		p := ports[b[0]>>3&7]
		if p != ControlPort[0] && p != ControlPort[1] {
			p += uint16(b[1] & 15)
		}
		switch {
		case size == 0 && b[1] == 0:
			r.Lock()
			r.ide.Reset()
			r.Unlock()
		case size == 0 && b[1] == 1:
			r.config(4, 2, v)
		case size == 0:
			r.Drain()
		case b[0]&0x80 != 0:
			r.in(p, size)
		case b[0]&0x40 != 0: // a block of data
			for range 256 {
				r.out(p, size, v)
				r.in(p, size)
			}
		default:
			r.out(p, size, v)
		}
	}
}

// consistent checks what always holds.
func (r *rig) consistent() {
	r.Helper()
	r.Drain()
	r.Lock()
	defer r.Unlock()
	for i, c := range r.ide.channels {
		if !c.possible() {
			r.Errorf("channel %d: %+v", i, c.transfer)
		}
		if c.level != r.lines[i].Level || c.level != (c.drive().intrq && c.control&ata.ControlNIEN == 0) {
			r.Errorf("channel %d: the line is %v", i, r.lines[i].Level)
		}
		if c.flying || c.stale || c.phase == waiting {
			r.Errorf("channel %d waits for a disk that is done", i)
		}
		if working := c.drive().status&(ata.StatusBSY|ata.StatusDRQ) != 0; c.drive().kind != noDrive && working != (c.phase != idle) {
			r.Errorf("channel %d: status %#x in phase %d", i, c.drive().status, c.phase)
		}
	}
}

func FuzzAccess(f *testing.F) {
	f.Add([]byte("\x00\x02\x02\x00\x00\x06\xe0\x00\x00\x07\x20\x00\x03\x02\x00\x00\x41\x00\x00\x00\x41\x00\x00\x00"))
	f.Add([]byte("\x00\x06\xb0\x00\x00\x07\xa0\x00\x02\x00\x28\x00\x02\x00\x00\x00\x02\x00\x01\x00\x03\x02\x00\x00\x41\x00\x00\x00"))
	f.Add([]byte("\x02\x04\x00\x10\x00\x06\xe0\x00\x00\x07\xc8\x00\x28\x00\x09\x00\x03\x02\x00\x00\x00\x07\x30\x00\x41\x00\x55\x66"))
	f.Add([]byte("\x00\x07\x20\x00\x18\x00\x04\x00\x18\x00\x00\x00\x03\x00\x00\x00\x00\x07\x90\x00\x10\x06\x10\x00\x10\x07\xec\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := newRig(t)
		clear(memory)
		r.script(b)
		r.consistent()
		r.moved().consistent()
	})
}

func FuzzLoad(f *testing.F) {
	save := func(r *rig) {
		r.Lock()
		defer r.Unlock()
		f.Add(devicetest.Save(r.ide), []byte("\x41\x00\x00\x00\x03\x02\x00\x00\x28\x00\x09\x00"))
	}
	r := newRig(f)
	save(r)
	r.store.Gate = make(chan struct{})
	r.command(ata.CmdReadSectors, 0, 10, false)
	save(r)
	close(r.store.Gate)
	r.Drain()
	save(r)
	r = newRig(f)
	r.command(ata.CmdWriteSectors, 0, 1, false)
	save(r)
	r.push(make([]byte, 512))
	r.Drain()
	r.send(0, 2000, read10, 0, 0, 0, 0, 0, 0, 0, 1)
	r.Drain()
	save(r)
	f.Fuzz(func(t *testing.T, saved, b []byte) {
		r := newRig(t)
		r.Lock()
		c := state.Loader(saved)
		r.ide.State(c)
		ok := c.Close() == nil
		r.Unlock()
		if ok {
			r.moved()
		}
		r.script(b)
		r.moved()
	})
}

func TestAccessesDoNotAllocate(t *testing.T) {
	r := newRig(t)
	var sector [ata.SectorSize]byte
	if n := testing.AllocsPerRun(20, func() {
		r.command(ata.CmdReadSectors, 0, 4, false)
		r.Drain()
		for range 4 * 256 {
			r.in(CommandPort[0], 2)
		}
		r.command(ata.CmdReadSectors, 0, 1, false)
		r.Drain()
		r.insert(CommandPort[0], 2, sector[:])
		r.command(ata.CmdReadDMA, 0, 4, false)
		r.out(masterPort+masterTable, 4, table)
		r.out(masterPort+masterCommand, 1, masterStart|masterWrite)
		r.Drain()
		r.out(masterPort+masterCommand, 1, 0)
		r.set(regStatusIn, ata.CmdIdentify)
		for range 256 {
			r.in(CommandPort[0], 2)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkDataPort(b *testing.B) {
	r := newRig(b)
	d := r.ide.Command(0)
	b.ReportAllocs()
	for b.Loop() {
		if r.ide.channels[0].phase != pioIn {
			r.set(regStatusIn, ata.CmdIdentify)
		}
		d.In(0, 2)
	}
}

func BenchmarkStatus(b *testing.B) {
	r := newRig(b)
	d := r.ide.Command(0)
	b.ReportAllocs()
	for b.Loop() {
		d.In(regStatusIn, 1)
	}
}
