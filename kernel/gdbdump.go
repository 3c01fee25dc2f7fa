//go:build tamago

package main

import (
	"debug/elf"
	"unsafe"

	"github.com/ringo-vmm/ringo/internal/coredump/wire"
	"github.com/ringo-vmm/ringo/kernel/thread"
)

// The crash dump: when the kernel dies, its processors' registers and its memory
// go out by serial line, if the word "dump" is on the command line. ringo core
// makes a core file of it. The guests' memory is not Ringo's, and stays.

// core is the dump on its way. It is static: a kernel that dies cannot allocate.
var core struct {
	begun      bool
	writer     wire.Writer
	done, size uint64 // bytes of memory
	said       uint64 // done, when progress was told last
}

// printCore takes the lines of a dump. They are for the serial line alone.
var printCore = func(p []byte) {
	for _, b := range p {
		consoles.serial.WriteByte(b)
	}
}

func init() { core.writer.Print = printCore }

// sendCore sends the dump of a kernel that has died. It runs with interrupts off
// and all other processors stopped. A fault on the way ends it.
func sendCore(why thread.Stop) {
	_, wanted := handover.Lookup("dump")
	if !wanted || core.begun || !consoles.hasSerial || !died(why) {
		return
	}
	core.begun = true
	eachPage(countPage)
	core.writer.Begin(core.size)
	var r thread.Registers
	for n := 0; ; n++ {
		index, ok := thread.Stopped(n, &r)
		if !ok {
			break
		}
		core.writer.Processor(uint64(index), (*wire.Registers)(&r))
	}
	for n := 0; ; n++ {
		tid, ok := thread.Saved(n, &r)
		if !ok {
			break
		}
		core.writer.Thread(uint64(tid), (*wire.Registers)(&r))
	}
	eachPage(sendPage)
	core.writer.End()
	progress()
}

// died tells whether a reason to stop is a failure of the kernel.
func died(why thread.Stop) bool {
	switch why {
	case thread.StopPanic, thread.StopSignal, thread.StopLayer, thread.StopDoubleFault, thread.StopNMI, thread.StopNoMemory, thread.StopInterrupt:
		return true
	}
	return false
}

// Functions that eachPage calls, as values that need no memory.
var (
	countPage = func(_, size uint64) { core.size += size }
	sendPage  = func(va, size uint64) {
		core.writer.Memory(va, unsafe.Slice((*byte)(address(va)), size))
		core.done += size
		if core.done-core.said >= progressStep {
			progress()
		}
	}
)

// progressStep is how many bytes pass between two reports.
const progressStep = 1 << 20

// progress tells how far the dump is.
func progress() {
	core.said = core.done
	l := stopLine.Reset().Str("ringo: dump ").Dec(core.done >> 20).Str(" of ").Dec(core.size >> 20).Str(" MiB\n")
	print(l.Bytes())
}

// eachPage calls f with pieces of Ringo's memory, MaxContent bytes at most: the
// image's data, the processors' own memory, and what the Go runtime has mapped
// and touched.
func eachPage(f func(va, size uint64)) {
	segments := imageSegments()
	for i := range segments {
		if s := &segments[i]; s.Type == uint32(elf.PT_LOAD) && s.Flags&uint32(elf.PF_W) != 0 {
			// What of the image is in use for something else is not Ringo's.
			start, end := pageDown(s.Vaddr), pageUp(s.Vaddr+s.Memsz)
			if u := unusedPages(); u.Start >= start && u.End <= end && u.Start < u.End {
				mappedPieces(start, u.Start, f)
				start = u.End
			}
			mappedPieces(start, end, f)
		}
	}
	for i := range uint32(thread.Count()) {
		start, end := thread.Area(i)
		mappedPieces(uint64(start), uint64(end), f)
	}
	mappedPieces(directEnd, highDevices, f)
	mappedPieces(runtimeStart, runtimeEnd, f)
}

// mappedPieces calls f with the mapped pieces of a range of whole pages.
func mappedPieces(va, end uint64, f func(va, size uint64)) {
	for va < end {
		t := space.Walk(va)
		if t.Level == 0 {
			return
		}
		next := min(end, va&^(t.Level.Size()-1)+t.Level.Size())
		if !t.OK {
			va = next
			continue
		}
		for ; va < next; va += min(next-va, wire.MaxContent) {
			f(va, min(next-va, wire.MaxContent))
		}
	}
}
