package ide

import (
	"fmt"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/ide/ata"
	"github.com/ringo-vmm/ringo/vmm/ide/atapi"
)

// send sends a packet to the CD-ROM drive, with a byte count limit.
func (r *rig) send(features uint8, limit int, cdb ...byte) {
	r.Helper()
	r.set(regDevice, 0xb0)
	r.set(regError, features)
	r.set(regMid, uint8(limit))
	r.set(regHigh, uint8(limit>>8))
	r.set(regStatusIn, ata.CmdPacket)
	if s := r.alternate(); s != drq || r.reg(regCount) != reasonPacket {
		r.Fatalf("status %#x, reason %d before the packet", s, r.reg(regCount))
	}
	r.quiet("the packet is asked for")
	var p [atapi.PacketSize]byte
	copy(p[:], cdb)
	r.push(p[:])
}

// receive reads what the drive offers until the command is over, and tells the
// sizes of the blocks.
func (r *rig) receive(what string) (data []byte, sizes []int) {
	r.Helper()
	for range 1000 {
		r.Drain()
		s, reason := r.alternate(), r.reg(regCount)
		r.interrupted(what)
		if s == good && reason == reasonStatus {
			return data, sizes
		}
		if s != drq || reason != reasonData {
			r.Fatalf("%s: status %#x, error %#x, reason %d", what, s, r.reg(regError), reason)
		}
		n := int(r.reg(regMid)) | int(r.reg(regHigh))<<8
		data = append(data, r.pull((n + 1) &^ 1)[:n]...)
		sizes = append(sizes, n)
	}
	r.Fatalf("%s: without end", what)
	return
}

const read10 = 0x28

func TestPacketReads(t *testing.T) {
	for _, x := range []struct{ limit, n, first, blocks int }{
		{2048, 3, 2048, 3},
		{0xffff, 40, 65534, 3},
		{0, 40, 65534, 3},
		{5000, 3, 5000, 2},
		{5001, 3, 5000, 2},
		{1, 1, 2, 1024 - 25},
		{6, 1, 6, 342},
	} {
		r := newRig(t)
		what := fmt.Sprintf("limit %d", x.limit)
		r.send(0, x.limit, read10, 0, 0, 0, 0, 10, 0, 0, byte(x.n))
		if x.limit == 1 {
			r.Drain()
			if n := int(r.reg(regMid)); n != 2 {
				t.Errorf("%s: a block of %d bytes", what, n)
			}
			continue
		}
		data, sizes := r.receive(what)
		r.same(what, data, r.cd[10*2048:][:x.n*2048])
		if sizes[0] != x.first || len(sizes) != x.blocks {
			t.Errorf("%s: blocks of %d", what, sizes)
		}
	}
}

func TestPacketReadsByDMA(t *testing.T) {
	r := newRig(t)
	r.send(featureDMA, 0, read10, 0, 0, 0, 0, 10, 0, 0, 100)
	r.start(true, region{0x40000, 0x10000}, region{0x50000, 0x10000}, region{0x60000, 0x10000}, region{0x80000, 100*2048 - 3*0x10000})
	r.master("read", masterInterrupt)
	r.want("read", good, 0)
	r.interrupted("read")
	if r.reg(regCount) != reasonStatus {
		t.Errorf("reason %d", r.reg(regCount))
	}
	r.same("read", append(r.guest(0x40000, 3*0x10000), r.guest(0x80000, 100*2048-3*0x10000)...), r.cd[10*2048:][:100*2048])

	r.send(featureDMA, 0, 0x12, 0, 0, 0, 36) // INQUIRY
	r.start(true, region{0x20000, 64})
	r.master("inquiry", masterActive|masterInterrupt)
	if got := string(r.guest(0x20008, 14)); got != "RINGO   RINGO " {
		t.Errorf("inquiry %q", got)
	}
	r.send(featureDMA, 0, 0)
	r.want("test unit ready", good, 0)
}

func TestPacketsThatFail(t *testing.T) {
	r := newRig(t)
	r.send(0, 2048, read10, 0, 0, 0, 0, blockCount, 0, 0, 1)
	r.want("outside the disk", bad, 5<<4)
	if r.reg(regCount) != reasonStatus {
		t.Errorf("reason %d", r.reg(regCount))
	}
	r.interrupted("outside the disk")
	r.send(0, 2048, 3, 0, 0, 0, 17) // REQUEST SENSE, an odd number of bytes
	if data, _ := r.receive("sense"); len(data) != 17 || data[2] != 5 || data[12] != 0x21 {
		t.Errorf("sense data %x", data)
	}
	r.send(featureDMA, 0, read10, 0, 0, 0, 0, 0, 0, 0, 1)
	r.start(true, region{0x7ffffffe, 2048})
	r.master("no memory", masterError|masterInterrupt)
	r.want("no memory", bad, 4<<4)

	r.set(regError, featureOverlap)
	r.set(regStatusIn, ata.CmdPacket)
	r.want("overlap", bad, ata.ErrorABRT)
	r.set(regStatusIn, ata.CmdReadSectors)
	r.want("a disk's command", bad, ata.ErrorABRT)
	r.set(regStatusIn, ata.CmdFlushCache)
	r.want("another", bad, ata.ErrorABRT)
}

func TestDeviceReset(t *testing.T) {
	r := newRig(t)
	r.send(0, 2048, read10, 0, 0, 0, 0, 0, 0, 0, 1)
	r.Drain()
	r.set(regStatusIn, ata.CmdDeviceReset)
	r.want("reset", 0, ata.DiagnosticPassed)
	if got := r.signature(0xb0); got != ata.PacketSignature {
		t.Errorf("%+v", got)
	}
	r.quiet("reset")
	r.send(0, 2048, read10, 0, 0, 0, 0, 1, 0, 0, 1)
	data, _ := r.receive("afterwards")
	r.same("afterwards", data, r.cd[2048:4096])
}
