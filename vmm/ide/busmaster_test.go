package ide

import (
	"fmt"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/block/blocktest"
	"github.com/ringo-vmm/ringo/vmm/ide/ata"
	"github.com/ringo-vmm/ringo/vmm/pcihost"
)

// guest is n bytes of guest memory.
func (r *rig) guest(addr uint32, n int) []byte {
	r.Helper()
	p := make([]byte, n)
	if err := r.ram.Read(uint64(addr), p); err != nil {
		r.Fatal(err)
	}
	return p
}

var scattered = []region{{0x20000, 1024}, {0x10002, 510}, {0x30000, 2}, {0x40000, 0x10000}, {0x80000, 0x10000}, {0x60000, 300*512 - 1536 - 0x20000}}

func TestDMAReads(t *testing.T) {
	for _, order := range []string{"drive first", "bus master first"} {
		r := newRig(t)
		if order == "drive first" {
			r.command(ata.CmdReadDMAExt, 77, 300, true)
			r.Drain()
			if s := r.alternate(); s != drq {
				t.Errorf("status %#x while the drive waits", s)
			}
			r.start(true, scattered...)
		} else {
			r.start(true, scattered...)
			r.command(ata.CmdReadDMAExt, 77, 300, true)
		}
		r.master(order, masterInterrupt)
		r.want(order, good, 0)
		r.interrupted(order)
		want := r.store.Data[77*512:]
		for i, x := range scattered {
			r.same(fmt.Sprintf("%s, region %d", order, i), r.guest(x.addr, x.n), want[:x.n])
			want = want[x.n:]
		}
		if r.lines[0].Edges != 1 {
			t.Errorf("%d interrupts", r.lines[0].Edges)
		}
	}
}

func TestDMAWrites(t *testing.T) {
	r := newRig(t)
	data := blocktest.Pattern(300*512, 0x77)
	rest := data
	for _, x := range scattered {
		r.ram.Write(uint64(x.addr), rest[:x.n])
		rest = rest[x.n:]
	}
	r.command(ata.CmdWriteDMAExt, 77, 300, true)
	r.start(false, scattered...)
	r.master("write", masterInterrupt)
	r.want("write", good, 0)
	r.interrupted("write")
	r.same("write", r.store.Data[77*512:][:len(data)], data)
	r.command(ata.CmdWriteDMA, 1, 1, false)
	r.start(false, region{0x20000, 512})
	r.master("one sector", masterInterrupt)
	r.same("one sector", r.store.Data[512:1024], data[:512])
}

func TestARegionThatIsTooLargeLeavesTheBusMasterActive(t *testing.T) {
	r := newRig(t)
	r.command(ata.CmdReadDMA, 0, 1, false)
	r.start(true, region{0x20000, 1024})
	r.master("too large", masterActive|masterInterrupt)
	r.want("too large", good, 0)
}

func TestATableThatIsTooShortLeavesTheDriveWaiting(t *testing.T) {
	r := newRig(t)
	r.command(ata.CmdReadDMA, 0, 2, false)
	r.start(true, region{0x20000, 700})
	r.master("too short", 0)
	r.want("too short", drq, 0)
	r.quiet("too short")
	r.start(true, region{0x30000, 324})
	r.master("the rest", masterInterrupt)
	r.same("first", r.guest(0x20000, 700), r.store.Data[:700])
	r.same("rest", r.guest(0x30000, 324), r.store.Data[700:1024])
}

func TestTheBusMasterWaitsForLeaveAndDirection(t *testing.T) {
	r := newRig(t)
	r.config(4, 2, pcihost.CommandIO)
	r.command(ata.CmdReadDMA, 0, 1, false)
	r.start(true, region{0x20000, 512})
	r.Drain()
	r.want("no bus master", drq, 0)
	r.config(4, 2, pcihost.CommandIO|pcihost.CommandMaster)
	r.master("bus master", masterInterrupt)
	r.want("bus master", good, 0)

	r.command(ata.CmdReadDMA, 0, 1, false)
	r.start(false, region{0x20000, 512})
	r.master("wrong direction", masterActive)
	r.want("wrong direction", drq, 0)
}

func TestHostileTables(t *testing.T) {
	end := uint32(len(memory))
	fill := func(addr uint32, flags uint8) func(r *rig) {
		return func(r *rig) { // descriptors of 2 bytes without end
			for i := uint32(0); i+8 <= end-table; i += 8 {
				r.ram.Write(uint64(table+i), []byte{byte(addr), byte(addr >> 8), byte(addr >> 16), byte(addr >> 24), 2, 0, 0, flags})
			}
		}
	}
	for name, x := range map[string]struct {
		setup func(r *rig)
		table uint32
	}{
		"a region outside memory":        {fill(end, 0), table},
		"a region over memory's end":     {fill(end-1, 0), table},
		"a region at the top":            {fill(0xfffffffe, 0), table},
		"a table outside memory":         {fill(0, 0), 0xfffffff8},
		"a table over memory's end":      {fill(0, 0), end - 4},
		"a table without end":            {fill(0x100000, 0), table},
		"a table that overwrites itself": {fill(table, 0), table},
	} {
		for _, code := range []uint8{ata.CmdReadDMA, ata.CmdWriteDMA} {
			if name == "a table that overwrites itself" && code == ata.CmdReadDMA {
				continue // it ends, but who knows how
			}
			r := newRig(t)
			x.setup(r)
			r.command(code, 0, 0, false)
			r.out(masterPort+masterTable, 4, x.table)
			v := uint32(masterStart)
			if code == ata.CmdReadDMA {
				v |= masterWrite
			}
			r.out(masterPort+masterCommand, 1, v)
			r.master(name, masterError|masterInterrupt)
			r.want(name, bad, ata.ErrorABRT)
			r.interrupted(name)
		}
	}
}

func TestBusMasterRegisters(t *testing.T) {
	r := newRig(t)
	r.out(masterPort+masterTable, 4, 0x12345677)
	r.out(masterPort+masterHalf+masterTable, 2, 0x4321)
	r.out(masterPort+masterHalf+masterTable+2, 2, 0x8765)
	if a, b := r.in(masterPort+masterTable, 4), r.in(masterPort+masterHalf+masterTable, 4); a != 0x12345674 || b != 0x87654320 {
		t.Errorf("tables %#x and %#x", a, b)
	}
	r.out(masterPort+masterStatus, 1, 0xff)
	if got := r.in(masterPort+masterStatus, 1); got != 0x60 {
		t.Errorf("status %#x", got)
	}
	r.out(masterPort+masterCommand, 1, 0xff)
	if got := r.in(masterPort, 4); got != 0x00610009 {
		t.Errorf("command and status %#x", got)
	}
	r.set(regStatusIn, ata.CmdIdle)
	if got := r.in(masterPort+masterStatus, 1); got != 0x65 {
		t.Errorf("status %#x after an interrupt", got)
	}
	r.out(masterPort+masterStatus, 1, 0x64)
	r.out(masterPort+masterCommand, 1, 0)
	if got := r.in(masterPort+masterStatus, 1); got != 0x60 {
		t.Errorf("status %#x after a stop", got)
	}
	r.Lock()
	r.ide.Reset()
	r.Unlock()
	if a, b := r.in(masterPort, 4), r.in(masterPort+masterTable, 4); a != 0 || b != 0 {
		t.Errorf("%#x and %#x after a reset", a, b)
	}
}
