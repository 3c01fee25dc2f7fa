package thread

import "unsafe"

// Memory system calls. The runtime reserves address space, maps parts of it,
// and gives pages back; nothing is backed before it is touched.

const (
	protRead  = 1
	protWrite = 2

	mapFixed     = 0x10
	mapAnonymous = 0x20

	madvDontNeed   = 4
	madvHugePage   = 14
	madvNoHugePage = 15
	madvCollapse   = 25
)

// memoryCall answers mmap and its relatives; false for any other number.
func memoryCall(t *thread, number, a, b, c, d uint64) bool {
	size := (b + pageSize - 1) &^ (pageSize - 1)
	switch number {
	case sysMmap:
		t.rax = mmap(a, size, c, d)
	case sysMunmap, sysMprotect, sysMadvise:
		t.rax = fail(einval)
		if a%pageSize == 0 && size >= b {
			t.rax = changeMemory(number, a, size, c)
		}
	default:
		return false
	}
	return true
}

func changeMemory(number, va, size, how uint64) uint64 {
	switch {
	case number == sysMunmap:
		return result(size != 0 && layer.memory.Unmap(va, size), einval)
	case size == 0:
		return 0
	case number == sysMprotect:
		return result(layer.memory.Protect(va, size, how&protRead != 0, how&protWrite != 0), enomem)
	}
	return madvise(va, size, how)
}

func result(ok bool, e errno) uint64 {
	if ok {
		return 0
	}
	return fail(e)
}

// mmap is mmap(2) for anonymous private memory, the only kind there is. An
// address without MAP_FIXED is a wish. It is granted where the runtime may have
// memory at all: its wishes for arenas, which it makes at random, are far from
// what Reserve gives out.
func mmap(va, size, prot, flags uint64) uint64 {
	if flags&mapAnonymous == 0 {
		return fail(enodev)
	}
	if va%pageSize != 0 || size == 0 {
		return fail(einval)
	}
	if va == 0 || flags&mapFixed == 0 && !layer.memory.Usable(va, size) {
		if flags&mapFixed != 0 {
			return fail(eperm)
		}
		var ok bool
		if va, ok = layer.memory.Reserve(size); !ok {
			return fail(enomem)
		}
	}
	switch {
	case prot&(protRead|protWrite) != 0:
		if !layer.memory.Map(va, size) {
			return fail(enomem)
		}
	case flags&mapFixed != 0:
		// Over a mapping this takes it away; address space alone needs no
		// note.
		layer.memory.Unmap(va, size)
	}
	return va
}

func madvise(va, size, advice uint64) uint64 {
	switch advice {
	case madvDontNeed:
		return result(layer.memory.Discard(va, size), enomem)
	case madvHugePage, madvNoHugePage:
		return 0
	}
	return fail(einval)
}

// touch makes sure that the runtime's memory at va is there before the layer
// uses it: a page fault in the layer itself is fatal. What cannot be made to
// appear is left to that fault, whose report names the address; the pages
// behind it are then of no interest, however many they are.
func touch(va uintptr, size uint64, write bool) {
	if size == 0 {
		return
	}
	for page := uint64(va) &^ (pageSize - 1); page < uint64(va)+size; page += pageSize {
		if layer.memory.Fault(page, write) != FaultBacked {
			return
		}
	}
}

// touchLocked is touch for callers that do not hold the lock.
func touchLocked(p *processor, va uintptr, size uint64, write bool) {
	p.lock()
	touch(va, size, write)
	layer.lock.release()
}

// bytes is the runtime's memory at va, after touch.
func bytes(va uintptr, n uint64) []byte {
	return unsafe.Slice((*byte)(pointer(va)), int(n))
}

// printUser writes the runtime's output to the console.
func printUser(p *processor, va uintptr, n uint64) uint64 {
	touchLocked(p, va, n, false)
	layer.machine.Print(bytes(va, n))
	return n
}
