package ide

import (
	"fmt"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/block/blocktest"
	"github.com/ringo-vmm/ringo/vmm/ide/ata"
)

const (
	good = ata.StatusGood
	drq  = ata.StatusGood | ata.StatusDRQ
	bad  = ata.StatusGood | ata.StatusERR
)

func TestPIOReads(t *testing.T) {
	for _, x := range []struct {
		code  uint8
		lba   uint64
		n     int
		is48  bool
		block int // sectors
	}{
		{ata.CmdReadSectors, 0, 1, false, 1},
		{ata.CmdReadSectors, 7, 3, false, 1},
		{ata.CmdReadSectorsNoRetry, sectorCount - 256, 0, false, 1},
		{ata.CmdReadSectorsExt, 3, 300, true, 1},
		{ata.CmdReadMultiple, 5, 20, false, 8},
		{ata.CmdReadMultipleExt, 5, 300, true, 8},
	} {
		r := newRig(t)
		what := fmt.Sprintf("command %#x", x.code)
		r.set(regCount, 8)
		r.set(regStatusIn, ata.CmdSetMultiple)
		r.interrupted(what)
		r.command(x.code, x.lba, x.n, x.is48)
		left := x.n
		if left == 0 {
			left = 256
		}
		for at := x.lba; left > 0; {
			r.want(what, drq, 0)
			r.interrupted(what)
			n := min(left, x.block)
			r.same(what, r.pull(n*512), r.store.Data[at*512:][:n*512])
			at, left = at+uint64(n), left-n
		}
		r.want(what, good, 0)
		r.quiet(what)
		if r.in(CommandPort[0], 2) != 0xffff {
			t.Errorf("%s: data after the end", what)
		}
	}
}

func TestPIOWrites(t *testing.T) {
	for _, x := range []struct {
		code  uint8
		lba   uint64
		n     int
		is48  bool
		block int
	}{
		{ata.CmdWriteSectors, 0, 1, false, 1},
		{ata.CmdWriteSectors, 1990, 10, false, 1},
		{ata.CmdWriteSectorsExt, 3, 300, true, 1},
		{ata.CmdWriteMultiple, 5, 20, false, 16},
		{ata.CmdWriteMultipleExt, 5, 300, true, 16},
	} {
		r := newRig(t)
		what := fmt.Sprintf("command %#x", x.code)
		r.set(regCount, 16)
		r.set(regStatusIn, ata.CmdSetMultiple)
		r.interrupted(what)
		data := blocktest.Pattern(x.n*512, 0x55)
		r.command(x.code, x.lba, x.n, x.is48)
		r.quiet(what)
		for p := data; len(p) > 0; {
			r.want(what, drq, 0)
			n := min(len(p), x.block*512)
			r.push(p[:n])
			p = p[n:]
			r.interrupted(what)
		}
		r.want(what, good, 0)
		r.same(what, r.store.Data[x.lba*512:][:len(data)], data)
		r.same(what, r.store.Data[:x.lba*512], blocktest.Pattern(len(r.store.Data), 1)[:x.lba*512])
	}
}

func TestCylindersHeadsAndSectors(t *testing.T) {
	r := newRig(t)
	read := func(cylinder uint16, head, sector uint8) {
		r.set(regCount, 1)
		r.set(regLow, sector)
		r.set(regMid, uint8(cylinder))
		r.set(regHigh, uint8(cylinder>>8))
		r.set(regDevice, head)
		r.set(regStatusIn, ata.CmdReadSectors)
		r.Drain()
	}
	read(1, 2, 3) // of 16 heads and 63 sectors
	lba := (1*16+2)*63 + 2
	r.same("default geometry", r.pull(512), r.store.Data[lba*512:][:512])
	if s, m, h, d := r.reg(regLow), r.reg(regMid), r.reg(regHigh), r.reg(regDevice); s != 3 || m != 1 || h != 0 || d&0xf != 2 {
		t.Errorf("the address is %d/%d/%d/%#x afterwards", s, m, h, d)
	}
	r.set(regCount, 17)
	r.set(regDevice, 3) // four heads
	r.set(regStatusIn, ata.CmdInitParameters)
	r.want("parameters", good, 0)
	read(2, 3, 17)
	r.same("other geometry", r.pull(512), r.store.Data[((2*4+3)*17+16)*512:][:512])
	for _, x := range [][2]uint8{{4, 1}, {0, 0}, {0, 18}} {
		read(0, x[0], x[1])
		r.want("outside the geometry", bad, ata.ErrorIDNF)
	}
	r.set(regStatusIn, ata.CmdSeek+5)
	r.want("seek outside", bad, ata.ErrorIDNF)
	r.set(regDevice, 0)
	r.set(regCount, 0)
	r.set(regStatusIn, ata.CmdInitParameters)
	r.want("bad parameters", bad, ata.ErrorABRT)
}

func TestCommandsWithoutData(t *testing.T) {
	r := newRig(t)
	for _, x := range []struct {
		what          string
		code          uint8
		features, n   uint8
		status, error uint8
	}{
		{"no operation", ata.CmdNop, 0, 0, bad, ata.ErrorABRT},
		{"recalibrate", ata.CmdRecalibrate + 3, 0, 0, good, 0},
		{"seek", ata.CmdSeek, 0, 0, good, 0},
		{"verify", ata.CmdReadVerify, 0, 0, good, 0},
		{"flush", ata.CmdFlushCache, 0, 0, good, 0},
		{"flush", ata.CmdFlushCacheExt, 0, 0, good, 0},
		{"standby", ata.CmdStandby, 0, 0, good, 0},
		{"standby", ata.CmdStandbyImmediate, 0, 0, good, 0},
		{"idle", ata.CmdIdle, 0, 0, good, 0},
		{"idle", ata.CmdIdleImmediate, 0, 0, good, 0},
		{"PIO mode 4", ata.CmdSetFeatures, ata.FeatureTransferMode, 0x0c, good, 0},
		{"DMA mode 2", ata.CmdSetFeatures, ata.FeatureTransferMode, 0x22, good, 0},
		{"Ultra DMA", ata.CmdSetFeatures, ata.FeatureTransferMode, 0x45, bad, ata.ErrorABRT},
		{"look ahead", ata.CmdSetFeatures, ata.FeatureLookAhead, 0, good, 0},
		{"no such feature", ata.CmdSetFeatures, 0x77, 0, bad, ata.ErrorABRT},
		{"too many sectors a block", ata.CmdSetMultiple, 0, 32, bad, ata.ErrorABRT},
		{"odd sectors a block", ata.CmdSetMultiple, 0, 3, bad, ata.ErrorABRT},
		{"multiple without a block size", ata.CmdReadMultiple, 0, 1, bad, ata.ErrorABRT},
		{"device reset", ata.CmdDeviceReset, 0, 0, bad, ata.ErrorABRT},
		{"packet", ata.CmdPacket, 0, 0, bad, ata.ErrorABRT},
		{"SMART", 0xb0, 0xd8, 0, bad, ata.ErrorABRT},
	} {
		r.set(regDevice, ata.DeviceLBA)
		r.set(regError, x.features)
		r.set(regCount, x.n)
		r.set(regLow, 0)
		r.set(regStatusIn, x.code)
		r.want(x.what, x.status, x.error)
		r.interrupted(x.what)
	}
	if r.store.Flushes != 2 {
		t.Errorf("%d flushes, want 2", r.store.Flushes)
	}
	r.set(regStatusIn, ata.CmdCheckPower)
	if r.Drain(); r.reg(regCount) != ata.PowerActive {
		t.Errorf("power %#x", r.reg(regCount))
	}
	for _, code := range []uint8{ata.CmdReadNativeMax, ata.CmdReadNativeMaxExt} {
		r.command(code, 0, 0, false)
		if got := int(r.reg(regLow)) | int(r.reg(regMid))<<8; got != sectorCount-1 {
			t.Errorf("native maximum %d", got)
		}
	}
}

func TestAddressesOutsideTheDisk(t *testing.T) {
	r := newRig(t)
	for _, x := range []struct {
		lba  uint64
		n    int
		is48 bool
	}{{sectorCount, 1, false}, {sectorCount - 1, 2, false}, {1 << 27, 1, false}, {sectorCount - 300, 301, true}, {1<<48 - 1, 1, true}, {0, 0, true}} {
		for _, code := range []uint8{ata.CmdReadSectors, ata.CmdWriteSectors, ata.CmdReadDMA, ata.CmdWriteDMA, ata.CmdReadVerify} {
			if x.is48 {
				code = map[uint8]uint8{ata.CmdReadSectors: ata.CmdReadSectorsExt, ata.CmdWriteSectors: ata.CmdWriteSectorsExt,
					ata.CmdReadDMA: ata.CmdReadDMAExt, ata.CmdWriteDMA: ata.CmdWriteDMAExt, ata.CmdReadVerify: ata.CmdReadVerifyExt}[code]
			}
			r.command(code, x.lba, x.n, x.is48)
			r.want(fmt.Sprintf("%#x at %d+%d", code, x.lba, x.n), bad, ata.ErrorIDNF)
		}
	}
}

func TestTheRegistersTellWhereATransferEnded(t *testing.T) {
	r := newRig(t)
	r.command(ata.CmdReadVerify, 0x123, 5, false)
	r.want("verify", good, 0)
	if c, l, m := r.reg(regCount), r.reg(regLow), r.reg(regMid); c != 0 || l != 0x27 || m != 1 {
		t.Errorf("count %d, address %#x %#x", c, l, m)
	}
	r.store.Broken = true
	r.command(ata.CmdReadVerify, 0x123, 5, false)
	r.want("verify", bad, ata.ErrorUNC)
	if c, l, m := r.reg(regCount), r.reg(regLow), r.reg(regMid); c != 5 || l != 0x23 || m != 1 {
		t.Errorf("count %d, address %#x %#x after an error", c, l, m)
	}
}

func TestDiskErrorsReachTheGuest(t *testing.T) {
	r := newRig(t)
	r.store.Broken = true
	for code, err := range map[uint8]uint8{ata.CmdReadSectors: ata.ErrorUNC, ata.CmdReadDMA: ata.ErrorUNC, ata.CmdFlushCache: ata.ErrorABRT} {
		r.command(code, 0, 1, false)
		r.want(fmt.Sprintf("command %#x", code), bad, err)
		r.interrupted("an error")
	}
	r.command(ata.CmdWriteSectors, 0, 2, false)
	r.push(make([]byte, 512))
	r.want("first sector", drq, 0)
	r.push(make([]byte, 512))
	r.want("write", bad, ata.ErrorABRT)
	r.store.Broken = false
	r.command(ata.CmdReadSectors, 0, 1, false)
	r.want("afterwards", drq, 0)
}

func TestWithoutAWriteCacheWritesAreFlushed(t *testing.T) {
	r := newRig(t)
	r.set(regError, ata.FeatureNoWriteCache)
	r.set(regStatusIn, ata.CmdSetFeatures)
	r.command(ata.CmdWriteSectors, 5, 2, false)
	r.push(make([]byte, 1024))
	r.want("write", good, 0)
	if r.store.Flushes != 1 {
		t.Errorf("%d flushes", r.store.Flushes)
	}
	r.store.Broken = true
	r.command(ata.CmdWriteSectors, 5, 1, false)
	r.push(make([]byte, 512))
	r.want("write", bad, ata.ErrorABRT)
}

func TestAReadOnlyDiskAbortsWrites(t *testing.T) {
	r := newRig(t)
	p := CommandPort[1]
	r.out(p+regDevice, 1, ata.DeviceLBA|ata.DeviceDEV)
	r.out(p+regCount, 1, 1)
	r.out(p+regStatusIn, 1, ata.CmdWriteSectors)
	if s, e := r.in(p+regStatusIn, 1), r.in(p+regError, 1); s != bad || e != ata.ErrorABRT {
		t.Errorf("status %#x, error %#x", s, e)
	}
	r.out(p+regStatusIn, 1, ata.CmdReadSectors)
	if r.Drain(); r.in(p+regStatusIn, 1) != drq {
		t.Error("it cannot be read either")
	}
}
