package emulate

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// drive is a guest with a data port. The port has so many bytes to read, and
// moves several items in one go.
type drive struct {
	*guest
	left   int
	data   uint8                   // the next byte that is read
	taken  []byte                  // what was written
	chunk  func(n int) (items int) // how many of n
	chunks []int
}

func (d *drive) In(_ uint16, size int) uint32 {
	v := ^uint32(0)
	for i := range min(size, d.left) {
		v = v&^(0xff<<(8*i)) | uint32(d.data)<<(8*i)
		d.data++
		d.left--
	}
	return v
}

func (d *drive) Out(_ uint16, size int, v uint32) {
	d.taken = append(d.taken, binary.LittleEndian.AppendUint32(nil, v)[:size]...)
}

func (d *drive) InString(port uint16, size int, p []byte) int {
	n := d.chunk(len(p) / size)
	d.chunks = append(d.chunks, n)
	for i := range n {
		storeBytes(p[i*size:], size, uint64(d.In(port, size)))
	}
	return n
}

func (d *drive) OutString(port uint16, size int, p []byte) int {
	n := d.chunk(len(p) / size)
	d.chunks = append(d.chunks, n)
	for i := range n {
		d.Out(port, size, uint32(loadBytes(p[i*size:], size)))
	}
	return n
}

func newDrive(t testing.TB, mode x86.Mode, code string, chunk func(n int) int) *drive {
	d := &drive{guest: newGuest(t, mode, code), left: 1 << 20, chunk: chunk}
	d.Emulator = New(processor{d.guest}, d, d, d)
	return d
}

func whole(n int) int { return n }

func TestRepeatedPortStringsMoveAPageInOneGo(t *testing.T) {
	const paged, start = memoryVA, 0x10000
	for _, tc := range []struct {
		name, code string
		mode       x86.Mode
		rdi, rcx   uint64
		chunks     []int
		count      uint64 // that is left
	}{
		{"a sector of words", "f3666d", x86.Long64, paged, 256, []int{256}, 0},
		{"a sector of double words", "f36d", x86.Protected32, start, 128, []int{128}, 0},
		{"a sector to memory", "f36d", x86.Real, 0, 256, []int{256}, 0},
		{"a sector from memory", "f3666f", x86.Long64, paged, 256, []int{256}, 0},
		{"more than the bound", "f36c", x86.Long64, paged, 1000, []int{512}, 488},
		{"two pages", "f3666d", x86.Long64, start + pageSize - 20, 256, []int{10, 246}, 0},
		{"a word in two pages", "f3666d", x86.Long64, start + pageSize - 21, 256, []int{10, 245}, 0},
		{"backwards", "f3666d", x86.Long64, start, 256, nil, 0},
		{"once", "666d", x86.Long64, start, 256, nil, 256},
		{"to a device", "f3666d", x86.Long64, deviceVA, 256, nil, 0},
		{"around the segment", "f36d", x86.Real, 0xfff8, 8, []int{3, 4}, 0},
	} {
		d := newDrive(t, tc.mode, tc.code, whole)
		d.GPR[x86.RSI], d.GPR[x86.RDI], d.GPR[x86.RCX], d.GPR[x86.RDX] = tc.rdi, tc.rdi, tc.rcx, 0x1f0
		if tc.mode == x86.Real {
			d.Seg[x86.ES].Base = start
		}
		if tc.name == "backwards" {
			d.RFLAGS |= x86.FlagDF
		}
		if err := d.PortString(); err != nil || d.GPR[x86.RCX] != tc.count || !slices.Equal(d.chunks, tc.chunks) {
			t.Errorf("%s: %v, moved %d, want %d; RCX %d, want %d", tc.name, err, d.chunks, tc.chunks, d.GPR[x86.RCX], tc.count)
		}
	}
}

// oneByOne executes a repeated string instruction as the manual describes it, a
// loop around the one without the prefix: plain.
func (d *drive) oneByOne(plain, length int, mask uint64) error {
	in, flags, shadow := d.RIP, d.RFLAGS, d.Shadow
	for range maxRepeat {
		count := d.GPR[x86.RCX] & mask
		if count != 0 {
			d.RIP = uint64(plain)
			err := d.PortString()
			d.RIP, d.RFLAGS, d.Shadow = in, flags, shadow
			if err != nil {
				return err
			}
			count--
			d.setCounterFor(mask, count)
		}
		if count == 0 {
			d.RIP, d.Shadow = in+uint64(length), false
			d.RFLAGS &^= x86.FlagRF
			return nil
		}
	}
	return nil
}

func (d *drive) setCounterFor(mask, v uint64) {
	size := 8
	switch mask {
	case 0xffff:
		size = 2
	case 0xffff_ffff:
		size = 4
	}
	d.State.Write(x86.RCX, size, v)
}

// Moved in one go or item by item, what the guest finds is the same.
func TestRepeatedPortStringsAreLoops(t *testing.T) {
	const plainAt, tries = codeAt + 0x20, 2000
	pick := func(r *rand.Rand, list ...uint64) uint64 { return list[r.IntN(len(list))] }
	var inGoes, faults, ends int
	var memory [guestMemory]byte
	for i := range memory {
		memory[i] = byte(i*7 ^ i>>8)
	}
	for seed := range uint64(tries) {
		r := rand.New(rand.NewPCG(seed, 1))
		mode := []x86.Mode{x86.Real, x86.Protected16, x86.Protected32, x86.Long64}[r.IntN(4)]
		var code []byte
		for _, prefix := range []byte{0x66, 0x67, 0x26, 0x64} {
			if r.IntN(4) == 0 {
				code = append(code, prefix)
			}
		}
		bits := map[x86.Mode]uint64{x86.Real: 16, x86.Protected16: 16, x86.Protected32: 32, x86.Long64: 64}[mode]
		if bytes.IndexByte(code, 0x67) >= 0 {
			bits = map[uint64]uint64{16: 32, 32: 16, 64: 32}[bits]
		}
		code = append(code, 0x6c+byte(r.IntN(4)))
		rep := append([]byte{byte(0xf2 + r.IntN(2))}, code...)
		mask := ^uint64(0) >> (64 - bits)

		// What guests of both kinds begin with.
		registers := [x86.R15 + 1]uint64{x86.RDX: 0x1f0}
		for _, n := range []int{x86.RSI, x86.RDI} {
			v := pick(r, 0x9000, 0xa000, 0x10000, 0x13000, guestMemory, memoryVA, deviceVA, 0x7000_0000_0000, 1<<32, 1<<47, deviceAt) + r.Uint64N(16) - 8*pick(r, 1, 1, 20, 200)
			if bits == 16 {
				v = pick(r, 0, 0xa000, 0xfff0, 0x1_0000, 0xabcd_0000_ff00) + r.Uint64N(256)
			}
			registers[n] = v
		}
		registers[x86.RCX] = r.Uint64N(pick(r, 4, 100, 600, 1500)) | pick(r, 0, 0, ^mask)
		flags := pick(r, 0, 0, 0, x86.FlagDF) | pick(r, 0, x86.FlagRF)
		base, limit, shadow := pick(r, 0, 0x10000, 0x9003, 0xffff_fff0), uint32(pick(r, 0xffff, 0xffff_ffff, 0x10fff, 0xa0ff)), r.IntN(2) == 0
		attributes := x86.Attributes(pick(r, 0, 0, 0, uint64(x86.AttrExpandDown), uint64(x86.AttrWritable)))
		user := mode == x86.Long64 && r.IntN(3) == 0
		entry, entryBits := 8*pick(r, 0x9, 0xa, 0x10, 0x13, 0x12), pick(r, 7, 7, 0, 1, 3, 5, 7|1<<51)
		romAt, left, chunks := pick(r, 0, 0, 0xa000, 0x11000), int(r.Uint64N(3000)), r.Uint64()
		begin := func() *drive {
			r := rand.New(rand.NewPCG(chunks, 2))
			d := newDrive(t, mode, "", func(n int) int { return 1 + r.IntN(n) })
			copy(d.mem[memoryAt:], memory[memoryAt:])
			copy(d.mem[codeAt:], rep)
			copy(d.mem[plainAt:], code)
			if mode == x86.Long64 {
				at := d.mem[0x4000+entry:]
				binary.LittleEndian.PutUint64(at, binary.LittleEndian.Uint64(at)&^7|entryBits)
			}
			for _, n := range []int{x86.ES, x86.DS, x86.FS} {
				d.Seg[n].Base, d.Seg[n].Limit = base, limit
				d.Seg[n].Attributes ^= attributes
			}
			copy(d.GPR[:], registers[:])
			d.RFLAGS |= flags
			d.Shadow, d.romAt, d.left = shadow, romAt, left
			if user {
				d.CPL = 3
			}
			return d
		}
		fast, slow := begin(), begin()
		err, want := fast.PortString(), slow.oneByOne(plainAt, len(rep), mask)

		var x, y *x86.Exception
		if errors.As(err, &x); x != nil {
			faults++
		}
		if errors.As(want, &y); (err == nil) != (want == nil) || (x == nil) != (y == nil) || x != nil && *x != *y {
			t.Fatalf("seed %d, % x: error %v, want %v", seed, rep, err, want)
		}
		if fast.Registers != slow.Registers || fast.Shadow != slow.Shadow {
			t.Fatalf("seed %d, % x from %x: registers %+v, want %+v", seed, rep, registers, fast.Registers, slow.Registers)
		}
		if !bytes.Equal(fast.mem, slow.mem) || !slices.Equal(fast.log, slow.log) {
			t.Fatalf("seed %d, % x from %x: other memory or devices", seed, rep, registers)
		}
		if fast.left != slow.left || fast.data != slow.data || !bytes.Equal(fast.taken, slow.taken) {
			t.Fatalf("seed %d, % x from %x: the port saw other data", seed, rep, registers)
		}
		if len(fast.chunks) > 0 {
			inGoes++
		}
		if err == nil && fast.RIP != codeAt {
			ends++
		}
	}
	if inGoes < tries/5 || faults < tries/10 || ends < tries/10 {
		t.Errorf("of %d instructions %d moved items in one go, %d faulted, %d came to their end", tries, inGoes, faults, ends)
	}
}
