//go:build tamago

package main

import (
	"fmt"
	"runtime/debug"
	"unsafe"

	"github.com/ringo-vmm/ringo/amd64"
)

// guarded runs f, in which the processor may refuse something, and returns the
// fault as an error.
func guarded(what string, f func()) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: %v", what, r)
		}
	}()
	f()
	return nil
}

// hostMemory is memory by host-virtual address, for the monitor.
type hostMemory struct{}

func (hostMemory) Read(addr uint64, p []byte) error {
	if !mapped(addr, uint64(len(p))) {
		return fmt.Errorf("nothing is mapped at %#x", addr)
	}
	return guarded("reading memory", func() { copyAccess(p, amd64.Bytes(uintptr(addr), len(p)), addr) })
}

func (hostMemory) Write(addr uint64, p []byte) error {
	if !mapped(addr, uint64(len(p))) {
		return fmt.Errorf("nothing is mapped at %#x", addr)
	}
	return guarded("writing memory", func() { copyAccess(amd64.Bytes(uintptr(addr), len(p)), p, addr) })
}

// copyAccess copies in one access where the size and the address allow it, as
// device registers want.
func copyAccess(to, from []byte, addr uint64) {
	n := len(to)
	if n == 0 {
		return
	}
	a, b := unsafe.Pointer(unsafe.SliceData(to)), unsafe.Pointer(unsafe.SliceData(from))
	switch {
	case addr%uint64(n) != 0:
		copy(to, from)
	case n == 1:
		*(*uint8)(a) = *(*uint8)(b)
	case n == 2:
		*(*uint16)(a) = *(*uint16)(b)
	case n == 4:
		*(*uint32)(a) = *(*uint32)(b)
	case n == 8:
		*(*uint64)(a) = *(*uint64)(b)
	default:
		copy(to, from)
	}
}

// hostMSRs are the model-specific registers of this processor, for the monitor
// and the engines' probes.
type hostMSRs struct{}

func (hostMSRs) Read(num uint32) (v uint64, err error) {
	err = guarded(fmt.Sprintf("RDMSR %#x", num), func() { v = amd64.ReadMSR(num) })
	return v, err
}

func (hostMSRs) Write(num uint32, v uint64) error {
	return guarded(fmt.Sprintf("WRMSR %#x", num), func() { amd64.WriteMSR(num, v) })
}
