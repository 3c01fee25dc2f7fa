//go:build tamago

package thread

import "runtime"

// Unpin lets the calling goroutine run anywhere again.
func Unpin() {
	Call(func(*struct{}) { this().current.get().setPin(0) }, &struct{}{})
	runtime.UnlockOSThread()
}

// PinTo makes the calling goroutine keep its thread, and that thread the processor
// with an index. The function it returns is Unpin.
func PinTo(index uint32) func() {
	runtime.LockOSThread()
	Call(func(*struct{}) { this().current.get().setPin(index + 1) }, &struct{}{})
	return Unpin
}

// OnEach runs f, which is layer code, on every processor in turn, with
// interrupts off.
func OnEach(f func(index uint32)) {
	if Count() == 1 {
		CallUnlocked(func(*struct{}) { f(0) }, &struct{}{})
		return
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var one struct{ index, before uint32 }
	Call(func(*struct{}) { one.before = this().current.get().pin }, &struct{}{})
	for one.index = range uint32(Count()) {
		Call(func(*struct{}) { this().current.get().setPin(one.index + 1) }, &struct{}{})
		CallUnlocked(func(*struct{}) { f(one.index) }, &struct{}{})
	}
	Call(func(*struct{}) { this().current.get().setPin(one.before) }, &struct{}{})
}

// Count is how many processors run threads.
func Count() int { return layer.nprocessor }

// Kick interrupts a processor, by its index, and a guest that runs there. The
// calling processor is left alone.
func Kick(index uint32) {
	CallUnlocked(func(index *uint32) {
		if this().index != *index {
			kick(this(), processorAt(*index))
		}
	}, &index)
}

// SetKickDelay makes kicks between processors come late, by random times up to
// ns nanoseconds. It is for stress tests.
func SetKickDelay(ns uint64) { layer.kickDelay = ns }

// Dump prints what all processors and threads do, as the watchdog does.
func Dump() { Call(func(*struct{}) { dump(this()) }, &struct{}{}) }

// StopOthers halts all processors but the one that calls it, in the layer, to
// end the machine. If another one has called it before, it does not return.
func StopOthers() { stopOthers(this()) }

// Shootdown makes the other processors drop the translations of the 4 KiB
// pages from virtual address va, and returns when they have. The caller runs in
// the layer and holds its lock, or is the only processor.
func Shootdown(va, pages uint64) { shootdown(this(), va, pages) }
