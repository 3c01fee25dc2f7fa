package ahci

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/ide/ata"
	"github.com/ringo-vmm/ringo/vmm/pcihost"
)

const (
	good = ata.StatusGood
	bad  = good | ata.StatusERR
)

func TestRegisters(t *testing.T) {
	r := newRig(t)
	for reg, want := range map[uint32]uint32{
		regCAP: 0x81241f03, regGHC: 1 << 31, regIS: 0, regPI: 0xf, regVS: 0x10301, 0x24: 0,
		at(0, portSSTS): 0x123, at(2, portSSTS): 0, at(0, portTFD): 0x7f, at(0, portSIG): 0xffffffff,
		at(0, portCMD): 6, at(7, portSSTS): 0, 0xffc: 0,
	} {
		if got := r.get(reg); got != want {
			t.Errorf("register %#x is %#x, want %#x", reg, got, want)
		}
	}
	for off, want := range map[uint8]uint32{0: 0x29228086, 8: 0x01060102, 0x24: base, 0x3c: 0x10b, 0x90: 0x40} {
		if got := r.ahci.Function.Read(off, 4); got != want {
			t.Errorf("%#x of the configuration space is %#x, want %#x", off, got, want)
		}
	}
	r.set(at(0, portCLB), 0xffffffff)
	r.set(at(0, portCLBU), 0x12345678)
	r.set(at(0, portFB), 0xffffffff)
	r.Lock()
	if got := r.bus.Read(base+uint64(at(0, portCLB)), 8); got != 0x12345678fffffc00 {
		t.Errorf("64 bits at once: %#x", got)
	}
	r.bus.Write(base+uint64(at(0, portIE))+1, 1, 0xff)
	r.bus.Write(base+uint64(at(0, portFB)), 8, 0xaaaaaaaabbbbbbbb)
	r.Unlock()
	if a, b, c := r.get(at(0, portIE)), r.get(at(0, portFB)), r.get(at(0, portFBU)); a != 0 || b != 0xbbbbbb00 || c != 0xaaaaaaaa {
		t.Errorf("%#x, %#x, %#x", a, b, c)
	}
	r.set(regGHC, ghcHR)
	if r.get(at(0, portCLB)) != 0 || r.get(regGHC) != ghcAE {
		t.Error("a reset of the adapter leaves registers")
	}
}

func TestDrivesTellTheirSignature(t *testing.T) {
	r := newRig(t)
	for port, sig := range map[int]uint32{0: 0x00000101, 1: 0xeb140101, 3: 0x00000101} {
		for _, how := range []string{"start", "COMRESET", "software reset"} {
			switch how {
			case "start":
				r.start(port)
			case "COMRESET":
				r.set(at(port, portCMD), cmdFRE)
				r.set(at(port, portSCTL), 0x301)
				if a, b := r.get(at(port, portSSTS)), r.get(at(port, portTFD)); a != 0 || b != ata.StatusBSY {
					t.Errorf("status %#x, task file %#x while reset", a, b)
				}
				r.set(at(port, portSCTL), 0x300)
			case "software reset":
				r.set(at(port, portCMD), cmdFRE|cmdST)
				for _, control := range []byte{ata.ControlSRST, 0} {
					r.fill(port, 0, [fisSize]byte{0: fisH2D, 15: control}, nil)
					r.issue(port)
				}
			}
			status := uint32(good)
			if port == 1 {
				status = 0
			}
			r.want(how, port, status|1<<8, 0, 0)
			if got := r.get(at(port, portSIG)); got != sig || r.get(at(port, portSSTS)) != 0x123 {
				t.Errorf("%s of port %d: signature %#x", how, port, got)
			}
			got := r.guest(uint64(port*stride+fisAt+areaD2H), fisSize)
			if got[0] != fisD2H || got[2] != byte(status) || got[3] != 1 || got[12] != 1 || got[5] != byte(sig>>16) {
				t.Errorf("%s of port %d: FIS %x", how, port, got)
			}
			r.clear(uint64(port*stride+fisAt), 256, 0)
		}
	}
	r.start(2)
	r.issue(2)
	r.want("no drive", 2, 0x7f, 0, 1)
}

func TestIdentification(t *testing.T) {
	r := newRig(t)
	r.start(0)
	r.fill(0, 0, fis(ata.CmdIdentifyPacket, 0, 0), nil, region{dataAt, 512})
	r.issue(0)
	r.want("a disk is no CD", 0, bad|ata.ErrorABRT<<8, isD2H|isError, 1)
	r.restart(0)
	r.fill(0, 0, fis(ata.CmdIdentify, 0, 0), nil, region{dataAt, 512})
	r.issue(0)
	r.want("disk", 0, good, isPIO, 0)
	if p := r.guest(dataAt, 512); binary.LittleEndian.Uint32(p[200:]) != sectorCount || p[2*88] != 0x3f {
		t.Errorf("%x", p)
	}
	if p := r.guest(fisAt+areaPIO, fisSize); p[0] != fisPIO || p[1] != fisToHost|fisInterrupt || p[2] != good|ata.StatusDRQ || p[15] != good || p[17] != 2 {
		t.Errorf("PIO setup FIS %x", p)
	}
	if got := r.guest(listAt+headerBytes, 4); got[1] != 2 {
		t.Errorf("bytes moved %x", got)
	}

	r.start(1)
	r.fill(1, 0, fis(ata.CmdIdentify, 0, 0), nil, region{dataAt, 512})
	r.issue(1)
	r.want("a CD is no disk", 1, bad|ata.ErrorABRT<<8, isD2H|isError, 1)
	if p := r.guest(stride+fisAt+areaD2H, fisSize); p[5] != 0x14 || p[6] != 0xeb {
		t.Errorf("FIS %x", p)
	}
	r.restart(1)
	r.fill(1, 0, fis(ata.CmdIdentifyPacket, 0, 0), nil, region{dataAt, 512})
	r.issue(1)
	r.want("CD", 1, good, isPIO, 0)
}

var scattered = []region{{0x20000, 1024}, {0x30002, 510}, {0x40000, 2}, {0x60000, 0x30000}, {0x100000, 700*512 - 1536 - 0x30000}}

func TestReadsAndWrites(t *testing.T) {
	r := newRig(t)
	r.start(0)
	for _, code := range []uint8{ata.CmdReadDMAExt, ata.CmdReadSectorsExt} {
		what := fmt.Sprintf("command %#x", code)
		r.fill(0, 0, fis(code, 77, 700), nil, scattered...)
		r.issue(0)
		is := uint32(isD2H)
		if code == ata.CmdReadSectorsExt {
			is = isPIO
		}
		r.want(what, 0, good, is, 0)
		want := r.store.Data[77*512:]
		for i, x := range scattered {
			r.same(fmt.Sprintf("%s, region %d", what, i), r.guest(x.addr, x.n), want[:x.n])
			r.clear(x.addr, uint64(x.n), byte(i))
			want = want[x.n:]
		}
	}
	var data []byte
	for _, x := range scattered {
		data = append(data, r.guest(x.addr, x.n)...)
	}
	for _, code := range []uint8{ata.CmdWriteDMAExt, ata.CmdWriteSectorsExt} {
		copy(r.store.Data, diskBytes)
		r.fill(0, 0, fis(code, 77, 700), nil, scattered...)
		r.issue(0)
		r.want("write", 0, good, isD2H, 0)
		r.same("write", r.store.Data[77*512:][:len(data)], data)
		if got := binary.LittleEndian.Uint32(r.guest(listAt+headerBytes, 4)); got != 700*512 {
			t.Errorf("%d bytes moved", got)
		}
		if p := r.guest(fisAt+areaD2H, fisSize); p[4] != 777&0xff-1 || p[5] != 777>>8 || p[12] != 0 {
			t.Errorf("FIS %x", p)
		}
	}
}

func TestCommandsWithoutData(t *testing.T) {
	r := newRig(t)
	r.start(0)
	for _, x := range []struct {
		what     string
		code     uint8
		features byte
		n        int
		err      uint32
	}{
		{"flush", ata.CmdFlushCacheExt, 0, 0, 0},
		{"DMA mode", ata.CmdSetFeatures, ata.FeatureTransferMode, 0x45, 0},
		{"no such mode", ata.CmdSetFeatures, ata.FeatureTransferMode, 0x47, ata.ErrorABRT},
		{"write cache off", ata.CmdSetFeatures, ata.FeatureNoWriteCache, 0, 0},
		{"multiple", ata.CmdSetMultiple, 0, 8, 0},
		{"verify", ata.CmdReadVerifyExt, 0, 700, 0},
		{"verify outside", ata.CmdReadVerifyExt, 0, sectorCount + 1, ata.ErrorIDNF},
		{"idle", ata.CmdIdleImmediate, 0, 0, 0},
		{"diagnostic", ata.CmdDiagnostic, 0, 0, ata.DiagnosticPassed},
		{"native maximum", ata.CmdReadNativeMaxExt, 0, 0, 0},
		{"queued read", 0x60, 0, 1, ata.ErrorABRT},
		{"packet", ata.CmdPacket, 0, 0, ata.ErrorABRT},
	} {
		f := fis(x.code, 0, x.n)
		f[3] = x.features
		r.fill(0, 0, f, nil)
		r.issue(0)
		if x.err&^ata.DiagnosticPassed != 0 {
			r.want(x.what, 0, bad|x.err<<8, isD2H|isError, 1)
			r.restart(0)
			continue
		}
		r.want(x.what, 0, good|x.err<<8, isD2H, 0)
	}
	if r.store.Flushes != 1 {
		t.Errorf("%d flushes", r.store.Flushes)
	}
	r.fill(0, 0, fis(ata.CmdWriteDMAExt, 0, 1), nil, region{dataAt, 512})
	r.issue(0)
	r.want("write", 0, good, isD2H, 0)
	if r.store.Flushes != 2 {
		t.Error("without a write cache nothing is flushed")
	}
	r.start(3)
	r.fill(3, 0, fis(ata.CmdWriteDMAExt, 0, 1), nil, region{dataAt, 512})
	r.issue(3)
	r.want("write to a read-only disk", 3, bad|ata.ErrorABRT<<8, isD2H|isError, 1)
}

func TestPackets(t *testing.T) {
	r := newRig(t)
	r.start(1)
	read := []byte{0x28, 0, 0, 0, 0, 10, 0, 0, 100}
	r.fill(1, 0, fis(ata.CmdPacket, 0, 0), read, region{0x40000, 0x20000}, region{0x80000, 100*2048 - 0x20000})
	r.issue(1)
	r.want("read", 1, good, isD2H, 0)
	r.same("read", append(r.guest(0x40000, 0x20000), r.guest(0x80000, 100*2048-0x20000)...), cdBytes[10*2048:][:100*2048])
	r.fill(1, 0, fis(ata.CmdPacket, 0, 0), []byte{0x12, 0, 0, 0, 36}, region{dataAt, 64})
	r.issue(1)
	r.want("inquiry", 1, good, isD2H, 0)
	if got := r.guest(listAt+stride+headerBytes, 4); got[0] != 36 || string(r.guest(dataAt+8, 5)) != "RINGO" {
		t.Errorf("inquiry of %d bytes", got[0])
	}
	r.fill(1, 0, fis(ata.CmdPacket, 0, 0), []byte{0x28, 0, 0, 0, 0, blockCount, 0, 0, 1}, region{dataAt, 2048})
	r.issue(1)
	r.want("outside", 1, bad|0x50<<8, isD2H|isError, 1)
	r.restart(1)
	r.fill(1, 0, fis(ata.CmdPacket, 0, 0), []byte{3, 0, 0, 0, 18}, region{dataAt, 18})
	r.issue(1)
	r.want("sense", 1, good, isD2H, 0)
	if got := r.guest(dataAt, 18); got[2] != 5 || got[12] != 0x21 {
		t.Errorf("sense data %x", got)
	}
	r.fill(1, 0, fis(ata.CmdPacket, 0, 0), read, region{^uint64(0) - 1, 0x20000})
	r.issue(1)
	r.want("no memory", 1, bad|0x40<<8, isD2H|isError|isHostBus, 1)
}

func TestAllSlotsAreServed(t *testing.T) {
	r := newRig(t)
	r.start(0)
	for slot := range slots {
		r.fill(0, slot, fis(ata.CmdReadDMAExt, uint64(slot), 1), nil, region{uint64(dataAt + slot*512), 512})
	}
	r.set(at(0, portCI), 0xffffffff)
	r.want("32 commands", 0, good, isD2H, 0)
	r.same("32 commands", r.guest(dataAt, slots*512), r.store.Data[:slots*512])
}

func TestInterruptsAreMasked(t *testing.T) {
	r := newRig(t)
	r.start(0)
	r.set(at(0, portIE), 0)
	r.fill(0, 0, fis(ata.CmdIdle, 0, 0), nil)
	r.issue(0)
	if r.line.Level || r.get(regIS) != 0 {
		t.Error("an interrupt that is off at the port")
	}
	r.set(regGHC, 0)
	r.set(at(0, portIE), isD2H)
	if r.line.Level || r.get(regIS) != 1 {
		t.Error("an interrupt that is off at the adapter")
	}
	r.set(regGHC, ghcIE)
	if !r.line.Level {
		t.Error("no interrupt")
	}
	r.set(regIS, 1)
	if !r.line.Level {
		t.Error("an interrupt that the port still has goes away")
	}
}

func TestPortsInterruptTogether(t *testing.T) {
	r := newRig(t)
	for port := range 2 {
		r.start(port)
		r.fill(port, 0, fis(ata.CmdIdle, 0, 0), nil)
		r.issue(port)
	}
	if got := r.get(regIS); got != 3 {
		t.Errorf("ports %#x interrupt, want 3", got)
	}
}

func TestNothingMovesWithoutLeave(t *testing.T) {
	r := newRig(t)
	r.start(0)
	r.config(regCommand, 2, pcihost.CommandMemory)
	r.fill(0, 0, fis(ata.CmdReadDMAExt, 0, 1), nil, region{dataAt, 512})
	r.issue(0)
	r.want("no bus master", 0, good|1<<8, 0, 1)
	r.config(regCommand, 2, pcihost.CommandMemory|pcihost.CommandMaster)
	r.want("bus master", 0, good, isD2H, 0)
}

func TestBadConfigurations(t *testing.T) {
	r := newRig(t)
	for name, d := range map[string][]Drive{
		"no ports": {}, "seven ports": make([]Drive, 7), "no sector": {{Disk: r.NewDisk(block.Empty(511))}},
	} {
		if _, err := New(Config{Drives: d}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
