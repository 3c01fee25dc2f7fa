package e1000

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

// word reads a word of the EEPROM over its pins, as drivers do.
func (r *rig) word(n uint32) (v uint16) {
	const half = 0
	eecd := uint32(eeREQ)
	r.set(regEECD, eecd)
	if r.get(regEECD)&eeGNT == 0 {
		r.Error("the pins are not granted")
	}
	eecd |= eeCS
	r.set(regEECD, eecd)
	clock := func() {
		r.set(regEECD, eecd|eeSK)
		r.set(regEECD, eecd)
	}
	out := func(v uint32, bits int) {
		for i := bits - 1; i >= half; i-- {
			eecd = eecd&^eeDI | v>>i&1*eeDI
			r.set(regEECD, eecd)
			clock()
		}
	}
	out(eeRead, 3)
	out(n, 6)
	eecd &^= eeDI
	for range 16 {
		r.set(regEECD, eecd|eeSK)
		v <<= 1
		if r.get(regEECD)&eeDO != 0 {
			v |= 1
		}
		r.set(regEECD, eecd)
	}
	r.set(regEECD, 0)
	return v
}

func TestTheEEPROMHasTheAddress(t *testing.T) {
	r := newRig(t)
	var sum uint16
	for i := range uint32(eeWords) {
		r.set(regEERD, i<<eerdAddr|eerdStart)
		v := r.get(regEERD)
		if v&eerdDone == 0 || uint16(v>>eerdData) != r.word(i) {
			t.Fatalf("word %d: EERD %#x, by the pins %#x", i, v, r.word(i))
		}
		sum += uint16(v >> eerdData)
		if i < 3 && uint16(v>>eerdData) != binary.LittleEndian.Uint16(mac[2*i:]) {
			t.Errorf("word %d is %#x", i, v>>eerdData)
		}
	}
	if sum != eeChecksumSum {
		t.Errorf("sum %#x", sum)
	}
	if low, high := r.get(regRAL), r.get(regRAL+4); low != 0x12005452 || high != rahValid|0x5634 {
		t.Errorf("address %#x %#x", low, high)
	}
}

func TestThePHYHasALink(t *testing.T) {
	r := newRig(t)
	read := func(reg uint32) uint32 {
		r.set(regMDIC, mdicRead<<mdicOp|phyAddress<<mdicPHY|reg<<mdicReg)
		return r.get(regMDIC)
	}
	if v := read(phyStatus); v&0xffff != 0x796d || v&mdicReady == 0 || v&mdicError != 0 {
		t.Errorf("status %#x", v)
	}
	if id := read(phyID1)<<16 | read(phyID2)&0xffff; id&^0xf != 0x01410c20 {
		t.Errorf("identifier %#x", id)
	}
	r.set(regMDIC, mdicRead<<mdicOp|2<<mdicPHY)
	if r.get(regMDIC)&mdicError == 0 {
		t.Error("there is another PHY")
	}
	r.set(regIMS, icrLSC)
	r.set(regMDIC, mdicWrite<<mdicOp|phyAddress<<mdicPHY|phyControl<<mdicReg|0x1000|phyRestart)
	if read(phyControl)&0xffff != 0x1000 || !r.line.Level || r.get(regICR) != icrLSC || r.line.Level {
		t.Error("auto-negotiation does not end")
	}
	if r.get(regSTATUS) != statusUp {
		t.Error("no link")
	}
}

func TestRegistersBehindTheIOWindow(t *testing.T) {
	r := newRig(t)
	r.run(func() {
		r.ports.Out(ioBase+ioAddr, 4, regFCT)
		r.ports.Out(ioBase+ioData, 4, 0x8808)
		if v := r.ports.In(ioBase+ioData, 4); v != 0x8808 || r.nic.read(regFCT) != v {
			t.Errorf("%#x", v)
		}
		r.ports.Out(ioBase+ioAddr, 4, 0xffffffff)
		r.ports.Out(ioBase+ioData, 4, 1)
		if v := r.ports.In(ioBase+ioData, 4); v != 0 {
			t.Errorf("%#x", v)
		}
	})
}

func TestLegacyDescriptorsAreSent(t *testing.T) {
	r := newRig(t)
	r.start()
	f := frame(ether.Broadcast, 100)
	r.data(0, f[:40], 0)
	r.data(0x100, f[40:], cmdEOP|cmdRS)
	r.send()
	if len(r.sent) != 1 || !bytes.Equal(r.sent[0].Data, f) || r.sent[0].Checksum {
		t.Fatalf("sent %+v", r.sent)
	}
	if d := binary.LittleEndian.Uint64(r.peek(txAt+descriptor+8, 8)); d&staDD == 0 {
		t.Error("it is not written back")
	}
	if d := binary.LittleEndian.Uint64(r.peek(txAt+8, 8)); d&staDD != 0 {
		t.Error("what was not asked for is written back")
	}
	if !r.line.Level || r.get(regICR) != icrTXDW|icrTXQE || r.line.Level || r.get(regTDBAL+ringH) != 2 {
		t.Error("interrupt or head")
	}
	if r.get(regGPTC) != 1 || r.get(regGPTC) != 0 {
		t.Error("counter")
	}
	// A checksum over all behind byte 14 goes to byte 14.
	r.data(0, f[:30], cmdEOP|cmdIC|14<<16|14<<40)
	r.send()
	if s := ether.Sum(r.sent[1].Data[14:], 0); s == 0 || binary.BigEndian.Uint16(r.sent[1].Data[14:]) != ^ether.Sum(f[14:30], 0) {
		t.Errorf("checksum in %x", r.sent[1].Data)
	}
	// A tag.
	r.set(regCTRL, ctrlVME)
	r.data(0, f[:30], cmdEOP|cmdVLE|5<<special)
	r.send()
	if b := r.sent[2].Data; len(b) != 34 || !bytes.Equal(b[12:16], []byte{0x81, 0, 0, 5}) || !bytes.Equal(b[16:], f[12:30]) {
		t.Errorf("tagged %x", b)
	}
}

// packet is a TCP packet as Linux leaves it to the adapter: without lengths, with
// the pseudo-header's sum, without the length in it if it is to be cut.
func packet(n int, cut bool) []byte {
	b := append([]byte{2, 0, 0, 0, 0, 9}, mac[:]...)
	b = append(b, 8, 0, 0x45, 0, 0, 0, 0, 1, 0x40, 0, 64, ether.ProtoTCP, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2)
	pseudo := []byte{10, 0, 0, 1, 10, 0, 0, 2, 0, ether.ProtoTCP, 0, 0}
	if !cut {
		binary.BigEndian.PutUint16(b[16:], uint16(40+n))
		binary.BigEndian.PutUint16(b[24:], ^ether.Sum(b[14:34], 0))
		binary.BigEndian.PutUint16(pseudo[10:], uint16(20+n))
	}
	b = append(b, 0, 80, 1, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0x50, 0x18, 4, 0, 0, 0, 0, 0)
	binary.BigEndian.PutUint16(b[50:], ether.Sum(pseudo, 0))
	for i := range n {
		b = append(b, byte(i*5))
	}
	return b
}

// good checks a TCP packet's checksums and returns what it carries.
func good(t *testing.T, b []byte) []byte {
	t.Helper()
	h, ok := ether.Parse(b)
	if !ok || h.End != len(b) || h.Transport != 34 {
		t.Fatalf("bad packet %x", b[:min(len(b), 60)])
	}
	pseudo := []byte{10, 0, 0, 1, 10, 0, 0, 2, 0, ether.ProtoTCP, byte((len(b) - 34) >> 8), byte(len(b) - 34)}
	if a, b := ether.Sum(b[14:34], 0), ether.Sum(b[34:], ether.Sum(pseudo, 0)); a != 0xffff || b != 0xffff {
		t.Errorf("sums %#x, %#x", a, b)
	}
	return b[54:]
}

func finish(t *testing.T, f ether.Frame) (all [][]byte) {
	t.Helper()
	if !f.Check() {
		t.Fatalf("the switch refuses %+v", f.Offload)
	}
	var w ether.Finisher
	for w.Finish(f, ether.Features{}); ; {
		g, ok := w.Next()
		if !ok {
			return all
		}
		all = append(all, bytes.Clone(g.Data))
	}
}

const tcpContext = 14 | 24<<8 | 33<<16 | 34<<32 | 50<<40

func TestChecksumsAreLeftToTheSwitch(t *testing.T) {
	for _, end := range []uint64{0, 14 + 40 + 700 - 1} {
		r := newRig(t)
		r.start()
		p := packet(700, false)
		r.fill(tcpContext|end<<48, cmdDEXT|cmdTCP|cmdIP)
		r.data(0, p[:54], cmdDEXT|txData<<txType|optTXSM)
		r.data(0x1000, p[54:], cmdDEXT|txData<<txType|cmdEOP|cmdRS)
		r.send()
		if len(r.sent) != 1 || r.sent[0].Checksum != (end == 0) {
			t.Fatalf("sent %d", len(r.sent))
		}
		all := finish(t, r.sent[0])
		if len(all) != 1 || !bytes.Equal(good(t, all[0]), p[54:]) {
			t.Error("other bytes")
		}
	}
}

func TestLargePacketsAreLeftToTheSwitch(t *testing.T) {
	for _, n := range []int{30000, 1000} {
		r := newRig(t)
		r.start()
		p := packet(n, true)
		r.fill(tcpContext, cmdDEXT|cmdTCP|cmdIP|54<<40|1460<<48)
		r.data(0, p[:100], cmdDEXT|txData<<txType|cmdTSE|optTXSM|optIXSM)
		for i := 100; i < len(p); i += 4000 {
			end := min(i+4000, len(p))
			last := uint64(0)
			if end == len(p) {
				last = cmdEOP | cmdRS
			}
			r.data(uint64(i), p[i:end], cmdDEXT|txData<<txType|cmdTSE|last)
		}
		r.send()
		if len(r.sent) != 1 || (r.sent[0].Segment == ether.SegmentTCP4) != (n > 1460) {
			t.Fatalf("sent %d", len(r.sent))
		}
		// As it is, it must do for a peer that takes large packets.
		whole := r.sent[0]
		whole.Data = bytes.Clone(whole.Data)
		binary.BigEndian.PutUint16(whole.Data[50:], ^ether.Sum(whole.Data[34:], 0))
		good(t, whole.Data)
		var got []byte
		for _, b := range finish(t, r.sent[0]) {
			got = append(got, good(t, b)...)
		}
		if !bytes.Equal(got, p[54:]) {
			t.Error("other bytes")
		}
	}
}

func TestFramesReachTheGuest(t *testing.T) {
	r := newRig(t)
	r.start()
	f := frame(mac, 1000)
	r.receive(f)
	b, high := r.got()
	if !bytes.Equal(b[:len(b)-fcs], f) || high&rxIgnore == 0 {
		t.Errorf("%d bytes, want %d and a check sequence", len(b), len(f))
	}
	if !r.line.Level || r.get(regICR) != icrRXT0 {
		t.Error("no interrupt")
	}
	r.set(regRCTL, rctlEN|rctlBAM|rctlCRC)
	r.receive(frame(mac, 1))
	if b, _ = r.got(); len(b) != minFrame {
		t.Errorf("a short frame has %d bytes", len(b))
	}
	// Small buffers: a frame takes several.
	r.set(regRCTL, rctlEN|rctlCRC|3<<rctlBSIZE)
	r.receive(f)
	if b, _ := r.got(); !bytes.Equal(b, f) {
		t.Errorf("%d bytes, want %d", len(b), len(f))
	}
	// A tag goes into the descriptor.
	r.set(regRCTL, rctlEN|rctlCRC)
	r.set(regCTRL, ctrlVME)
	tagged := append(append(bytes.Clone(f[:12]), 0x81, 0, 0, 7), f[12:]...)
	r.receive(tagged)
	if b, high := r.got(); !bytes.Equal(b, f) || high>>special != 7 || high&rxVLAN == 0 {
		t.Errorf("%d bytes, want %d; %#x", len(b), len(f), high)
	}
}

func TestFramesWaitForBuffers(t *testing.T) {
	r := newRig(t)
	r.start()
	for i := range 20 {
		r.receive(frame(mac, 100+i))
	}
	if v := r.get(regICR); v&icrRXDMT0 == 0 {
		t.Errorf("causes %#x", v)
	}
	for i := range 20 {
		b, _ := r.got()
		if len(b) != 14+100+i+fcs {
			t.Fatalf("frame %d has %d bytes", i, len(b))
		}
		r.set(regRDBAL+ringT, (r.rxNext+ringLen-1)%ringLen)
	}
	for r.nic.Receive(ether.Frame{Data: frame(mac, 1400)}) {
	}
	r.run(r.nic.receive)
	if v := r.get(regICR); v&icrRXO == 0 || r.get(regMPC) == 0 {
		t.Errorf("causes %#x", v)
	}
}

func TestFiltersKeepFramesOut(t *testing.T) {
	group := ether.MAC{1, 0, 0x5e, 0, 0, 0xfb}
	other := ether.MAC{2, 0, 0, 0, 0, 1}
	vlan := append(append(mac[:6:6], other[:]...), 0x81, 0, 0, 40, 8, 6)
	for _, tt := range []struct {
		name   string
		frame  []byte
		change func(r *rig)
		want   bool
	}{
		{"own address", frame(mac, 50), nil, true},
		{"another's", frame(other, 50), nil, false},
		{"another's, promiscuous", frame(other, 50), func(r *rig) { r.set(regRCTL, rctlEN|rctlUPE) }, true},
		{"another's, an own one too", frame(other, 50), func(r *rig) { r.set(regRAL+8, 2); r.set(regRAL+12, rahValid|0x0100) }, true},
		{"another's, not valid", frame(other, 50), func(r *rig) { r.set(regRAL+8, 2); r.set(regRAL+12, 0x0100) }, false},
		{"broadcast", frame(ether.Broadcast, 50), nil, true},
		{"broadcast, off", frame(ether.Broadcast, 50), func(r *rig) { r.set(regRCTL, rctlEN) }, false},
		{"group", frame(group, 50), nil, false},
		{"group, all", frame(group, 50), func(r *rig) { r.set(regRCTL, rctlEN|rctlMPE) }, true},
		{"group, by the table", frame(group, 50), func(r *rig) { r.set(regMTA+4*(0xfb0>>5), 1<<(0xfb0&31)) }, true},
		{"group, by other bits", frame(group, 50), func(r *rig) {
			r.set(regRCTL, rctlEN|3<<rctlMO)
			r.set(regMTA+4*(0xb00>>5), 1<<(0xb00&31))
		}, true},
		{"long", frame(mac, 1505), nil, false},
		{"long, allowed", frame(mac, 1504), func(r *rig) { r.set(regRCTL, rctlEN|rctlLPE) }, true},
		{"VLAN", vlan, nil, true},
		{"VLAN, filtered", vlan, func(r *rig) { r.set(regRCTL, rctlEN|rctlVFE) }, false},
		{"VLAN, let in", vlan, func(r *rig) { r.set(regRCTL, rctlEN|rctlVFE); r.set(regVFTA+4, 1<<8) }, true},
		{"off", frame(mac, 50), func(r *rig) { r.set(regRCTL, 0) }, false},
	} {
		r := newRig(t)
		r.start()
		if tt.change != nil {
			tt.change(r)
		}
		r.receive(tt.frame)
		if b, _ := r.got(); (b != nil) != tt.want {
			t.Errorf("%s: %v", tt.name, b != nil)
		}
	}
}

func TestInterruptsAreThrottled(t *testing.T) {
	r := newRig(t)
	r.start()
	r.set(regITR, 1000)
	r.receive(frame(mac, 50))
	if !r.line.Level {
		t.Fatal("the first interrupt is late")
	}
	r.get(regICR)
	r.receive(frame(mac, 50))
	if r.line.Level {
		t.Error("the second interrupt is early")
	}
	r.run(func() { r.clock.Advance(256_000) })
	if !r.line.Level {
		t.Error("the second interrupt is lost")
	}
}

func TestALongRingIsSentInBatches(t *testing.T) {
	r := newRig(t)
	r.start()
	const n = 600
	r.run(func() {
		r.poke(txBufs, frame(mac, 50))
		for i := range uint64(n) {
			b := binary.LittleEndian.AppendUint64(nil, txBufs)
			r.poke(0x100000+descriptor*i, binary.LittleEndian.AppendUint64(b, cmdEOP|64))
		}
	})
	r.set(regTDBAL, 0x100000)
	r.set(regTDBAL+ringLEN, 1024*descriptor)
	r.set(regTDBAL+ringT, n)
	if len(r.sent) != batch {
		t.Errorf("%d at once", len(r.sent))
	}
	r.run(func() { r.clock.Advance(1) })
	if len(r.sent) != n {
		t.Errorf("%d in all", len(r.sent))
	}
}
