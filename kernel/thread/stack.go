package thread

// mainStack is the size in bytes of the first thread's stack. The runtime
// takes 64 KiB of it for granted.
const mainStack = 256 << 10

// Bounds of the initial stack, in words and bytes.
const (
	maxWords  = 64
	argsBytes = 8192
)

// Auxiliary vector entries, getauxval(3).
const (
	auxPageSize = 6
	auxRandom   = 25
	auxVDSO     = 33
)

// initialStack writes what Linux leaves on a new program's stack: the number
// of arguments, the arguments, the environment and the auxiliary vector. vdso
// is where the vDSO is. It returns the stack pointer.
func initialStack(top uintptr, env [][]byte, vdso uint64) uint64 {
	touch(top-argsBytes, argsBytes, true)
	at := top - argsBytes
	word := func(v uint64) {
		*(*uint64)(pointer(at)) = v
		at += 8
	}
	text := top - argsBytes + maxWords*8
	random := text
	layer.machine.Random(bytes(random, 16))
	text += 16
	str := func(s []byte) uint64 {
		start := text
		copy(bytes(text, uint64(len(s))), s)
		text += uintptr(len(s)) + 1 // the page was zero
		return uint64(start)
	}
	word(1)
	word(str(programName[:]))
	word(0)
	for i, e := range env {
		if i < maxWords-16 && text+uintptr(len(e))+1 < top {
			word(str(e))
		}
	}
	word(0)
	word(auxPageSize)
	word(pageSize)
	word(auxRandom)
	word(uint64(random))
	word(auxVDSO)
	word(vdso)
	word(0)
	word(0)
	return uint64(top - argsBytes)
}

var programName = [...]byte{'r', 'i', 'n', 'g', 'o'}
