package paging

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"
)

// unit is the state of unit bytes of address space in the model.
type unit struct {
	kind  int
	pa    uint64
	flags Entry
}

const (
	nothing = iota
	demandZero
	backed
)

func (u unit) present() bool { return u.kind == backed && u.flags&NoAccess == 0 }

// pair is a space and its model: an array of what each unit from base on is.
type pair struct {
	s     *Space
	f     *fakeFrames
	base  uint64
	size  uint64 // of a unit
	units []unit
}

// windows are addresses where tables of several levels meet.
var windows = []uint64{
	0x0000_007f_ffc0_0000, // 4 MiB below the second PML4 entry
	0x0000_00c0_0000_0000, // Go's heap
	0x0000_7fff_ff80_0000, // the last 8 MiB of the lower half
	0xffff_8000_0000_0000, // the first of the upper half
	0xffff_ffff_ff80_0000, // the last of all
}

const windowUnits = 2048

func newPair(t testing.TB, window byte, large bool) *pair {
	s, f := newSpace(t, 64, window&1 == 0)
	p := &pair{s: s, f: f, base: windows[int(window)%len(windows)], size: 4 * kib, units: make([]unit, windowUnits)}
	if large {
		p.base, p.size = p.base&^(512*gib-1)+508*gib, 2*mib // the last 4 GiB of a PML4 entry
	}
	return p
}

var someFlags = []Entry{Write | NX, NX, NoAccess, Write | NX | NoAccess, PAT | PCD | Write, Global | User, 0, FlagMask}

// op is one operation on the units from start up to end.
type op struct {
	code       int
	start, end int
	offset     uint64 // of Map: host-physical minus virtual
	flags      Entry
}

const (
	opMap = iota
	opUnmap
	opProtect
	opSetDemand
	opRelease
	opBack
	opCodes
)

// parse makes an operation of six bytes. Half of the ranges are cut to whole
// 512-unit tables where they can be.
func parse(b [6]byte) op {
	o := op{code: int(b[0]) % opCodes, flags: someFlags[b[1]%8]}
	o.start = (int(b[2])<<8 | int(b[3])) % windowUnits
	length := 1 + int(b[4])
	switch b[1] >> 6 {
	case 2:
		length *= 8
	case 3:
		o.start &^= 511
		length = 512 * (1 + length%4)
	}
	o.end = min(o.start+length, windowUnits)
	o.offset = []uint64{0, 1 << 40, 1<<40 + 2*mib, 1<<40 + 4*kib}[b[5]%4]
	return o
}

// expect is what the model says of o: the error, the units after it, and the
// frames given back.
func (p *pair) expect(o op) (after []unit, freed []uint64, err error) {
	after = slices.Clone(p.units)
	for i := o.start; i < o.end; i++ {
		u := &after[i]
		va := p.base + uint64(i)*p.size
		switch o.code {
		case opMap, opSetDemand:
			want := unit{backed, p.physical(va, o), o.flags}
			if o.code == opSetDemand {
				want = unit{demandZero, 0, o.flags}
			}
			if u.kind != nothing && *u != want {
				return p.units, nil, ErrOverlap
			}
			*u = want
		case opUnmap, opRelease:
			if u.kind == nothing && o.code == opRelease {
				return p.units, nil, ErrNotMapped
			}
			if u.kind == backed {
				freed = append(freed, u.pa)
			}
			if o.code == opUnmap {
				*u = unit{}
			} else {
				*u = unit{demandZero, 0, u.flags}
			}
		case opProtect:
			if u.kind == nothing {
				return p.units, nil, ErrNotMapped
			}
			u.flags = o.flags
		case opBack:
			switch {
			case u.kind != demandZero:
				return p.units, nil, ErrNotDemand
			case u.flags&NoAccess != 0:
				return p.units, nil, ErrNoAccess
			}
			u.kind, u.pa = backed, p.physical(va, o)
			return after, nil, nil
		}
	}
	return after, freed, nil
}

// physical is where Map with o puts va. The lower 40 bits of the address are
// kept, so that host-physical addresses end below 2^52, and units stay pages.
func (p *pair) physical(va uint64, o op) uint64 { return va&(1<<40-1) + o.offset&^(p.size-1) }

func (p *pair) do(o op, freed func(pa, size uint64)) error {
	va, size := p.base+uint64(o.start)*p.size, uint64(o.end-o.start)*p.size
	switch o.code {
	case opMap:
		return p.s.Map(va, p.physical(va, o), size, o.flags)
	case opUnmap:
		return p.s.Unmap(va, size, freed)
	case opProtect:
		return p.s.Protect(va, size, o.flags)
	case opSetDemand:
		return p.s.SetDemand(va, size, o.flags)
	case opRelease:
		return p.s.Release(va, size, freed)
	}
	return p.s.Back(va+uint64(o.flags)&0xfff, p.physical(va, o))
}

// step does o, with no more tables than budget at first, and compares.
func (p *pair) step(o op, budget int) error {
	if o.code == opBack && p.size != 4*kib {
		return nil
	}
	after, wantFreed, want := p.expect(o)
	var freed []uint64
	collect := func(pa, size uint64) {
		for end := pa + size; pa < end; pa += p.size {
			freed = append(freed, pa)
		}
	}
	p.f.budget = budget
	err := p.do(o, collect)
	for ; err == ErrNoTable && budget < 1<<20; budget = 1 + 2*budget {
		p.f.budget = 1 + 2*budget
		err = p.do(o, collect)
	}
	if err != want {
		return fmt.Errorf("%+v: %v, want %v", o, err, want)
	}
	slices.Sort(freed)
	slices.Sort(wantFreed)
	if !slices.Equal(freed, wantFreed) {
		return fmt.Errorf("%+v: freed %#x, want %#x", o, freed, wantFreed)
	}
	va, pages := p.s.Stale()
	for i := range after {
		at := p.base + uint64(i)*p.size
		if p.units[i].present() && p.units[i] != after[i] && (at < va || at+(p.size-1) > va+(pages*PageSize-1)) {
			return fmt.Errorf("%+v: %#x changed, stale is %#x, %d pages", o, at, va, pages)
		}
	}
	p.units = after
	return nil
}

// check compares every unit, at its first and last byte.
func (p *pair) check(t testing.TB) error {
	for i, u := range p.units {
		first := p.base + uint64(i)*p.size
		for _, off := range []uint64{0, p.size - 1} {
			tr := p.s.Walk(first + off)
			pa, write, nx, ok := hardware(p.f, p.s.Root(), first+off)
			flags, _, mark := p.s.Demand(first + off)
			if tr.OK != ok || ok != u.present() || mark != (u.kind == demandZero) {
				return fmt.Errorf("%#x: walk %v, hardware %v, demand %v; want %+v", first+off, tr.OK, ok, mark, u)
			}
			if tr.Flags != u.flags || mark && flags != u.flags {
				return fmt.Errorf("%#x: flags %#x, %#x, want %+v", first+off, uint64(tr.Flags), uint64(flags), u)
			}
			if u.kind == backed && tr.PA != u.pa+off {
				return fmt.Errorf("%#x: %#x, want %+v", first+off, tr.PA, u)
			}
			if ok && (pa != tr.PA || write != (u.flags&Write != 0) || nx != (u.flags&NX != 0)) {
				return fmt.Errorf("%#x: hardware %#x, %v, %v, want %+v", first+off, pa, write, nx, u)
			}
		}
	}
	if n := reachable(t, p.f, p.s.Root(), PML4); n != p.f.out {
		return fmt.Errorf("%d tables in use, %d of them reachable", p.f.out, n)
	}
	return nil
}

// run does all operations in data, six bytes each, and takes all down again.
func (p *pair) run(t testing.TB, data []byte) error {
	for n := 0; len(data) >= 6; n++ {
		budget := 1 << 20
		if data[5] >= 0xc0 {
			budget = int(data[5] >> 2 & 3)
		}
		if err := p.step(parse([6]byte(data)), budget); err != nil {
			return err
		}
		if n%32 == 31 {
			if err := p.check(t); err != nil {
				return err
			}
		}
		data = data[6:]
	}
	if err := p.check(t); err != nil {
		return err
	}
	if err := p.step(op{code: opUnmap, end: windowUnits}, 1<<20); err != nil {
		return err
	}
	if p.f.out != 0 {
		return fmt.Errorf("%d tables left after unmapping everything", p.f.out)
	}
	return nil
}

func TestRandomOperationsAgreeWithTheModel(t *testing.T) {
	for seed := range int64(30) {
		data := make([]byte, 6*400)
		rand.New(rand.NewSource(seed)).Read(data)
		if err := newPair(t, byte(seed), seed%3 == 0).run(t, data); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

// FuzzOperations takes one byte for the window and the size of a unit, and six
// for each operation.
func FuzzOperations(f *testing.F) {
	f.Add([]byte{1, 3, 0xc0, 0, 0, 3, 0, 5, 0, 0, 5, 0, 1, 4, 0xc0, 0, 0, 3, 0})
	f.Add([]byte{0x82, 0, 0xc0, 0, 0, 3, 1, 2, 1, 1, 7, 9, 0xc0, 1, 0, 0, 0, 200, 0})
	seed := make([]byte, 1+6*50)
	rand.New(rand.NewSource(9)).Read(seed)
	f.Add(seed)
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 {
			return
		}
		p := newPair(t, data[0]&0x7f, data[0]&0x80 != 0)
		if err := p.run(t, data[1:min(len(data), 1+6*200)]); err != nil {
			t.Fatal(err)
		}
	})
}
