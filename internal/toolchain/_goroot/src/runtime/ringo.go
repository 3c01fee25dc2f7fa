package runtime

import "unsafe"

// What TamaGo's packages expect of package runtime beyond the stock one.

// MemRegion is the range of addresses, end excluded, that holds the image and
// the Go heap's arenas. TamaGo's package dma asks for it, to refuse a DMA
// region inside.
func MemRegion() (start uint, end uint) {
	return uint(firstmoduledata.text), uint(firstmoduledata.enoptrbss)
}

// TextRegion is the range of addresses, end excluded, of the image's code.
func TextRegion() (start uint, end uint) {
	return uint(firstmoduledata.text), uint(firstmoduledata.etext)
}

// CPU is the processor's brand, which Ringo reads by CPUID itself.
func CPU() string { return "" }

// GetG returns the addresses of the caller's g and of its m's p.
func GetG() (gp uint, pp uint) {
	g := getg().m.curg
	return uint(uintptr(unsafe.Pointer(g))), uint(g.m.p)
}

// Asleep tells whether the goroutine whose g is at address gp is waiting.
func Asleep(gp uint) bool {
	g := (*g)(unsafe.Pointer(uintptr(gp)))
	return readgstatus(g)&^_Gscan == _Gwaiting
}

// WakeG exists for TamaGo's own interrupt entry, which Ringo does not install:
// its interrupts wake goroutines through the network poller. The linkname lets
// assembly in another package refer to it.
//
//go:linkname WakeG
func WakeG() {
	throw("runtime.WakeG: no TamaGo interrupt handler under Ringo")
}
