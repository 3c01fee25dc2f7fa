//go:build tamago

package thread

import (
	"debug/elf"
	"unsafe"
)

// Reading the clock by a system call costs hundreds of instructions, and the
// runtime reads it all the time. Linux gives programs a small shared library
// instead, the vDSO, whose clock_gettime reads the TSC; the runtime finds it
// through the auxiliary vector. So do we: vdso is such a library, with one
// symbol, in the form of ELF-64 and its GNU version extension that the
// runtime's loader expects.
var vdso struct {
	header  elf.Header64
	load    elf.Prog64
	dynamic elf.Prog64
	table   [5]elf.Dyn64
	symbols [2]elf.Sym64
	hash    [5]uint32 // 1 bucket, 2 chain entries; the bucket; the chain
	version versionDef
	name    versionName
	text    [64]byte
}

// versionDef and versionName are Elf64_Verdef and Elf64_Verdaux.
type versionDef struct {
	version, flags, index, count uint16
	hash, aux, next              uint32
}

type versionName struct{ name, next uint32 }

const (
	vdsoSymbol  = "\x00__vdso_clock_gettime\x00"
	vdsoVersion = "LINUX_2.6\x00"
	// vdsoVersionHash is the ELF hash of the version.
	vdsoVersionHash = 0x3ae75f6
)

// makeVDSO fills in vdso and returns its host-virtual address. Pre-runtime.
func makeVDSO() uint64 {
	v := &vdso
	base := uint64(uintptr(unsafe.Pointer(v)))
	offset := func(p unsafe.Pointer) uint64 { return uint64(uintptr(p)) - base }
	v.header.Phoff, v.header.Phnum = offset(unsafe.Pointer(&v.load)), 2
	v.load = elf.Prog64{Type: uint32(elf.PT_LOAD), Memsz: uint64(unsafe.Sizeof(*v))}
	v.dynamic = elf.Prog64{Type: uint32(elf.PT_DYNAMIC), Off: offset(unsafe.Pointer(&v.table))}
	v.table = [...]elf.Dyn64{
		{Tag: int64(elf.DT_STRTAB), Val: offset(unsafe.Pointer(&v.text))},
		{Tag: int64(elf.DT_SYMTAB), Val: offset(unsafe.Pointer(&v.symbols))},
		{Tag: int64(elf.DT_HASH), Val: offset(unsafe.Pointer(&v.hash))},
		{Tag: int64(elf.DT_VERDEF), Val: offset(unsafe.Pointer(&v.version))},
		{Tag: int64(elf.DT_NULL)},
	}
	v.symbols[1] = elf.Sym64{
		Name: 1, Info: elf.ST_INFO(elf.STB_GLOBAL, elf.STT_FUNC), Shndx: uint16(elf.SHN_ABS),
		Value: uint64(clockEntry()) - base,
	}
	v.hash = [...]uint32{1, 2, 1, 0, 0}
	v.version = versionDef{version: 1, index: 2, count: 1, hash: vdsoVersionHash,
		aux: uint32(unsafe.Offsetof(v.name) - unsafe.Offsetof(v.version))}
	v.name.name = uint32(copy(v.text[:], vdsoSymbol))
	copy(v.text[v.name.name:], vdsoVersion)
	return base
}

// clockEntry is the address of the vDSO's clock_gettime.
func clockEntry() uintptr

// clockPage is what clock_gettime computes with. sequence is odd while the
// rest changes.
var clockPage struct {
	sequence                uint64
	base, mul, offset, wall uint64
}

// ClockShift is the scale of SetClock's multiplier.
const ClockShift = 52

// SetClock tells the layer how to read the clock by itself: it is offset ns
// plus (TSC-base)*mul>>ClockShift, and wall ns since 1970 when it was 0. The
// caller runs with interrupts off on the only processor that runs.
func SetClock(base, mul, offset, wall uint64) {
	c := &clockPage
	c.sequence++
	c.base, c.mul, c.offset, c.wall = base, mul, offset, wall
	c.sequence++
}
