package ide

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
	"github.com/ringo-vmm/ringo/vmm/ide/ata"
	"github.com/ringo-vmm/ringo/vmm/ide/atapi"
)

// insert reads items to p as REP INS does.
func (r *rig) insert(port uint16, size int, p []byte) {
	r.Lock()
	defer r.Unlock()
	for len(p) > 0 {
		p = p[r.ports.InString(port, size, p)*size:]
	}
}

// output writes those in p as REP OUTS does.
func (r *rig) output(port uint16, size int, p []byte) {
	r.Lock()
	defer r.Unlock()
	for len(p) > 0 {
		p = p[r.ports.OutString(port, size, p)*size:]
	}
}

// insertEach and outputEach do so with IN and OUT.
func (r *rig) insertEach(port uint16, size int, p []byte) {
	r.Lock()
	defer r.Unlock()
	for ; len(p) > 0; p = p[size:] {
		var v [4]byte
		binary.LittleEndian.PutUint32(v[:], r.ports.In(port, size))
		copy(p, v[:size])
	}
}

func (r *rig) outputEach(port uint16, size int, p []byte) {
	r.Lock()
	defer r.Unlock()
	for ; len(p) > 0; p = p[size:] {
		var v [4]byte
		copy(v[:], p[:size])
		r.ports.Out(port, size, binary.LittleEndian.Uint32(v[:]))
	}
}

// TestStringsAreSingleAccesses has one guest move data by strings and another
// item by item, in all that a guest can do, sensible or not.
func TestStringsAreSingleAccesses(t *testing.T) {
	commands := []uint8{ata.CmdReadSectors, ata.CmdReadMultiple, ata.CmdWriteSectors, ata.CmdWriteMultiple, ata.CmdIdentify, ata.CmdPacket, ata.CmdPacket, ata.CmdIdentifyPacket}
	packets := [][atapi.PacketSize]byte{{0x12}, {0x12, 0, 0, 0, 1}, {0x12, 0, 0, 0, 36}, {0}, {read10, 0, 0, 0, 0, 7, 0, 0, 2}}
	moved := map[phase]int{} // by the phase in which it began
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 0))
		strings, single := newRig(t), newRig(t)
		both := func(f func(r *rig)) { f(strings); strings.Drain(); f(single); single.Drain() }
		both(func(r *rig) { r.set(regCount, 4); r.set(regStatusIn, ata.CmdSetMultiple) })
		for range 30 {
			size, n := 1<<r.IntN(3), 1+r.IntN(700)
			port := CommandPort[0]
			switch r.IntN(20) {
			case 0:
				port += uint16(r.IntN(CommandPorts))
			case 1, 2, 3:
				n = 512 / size
			}
			before := strings.ide.channels[0].phase
			moved[before]++
			writes := before == pioOut || before == packetIn
			if r.IntN(8) == 0 {
				writes = !writes
			}
			code, lba, count := commands[r.IntN(len(commands))], r.Uint64N(sectorCount), 1+r.IntN(8)
			switch packet := packets[r.IntN(len(packets))]; {
			case before == packetIn && r.IntN(2) == 0:
				both(func(r *rig) { r.set(regDevice, 0xb0) })
				strings.output(port, size, packet[:])
				single.outputEach(port, size, packet[:])
			case before == idle && r.IntN(4) > 0:
				both(func(r *rig) { r.command(code, lba, count, false) })
			case before == idle:
				both(func(r *rig) { r.set(regDevice, 0xb0); r.set(regStatusIn, ata.CmdPacket) })
			case writes:
				p := make([]byte, n*size)
				for i := range p {
					p[i] = byte(r.Uint32())
				}
				strings.output(port, size, p)
				single.outputEach(port, size, p)
			default:
				p, q := make([]byte, n*size), make([]byte, n*size)
				strings.insert(port, size, p)
				single.insertEach(port, size, q)
				if !bytes.Equal(p, q) {
					t.Fatalf("seed %d, phase %d: %d items of %d bytes are not what single accesses read", seed, before, n, size)
				}
			}
			strings.Drain()
			single.Drain()
			if !bytes.Equal(devicetest.Save(strings.ide), devicetest.Save(single.ide)) || strings.lines != single.lines {
				t.Fatalf("seed %d, phase %d: after %d items of %d bytes the state is not what single accesses leave", seed, before, n, size)
			}
		}
		if !bytes.Equal(strings.store.Data, single.store.Data) {
			t.Fatalf("seed %d: what is on the disk is not what single accesses write", seed)
		}
	}
	for _, p := range []phase{idle, packetIn, pioIn, pioOut} {
		if moved[p] < 50 {
			t.Errorf("%d steps in phase %d", moved[p], p)
		}
	}
}

func TestASectorMovesInTwoGoes(t *testing.T) {
	r := newRig(t)
	r.command(ata.CmdReadSectors, 5, 1, false)
	r.Drain()
	r.Lock()
	defer r.Unlock()
	var p [ata.SectorSize + 2]byte
	for i, want := range []int{255, 1, 1} { // the last word ends the command
		at := [...]int{0, 510, 512}[i]
		if n := r.ports.InString(CommandPort[0], 2, p[at:]); n != want {
			t.Fatalf("%d words at byte %d, want %d", n, at, want)
		}
	}
	if !bytes.Equal(p[:512], r.store.Data[5*512:][:512]) || p[512] != 0xff || p[513] != 0xff {
		t.Error("other bytes")
	}
}

func TestADriveThatOffersNothingMovesNothing(t *testing.T) {
	r := newRig(t)
	c := r.ide.channels[0]
	for _, c.phase = range []phase{pioIn, pioOut} {
		p := []byte{7, 7, 7, 7}
		b := (*commandBlock)(c)
		if n := b.InString(regData, 1, p) + b.OutString(regData, 1, p); n != 0 || c.pos != 0 {
			t.Errorf("phase %d: %d items", c.phase, n)
		}
	}
}

func BenchmarkDataPortStringsOf256(b *testing.B) {
	r := newRig(b)
	var p [ata.SectorSize]byte
	b.ReportAllocs()
	for b.Loop() {
		r.set(regStatusIn, ata.CmdIdentify)
		r.insert(CommandPort[0], 2, p[:])
	}
}
