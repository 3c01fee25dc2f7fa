package ahci

import (
	"runtime"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/ide/ata"
)

func TestErrorsHaltTheList(t *testing.T) {
	r := newRig(t)
	r.start(0)
	r.store.Broken = true
	r.fill(0, 3, fis(ata.CmdReadDMAExt, 5, 1), nil, region{dataAt, 512})
	r.fill(0, 4, fis(ata.CmdReadDMAExt, 0, 1), nil, region{dataAt, 512})
	r.set(at(0, portCI), 0x18)
	r.want("worn out", 0, bad|ata.ErrorUNC<<8, isD2H|isError, 0x18)
	if got := r.get(at(0, portCMD)) >> cmdSlot & 31; got != 3 {
		t.Errorf("the current slot is %d", got)
	}
	if p := r.guest(fisAt+areaD2H, fisSize); p[4] != 5 || p[12] != 1 {
		t.Errorf("FIS %x", p)
	}
	r.store.Broken = false
	r.restart(0)
	r.want("restarted", 0, bad|ata.ErrorUNC<<8, 0, 0)
	r.set(at(0, portCI), 0x10)
	r.want("afterwards", 0, good, isD2H, 0)
}

func TestHostileStructures(t *testing.T) {
	end := uint64(len(memory))
	write, read := fis(ata.CmdWriteDMAExt, 0, 700), fis(ata.CmdReadDMAExt, 0, 700)
	for name, x := range map[string]struct {
		setup func(r *rig)
		is    uint32
	}{
		"list outside memory":  {func(r *rig) { r.set(at(0, portCLBU), 1) }, isHostBus},
		"FISes outside memory": {func(r *rig) { r.set(at(0, portFBU), 1); r.fill(0, 0, fis(0xff, 0, 0), nil) }, isHostBus},
		"table outside memory": {func(r *rig) { r.clear(listAt+8, 8, 0xff) }, isHostBus},
		"no regions":           {func(r *rig) { r.fill(0, 0, write, nil) }, isOverflow},
		"too few regions":      {func(r *rig) { r.fill(0, 0, read, nil, region{dataAt, 600}) }, isOverflow},
		"regions of a byte": {func(r *rig) {
			r.fill(0, 0, read, nil)
			r.clear(tableAt+tableRegions, end-tableAt-tableRegions, 0)
			r.poke(listAt+2, []byte{0xff, 0xff})
		}, isOverflow},
		"regions outside memory":  {func(r *rig) { r.fill(0, 0, read, nil, region{end, 512}) }, isHostBus},
		"regions over the end":    {func(r *rig) { r.fill(0, 0, write, nil, region{end - 2, 512}) }, isHostBus},
		"regions over the top":    {func(r *rig) { r.fill(0, 0, write, nil, region{^uint64(0) - 1, 4 << 20}) }, isHostBus},
		"a FIS of another kind":   {func(r *rig) { r.fill(0, 0, [fisSize]byte{fisD2H}, nil) }, 0},
		"a table at memory's end": {func(r *rig) { r.fill(0, 0, read, nil); r.poke(listAt+8, []byte{0, 0xff, 0x1f}) }, 0},
	} {
		r := newRig(t)
		r.start(0)
		r.fill(0, 0, read, nil, region{dataAt, 700 * 512})
		x.setup(r)
		r.issue(0)
		r.want(name, 0, bad|ata.ErrorABRT<<8, isD2H|isError|x.is, 1)
	}
}

func TestAStopWaitsForTheDisk(t *testing.T) {
	for name, stop := range map[string]func(r *rig){
		"stop": func(r *rig) { r.restart(0) },
		"COMRESET": func(r *rig) {
			r.set(at(0, portCMD), cmdFRE)
			r.set(at(0, portSCTL), 1)
			r.set(at(0, portSCTL), 0)
			r.restart(0)
		},
		"reset": func(r *rig) { r.set(regGHC, ghcHR); r.start(0) },
	} {
		r := newRig(t)
		r.store.Gate = make(chan struct{})
		r.start(0)
		r.fill(0, 0, fis(ata.CmdReadDMAExt, 0, 1), nil, region{dataAt, 512})
		r.set(at(0, portCI), 1)
		if got := r.get(at(0, portTFD)); got&ata.StatusBSY == 0 {
			t.Errorf("%s: task file %#x while the disk works", name, got)
		}
		stop(r)
		r.fill(0, 1, fis(ata.CmdReadDMAExt, 9, 1), nil, region{dataAt + 0x1000, 512})
		r.clear(dataAt, 512, 0x5a)
		r.set(at(0, portCI), 2)
		close(r.store.Gate)
		r.want(name, 0, good, isD2H, 0)
		r.same(name, r.guest(dataAt+0x1000, 512), r.store.Data[9*512:10*512])
		if r.guest(dataAt, 1)[0] != 0x5a {
			t.Errorf("%s: the command that was stopped wrote memory", name)
		}
	}
}

func TestRegionsMayShrinkWhileTheyAreUsed(t *testing.T) {
	r := newRig(t)
	r.store.Gate = make(chan struct{})
	r.clear(dataAt, 1, ^r.store.Data[0])
	r.start(0)
	r.fill(0, 0, fis(ata.CmdReadDMAExt, 0, 512), nil, region{dataAt, 512 * 512})
	r.set(at(0, portCI), 1)
	r.store.Gate <- struct{}{} // the first half is read
	for r.guest(dataAt, 1)[0] != r.store.Data[0] {
		runtime.Gosched()
	}
	r.poke(tableAt+tableRegions+12, []byte{0, 0, 0, 0})
	close(r.store.Gate)
	r.want("shrunk", 0, bad|ata.ErrorABRT<<8, isD2H|isError|isOverflow, 1)
}
