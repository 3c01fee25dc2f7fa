package floppy

import (
	"bytes"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/block"
)

func TestReads(t *testing.T) {
	for _, x := range []struct {
		what                   string
		opcode, c, h, r, last  uint8
		n                      int // bytes by DMA
		st0, st1, endC, eH, eR uint8
		from, moved            int // sectors
	}{
		{"the first sector", read, 0, 0, 1, 1, 512, 0, 0, 1, 0, 1, 0, 1},
		{"one sector", read, 0, 0, 1, 18, 512, 0, 0, 0, 0, 2, 0, 1},
		{"a track", read, 3, 1, 1, 18, trackSize, 4, 0, 4, 1, 1, 126, 18},
		{"the last sector", read, 79, 1, 18, 18, 512, 4, 0, 80, 1, 1, 2879, 1},
		{"a cylinder", read | bitMT, 5, 0, 1, 18, 2 * trackSize, 0, 0, 6, 0, 1, 180, 36},
		{"to the other head", read | bitMT, 5, 0, 10, 18, 10 * 512, 4, 0, 5, 1, 2, 189, 10},
		{"to the track's end", read | bitMT, 5, 0, 10, 18, 9 * 512, 4, 0, 5, 1, 1, 189, 9},
		{"half a sector", read, 0, 0, 4, 18, 256, 0, 0, 0, 0, 5, 3, 0},
		{"past the end", read, 0, 0, 18, 18, 1024, st0Abnormal, st1End, 1, 0, 1, 17, 1},
		{"no such sector", read, 0, 0, 19, 19, 512, st0Abnormal, st1NoData, 0, 0, 19, 0, 0},
	} {
		r := newRig(t)
		r.start()
		r.seek(x.c)
		r.channel(true, x.n)
		r.command(x.opcode, x.h<<2, x.c, x.h, x.r, 2, x.last, 0x1b, 0xff)
		r.interrupted(x.what, true)
		r.want(x.what, x.st0, x.st1, 0, x.endC, x.eH, x.eR, 2)
		r.interrupted(x.what, false)
		r.same(x.what, r.memory[dataAt:][:x.moved*512], r.store.Data[x.from*512:][:x.moved*512])
	}
}

func TestWrites(t *testing.T) {
	r := newRig(t)
	r.start()
	r.seek(7)
	r.channel(true, trackSize)
	r.command(read, 0, 7, 0, 1, 2, 18, 0x1b, 0xff)
	r.want("read", 0, 0, 0, 8, 0, 1, 2)
	data := bytes.Repeat([]byte{0x5a}, 3*512)
	copy(r.memory[dataAt:], data)
	r.channel(false, 3*512-100)
	r.command(write, 4, 7, 1, 5, 2, 18, 0x1b, 0xff)
	r.want("write", 4, 0, 0, 7, 1, 8, 2)
	clear(data[3*512-100:])
	at := ((7*2+1)*18 + 4) * 512
	r.same("write", r.store.Data[at:][:len(data)], data)
	r.same("before", r.store.Data[:at], diskBytes[:at])
	r.same("after", r.store.Data[at+len(data):], diskBytes[at+len(data):])
	r.channel(false, 512)
	r.out(0x0a, 4|Channel)
	r.command(write, 4, 7, 1, 5, 2, 18, 0x1b, 0xff)
	r.want("the channel is off", st0Abnormal|4, st1Overrun, 0, 7, 1, 5, 2)
}

func TestFormat(t *testing.T) {
	r := newRig(t)
	r.start()
	r.seek(2)
	for i := range 18 {
		copy(r.memory[dataAt+4*i:], []byte{2, 1, byte(i + 1), 2})
	}
	r.channel(false, 72)
	r.command(0x40|cmdFormat, 4, 2, 18, 0x6c, 0xf6)
	r.want("format", 4, 0, 0, 2, 1, 1, 2)
	r.same("format", r.store.Data[5*trackSize:][:trackSize], bytes.Repeat([]byte{0xf6}, trackSize))
	r.same("before", r.store.Data[:5*trackSize], diskBytes[:5*trackSize])
	r.memory[dataAt] = 3
	r.channel(false, 72)
	r.command(0x40|cmdFormat, 4, 2, 18, 0x6c, 0xf6)
	r.want("another cylinder", st0Abnormal|4, st1NoData, 0, 2, 1, 0, 2)
}

func TestTransfersThatFail(t *testing.T) {
	for _, x := range []struct {
		what    string
		setup   func(r *rig)
		drive   uint8
		opcode  uint8
		st1     uint8
		c, s, n uint8
	}{
		{"another data rate", func(r *rig) { r.out(DIRPort, rate250) }, 0, read, st1Missing, 0, 0, 0},
		{"no drive", func(*rig) {}, 2, read, st1Missing, 0, 0, 0},
		{"a read-only disk", func(*rig) {}, 1, write, st1Protected, 0, 0, 0},
		{"no DMA", func(r *rig) { r.command(cmdSpecify, 0xdf, 3) }, 0, read, st1Overrun, 0, 0, 0},
		{"worn out", func(r *rig) { r.store.Broken = true }, 0, read, st1CRC, 0, 1, 0},
		{"worn out", func(r *rig) { r.store.Broken = true }, 0, write, st1CRC, 0, 1, 0},
		{"another cylinder", func(r *rig) { r.seek(9) }, 0, read, st1NoData, 0, 1, 0},
	} {
		r := newRig(t)
		r.start()
		x.setup(r)
		r.channel(x.opcode == read, 512)
		r.command(x.opcode, x.drive, 0, 0, 1, 2, 18, 0x1b, 0xff)
		r.want(x.what, st0Abnormal|x.drive, x.st1, 0, x.c, 0, x.s, 2)
		r.interrupted(x.what, false)
	}
}

// TestLinuxNamesTheController does what Linux does to find out the version.
func TestLinuxNamesTheController(t *testing.T) {
	r := newRig(t)
	r.start()
	r.command(cmdDumpReg)
	r.want("registers", 0, 0, 0, 0, 0xdf, 2, 18, 0, configNoFIFO, 0)
	r.command(cmdPerp, 0)
	r.command(cmdConfigure, 0, 0x1a, 5)
	r.command(cmdLock)
	r.want("unlock", 0)
	r.command(0x18)
	r.want("part", st0Invalid)
	r.command(cmdLock | bitMT)
	r.want("lock", 0x10)
	r.start()
	r.command(cmdDumpReg)
	r.want("registers", 0, 0, 0, 0, 0xdf, 2, 18, 0x80, 0x0a, 5)
	r.command(cmdVersion)
	r.want("version", version)
}

func TestDrives(t *testing.T) {
	r := newRig(t)
	r.start()
	r.command(cmdDriveStatus, 4)
	r.want("drive 0", st3Ready|st3Track0|4)
	r.command(cmdDriveStatus, 1)
	r.want("drive 1", st3Ready|st3Track0|st3Protected|1)
	if r.in(DIRPort) != 0 {
		t.Error("the disk has changed, after a seek")
	}
	r.out(Port+regDOR, 0x30|dorGate|dorReset|1)
	if r.in(DIRPort) != dirChanged {
		t.Error("the other disk has not changed")
	}
	r.command(cmdSeek, 0, 200)
	r.command(cmdSense)
	r.want("a seek past the last cylinder", st0SeekEnd, cylinders-1)
}

func TestAResetWaitsForTheDisk(t *testing.T) {
	r := newRig(t)
	r.start()
	r.store.Gate = make(chan struct{})
	r.channel(true, 512)
	r.command(read, 0, 0, 0, 1, 2, 18, 0x1b, 0xff)
	if got := r.in(Port + regMSR); got != msrBusy {
		t.Errorf("status %#x while the disk works", got)
	}
	r.out(Port+regMSR, dsrReset)
	if got := r.in(Port + regMSR); got != 0 {
		t.Errorf("status %#x after a reset", got)
	}
	r.out(Port+regFIFO, cmdVersion)
	close(r.store.Gate)
	r.Drain()
	r.start()
}

func TestDisksOfAnotherSizeAreRefused(t *testing.T) {
	r := newRig(t)
	d := r.NewDisk(block.Empty(Size - 1))
	if _, err := New(&r.line, nil, [drives]*block.Disk{nil, d}); err == nil {
		t.Error("no error")
	}
}
