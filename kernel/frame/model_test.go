package frame

import (
	"fmt"
	"math/rand"
	"testing"
)

// model is the allocator as one would write it without care for speed: an
// array that says of every frame which block holds it.
type model struct {
	held  []Block // Owner Free when free
	freed []bool  // a block that started here was freed at some time
	total uint64  // bytes of memory
}

// modelRegions lie in all three zones. The second has little more room than
// the metadata takes.
var modelRegions = []Region{
	{0x3000, 0x9f000},
	{1 * mib, 1*mib + 0x165000},
	{3 * mib, 3*mib + 0x40000},
	{4 * gib, 4*gib + 0x167000},
}

// index is where the arrays have the frame at pa, and whether it is memory.
func (m *model) index(pa uint64) (int, bool) {
	i := 0
	for _, r := range modelRegions {
		if pa >= r.Start && pa < r.End {
			return i + int((pa-r.Start)/Size), true
		}
		i += int((r.End - r.Start) / Size)
	}
	return 0, false
}

func (m *model) at(pa uint64) (Block, bool) {
	i, ok := m.index(pa)
	if !ok {
		return Block{}, false
	}
	return m.held[i], true
}

// set makes b hold the frames from start up to end that are memory.
func (m *model) set(start, end uint64, b Block) {
	for ; start < end; start += Size {
		if i, ok := m.index(start); ok {
			m.held[i] = b
		}
	}
}

func (m *model) allFree(pa uint64, order int) bool {
	for end := pa + BlockSize(order); pa < end; pa += Size {
		if b, ok := m.at(pa); !ok || b.Owner != Free {
			return false
		}
	}
	return true
}

// zone numbers the zones from the lowest.
func (m *model) zone(pa uint64) int {
	switch {
	case pa < 1*mib:
		return 0
	case pa < 4*gib:
		return 1
	}
	return 2
}

// bestZone is the highest zone with a fitting block, or -1.
func (m *model) bestZone(order int, c Constraint) int {
	size := BlockSize(order)
	for i := len(modelRegions) - 1; i >= 0; i-- {
		r := modelRegions[i]
		if m.zone(r.Start) > 2-int(c) {
			continue
		}
		for pa := (r.Start + size - 1) &^ (size - 1); pa+size <= r.End; pa += size {
			if m.allFree(pa, order) {
				return m.zone(pa)
			}
		}
	}
	return -1
}

func (m *model) give(b Block) { m.set(b.Start, b.End(), b) }

func (m *model) free(b Block) {
	m.set(b.Start, b.End(), Block{Owner: Free})
	i, _ := m.index(b.Start)
	m.freed[i] = true
}

// freeError is what Free must say.
func (m *model) freeError(pa uint64, order int, o Owner) error {
	b, ok := m.at(pa)
	i, _ := m.index(pa)
	switch {
	case pa&(BlockSize(order)-1) != 0:
		return ErrMisaligned
	case !ok:
		return ErrNotMemory
	case b == Block{pa, order, o}:
		return nil
	case b.Owner == Free && !m.allFree(pa, order):
		return ErrPartlyFree
	case b.Owner == Free && m.freed[i]:
		return ErrDoubleFree
	case b.Owner == Free:
		return ErrNotAlloc
	case !b.Owner.allocates():
		return ErrReserved
	case b.Start != pa:
		return ErrInside
	case b.Order == order:
		return ErrWrongOwner
	}
	for end := pa + BlockSize(order); pa < end; pa += Size {
		if b, ok := m.at(pa); !ok || b.Owner == Free {
			return ErrPartlyFree
		}
	}
	return ErrWrongOrder
}

// pair is an allocator and its model, over memory in all three zones.
type pair struct {
	a    *Allocator
	m    *model
	mem  *fakeMemory
	live []Block
}

// newPair uses mem again and again, with what was left in it.
func newPair(mem *fakeMemory, poison bool) (*pair, error) {
	p := &pair{a: new(Allocator), mem: mem, m: new(model)}
	for _, r := range modelRegions {
		mem.Words(r.Start, int((r.End-r.Start)/8))
		p.m.total += r.End - r.Start
	}
	p.m.held = make([]Block, p.m.total/Size)
	p.m.freed = make([]bool, p.m.total/Size)
	if err := p.a.Init(modelRegions, mem); err != nil {
		return nil, err
	}
	md := p.a.Stats().Metadata
	p.m.set(md.Start, md.End, Block{Owner: Reserved})
	if poison {
		p.a.Poison()
	}
	return p, nil
}

// check compares the two in full.
func (p *pair) check() error {
	var free, seen uint64
	var count [Orders]uint64
	for b, ok := p.a.Next(0); ok; b, ok = p.a.Next(b.End()) {
		seen += b.End() - b.Start
		for pa := b.Start; pa < b.End(); pa += Size {
			h, ok := p.m.at(pa)
			if !ok {
				return fmt.Errorf("block %+v holds %#x, which is not memory", b, pa)
			}
			if h.Owner != b.Owner || b.Owner.allocates() && h != b {
				return fmt.Errorf("block %+v holds %#x, of block %+v", b, pa, h)
			}
		}
		if b.Owner == Free {
			free += b.End() - b.Start
			count[b.Order]++
			if b.Order < MaxOrder && p.m.allFree(b.Start&^(2*BlockSize(b.Order)-1), b.Order+1) {
				return fmt.Errorf("block %+v is free and so is its buddy", b)
			}
		}
	}
	s := p.a.Stats()
	if seen != p.m.total || s.Total != p.m.total {
		return fmt.Errorf("%d bytes in blocks, total %d, want %d", seen, s.Total, p.m.total)
	}
	if s.Free() != free || s.Blocks != count {
		return fmt.Errorf("stats: free %d, blocks %d; counted %d, %d", s.Free(), s.Blocks, free, count)
	}
	return nil
}

func (p *pair) alloc(order int, c Constraint, o Owner) error {
	want := p.m.bestZone(order, c)
	pa, err := p.a.Alloc(order, c, o)
	if want < 0 || err != nil {
		if want >= 0 || err != ErrNoMemory {
			return fmt.Errorf("Alloc(%d, %d) = %#x, %v; want zone %d", order, c, pa, err, want)
		}
		return nil
	}
	b := Block{pa, order, o}
	if pa&(BlockSize(order)-1) != 0 || !p.m.allFree(pa, order) || p.m.zone(pa) != want {
		return fmt.Errorf("Alloc(%d, %d) = %#x: misaligned, not free, or not in zone %d", order, c, pa, want)
	}
	p.m.give(b)
	p.live = append(p.live, b)
	return nil
}

func (p *pair) allocAt(pa uint64, order int, o Owner) error {
	var want error
	switch {
	case pa&(BlockSize(order)-1) != 0:
		want = ErrMisaligned
	case !p.m.allFree(pa, order):
		want = ErrTaken
	}
	if err := p.a.AllocAt(pa, order, o); err != want {
		return fmt.Errorf("AllocAt(%#x, %d) = %v, want %v", pa, order, err, want)
	}
	if want == nil {
		b := Block{pa, order, o}
		p.m.give(b)
		p.live = append(p.live, b)
	}
	return nil
}

func (p *pair) free(pa uint64, order int, o Owner) error {
	want := p.m.freeError(pa, order, o)
	if err := p.a.Free(pa, order, o); err != want {
		return fmt.Errorf("Free(%#x, %d, %v) = %v, want %v", pa, order, o, err, want)
	}
	if want == nil {
		p.m.free(Block{pa, order, o})
	}
	return nil
}

func (p *pair) reserve(start, end uint64) error {
	var want error
	for pa := start &^ (Size - 1); pa < end; pa += Size {
		if b, _ := p.m.at(pa); b.Owner.allocates() {
			want = ErrBusy
		}
	}
	if err := p.a.Reserve(start, end); err != want {
		return fmt.Errorf("Reserve(%#x, %#x) = %v, want %v", start, end, err, want)
	}
	for pa := start &^ (Size - 1); want == nil && pa < end; pa += Size {
		if b, _ := p.m.at(pa); b.Owner == Free {
			p.m.set(pa, pa+Size, Block{Owner: Reserved})
		}
	}
	return nil
}

// scribble writes to a frame if it is free, and wants the damage reported.
func (p *pair) scribble(pa uint64, poison bool) error {
	if !poison || !p.m.allFree(pa, 0) {
		return nil
	}
	at := pa + uint64(pa>>Shift%words)*8
	p.mem.Words(pa, words)[pa>>Shift%words] ^= 1
	if err := p.a.AllocAt(pa, 0, Kernel); err != ErrCorrupt || p.a.Stats().CorruptAt != at {
		return fmt.Errorf("AllocAt(%#x) = %v at %#x, want %v at %#x", pa, err, p.a.Stats().CorruptAt, ErrCorrupt, at)
	}
	p.m.give(Block{pa, 0, Damaged})
	return nil
}

// step does one operation, made of four bytes.
func (p *pair) step(b [4]byte, poison bool) error {
	pa := uint64(b[2]) << 8 & 0xf00
	switch b[1] & 3 {
	case 0:
		pa = (pa | uint64(b[3])) % 0xa0 << Shift
	case 1, 2:
		pa = (pa | uint64(b[3])) << Shift % (4 * mib)
	case 3:
		pa = 4*gib + (pa|uint64(b[3]))<<Shift%(2*mib)
	}
	order := int(b[1]>>2) % 11
	o := GoHeap + Owner(b[2]>>4)%(Kernel-GoHeap+1)
	switch b[0] % 8 {
	case 0, 1:
		return p.alloc(order, Constraint(b[3]%3), o)
	case 2:
		return p.allocAt(pa&^(BlockSize(order%4)-1), order%4, o)
	case 3, 4:
		if len(p.live) > 0 {
			l := p.live[(int(b[2])<<8|int(b[3]))%len(p.live)]
			return p.free(l.Start, l.Order, l.Owner)
		}
	case 5:
		return p.free(pa, order%4, o)
	case 6:
		if b[1] >= 0xf0 {
			return p.reserve(pa+uint64(b[2]), pa+uint64(b[2])<<6+1)
		}
	case 7:
		if b[1] >= 0xf0 {
			return p.scribble(pa, poison)
		}
	}
	return nil
}

// run does all operations in data, then frees everything, and compares.
func (p *pair) run(data []byte, poison bool) error {
	for n := 0; len(data) >= 4; n++ {
		if err := p.step([4]byte(data), poison); err != nil {
			return err
		}
		if n%64 == 63 {
			if err := p.check(); err != nil {
				return err
			}
		}
		data = data[4:]
	}
	if err := p.check(); err != nil {
		return err
	}
	for _, b := range p.live {
		if err := p.free(b.Start, b.Order, b.Owner); err != nil {
			return err
		}
	}
	return p.check()
}

func TestRandomOperationsAgreeWithTheModel(t *testing.T) {
	mem := new(fakeMemory)
	for seed := range int64(20) {
		data := make([]byte, 4*2000)
		rand.New(rand.NewSource(seed)).Read(data)
		p, err := newPair(mem, seed%2 == 1)
		if err == nil {
			err = p.run(data, seed%2 == 1)
		}
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

// FuzzOperations takes four bytes for an operation, and the first bit of all
// for poison mode.
func FuzzOperations(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x00"))
	f.Add([]byte("\x01\x00\x10\x02\x00\x04\x20\x01\x03\x00\x00\x00\x03\x00\x00\x00\x05\x00\x00\x01\x02\x03\x00\x01\x06\xff\x01\x20\x07\xf3\x00\x08"))
	seed := make([]byte, 4*300)
	rand.New(rand.NewSource(7)).Read(seed)
	f.Add(seed)
	mem := new(fakeMemory)
	f.Fuzz(func(t *testing.T, data []byte) {
		poison := len(data) > 0 && data[0]&0x80 != 0
		p, err := newPair(mem, poison)
		if err == nil {
			err = p.run(data[:min(len(data), 4*500)], poison)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
}
