package e1000

import (
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/ether"
	"github.com/ringo-vmm/ringo/vmm/ram"
	"github.com/ringo-vmm/ringo/vmm/state"
)

// moved is a rig like r whose adapter has loaded the state of r's.
func (r *rig) moved() *rig {
	r.Helper()
	fresh := newRig(r.TB)
	r.run(func() { fresh.run(func() { devicetest.Survives(r.TB, r.nic, fresh.nic) }) })
	fresh.rxNext, fresh.sent = r.rxNext, r.sent
	fresh.run(func() { fresh.clock.Advance(1) })
	return fresh
}

func TestAGuestCanBeMovedAmidAPacket(t *testing.T) {
	r := newRig(t)
	r.start()
	p := packet(700, false)
	r.fill(tcpContext, cmdDEXT|cmdTCP|cmdIP)
	r.data(0, p[:54], cmdDEXT|txData<<txType|optTXSM)
	r.send()
	r = r.moved()
	r.data(0x1000, p[54:], cmdDEXT|txData<<txType|cmdEOP|cmdRS)
	r.send()
	if len(r.sent) != 1 || !r.sent[0].Checksum || string(finish(t, r.sent[0])[0][54:]) != string(p[54:]) {
		t.Errorf("sent %d", len(r.sent))
	}
	if !r.line.Level {
		t.Error("no interrupt")
	}
	r = r.moved()
	if !r.line.Level || r.get(regICR) == 0 {
		t.Error("the interrupt is lost on the way")
	}
}

// script makes accesses of four bytes each: what, where, value.
func (r *rig) script(b []byte) {
	regs := [...]uint32{regCTRL, regEECD, regEERD, regMDIC, regICR, regITR, regICS, regIMS, regIMC, regRCTL, regTCTL,
		regRDBAL, regRDBAL + ringBAH, regRDBAL + ringLEN, regRDBAL + ringH, regRDBAL + ringT,
		regTDBAL, regTDBAL + ringBAH, regTDBAL + ringLEN, regTDBAL + ringH, regTDBAL + ringT, regMTA, regRAL, regRAL + 4, regVFTA, regVET}
	r.keep = false
	for n := 0; len(b) >= 4 && n < 100; b, n = b[4:], n+1 {
		reg := regs[int(b[1])%len(regs)]
		v := uint32(b[2])<<(b[0]>>3) | uint32(b[3])
		switch b[0] & 7 {
		case 0:
			r.start()
		case 1:
			r.fill(txBufs+uint64(v), uint64(b[3])<<24|uint64(b[2])<<40|uint64(b[1]&7)<<20|uint64(b[2])<<4)
			r.send()
		case 2:
			r.fill(uint64(v)<<32|tcpContext, cmdDEXT|uint64(b[3])<<24|uint64(b[2])<<50|54<<40)
		case 3:
			r.nic.Receive(ether.Frame{Data: frame(mac, int(b[2])*6)})
			r.run(r.nic.receive)
		case 4:
			r.run(func() {
				off := uint64(v) % barSize &^ 7
				r.bus.Write(base+off|uint64(b[1]&3), 1<<(b[2]&3), uint64(v))
				r.bus.Read(base+off|uint64(b[1]&3), 1<<(b[2]&3))
				r.clock.Advance(uint64(b[3]) << 8)
			})
		case 5:
			r.get(reg)
		default:
			r.set(reg, v)
		}
	}
}

// consistent checks what always holds.
func (r *rig) consistent() {
	r.Helper()
	r.run(func() {
		r.clock.Advance(1 << 30)
		if a := r.nic; r.line.Level != (a.icr&a.ims != 0) {
			r.Errorf("the line is %v with %#x of %#x", r.line.Level, a.icr, a.ims)
		}
	})
}

func FuzzAccess(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x00\x03\x00\x40\x00\x02\x00\x10\x03\x01\x01\x20\x29\x05\x04\x00\x00"))
	f.Add([]byte("\x06\x00\x04\x00\x06\x01\x03\x06\x06\x02\x01\x01\x0e\x03\x20\x00\x04\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := newRig(t)
		r.script(b)
		r = r.moved()
		r.script(b)
		r.consistent()
	})
}

func FuzzLoad(f *testing.F) {
	r := newRig(f)
	f.Add(devicetest.Save(r.nic), []byte("\x03\x00\x40\x00"))
	r.start()
	r.data(0, packet(100, false)[:54], cmdDEXT|txData<<txType)
	r.send()
	f.Add(devicetest.Save(r.nic), []byte("\x01\x01\x20\x29"))
	f.Fuzz(func(t *testing.T, saved, b []byte) {
		r := newRig(t)
		r.run(func() {
			r.ram.Fill(0, ram.BlockSize, 0)
			c := state.Loader(saved)
			r.nic.State(c)
			if c.Close() != nil {
				r.nic.Reset()
			}
		})
		r.script(b)
		r.moved().consistent()
	})
}

func TestAccessesDoNotAllocate(t *testing.T) {
	r := newRig(t)
	r.start()
	r.keep = false
	p := packet(700, true)
	r.poke(txBufs, p)
	f := frame(mac, 700)
	if n := testing.AllocsPerRun(50, func() {
		r.mu.Lock()
		for i := range uint64(2) {
			t := &r.nic.txRing
			var d [16]byte
			d[1], d[2] = byte(txBufs>>8&0xff), byte(txBufs>>16)
			d[8], d[9], d[11] = 0, 2, cmdEOP>>24|cmdRS>>24
			r.ram.Write(txAt+descriptor*uint64(t.tail), d[:])
			r.bus.Write(base+regTDBAL+ringT, 4, uint64((t.tail+1)%ringLen))
			_ = i
		}
		r.mu.Unlock()
		r.nic.Receive(ether.Frame{Data: f})
		r.mu.Lock()
		r.nic.receive()
		r.bus.Write(base+regRDBAL+ringT, 4, uint64(r.nic.rx.head+ringLen-1)%ringLen)
		r.bus.Read(base+regICR, 4)
		r.mu.Unlock()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
