//go:build tamago && linux

package main

import (
	"unsafe"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/kernel/thread"
)

type tempMem struct{ next, va uint64 }

var mem tempMem

func (m *tempMem) init() { m.next = 64 << 20; m.va = 0x7f0000000000 }

func (m *tempMem) page() uint64 {
	p := m.next
	m.next += 4096
	amd64.ZeroPage(uintptr(p))
	return p
}

func ent(a uint64) *uint64 { u := uintptr(a); return (*uint64)(*(*unsafe.Pointer)(unsafe.Pointer(&u))) }

func (m *tempMem) leaf(va uint64, make bool) *uint64 {
	t := amd64.ReadCR3() &^ 0xfff
	for s := 39; s > 12; s -= 9 {
		e := ent(t + va>>s&511*8)
		if *e&1 == 0 {
			if !make {
				return nil
			}
			*e = m.page() | 3
		}
		t = *e &^ 0xfff
	}
	return ent(t + va>>12&511*8)
}

func (m *tempMem) Reserve(size uint64) (uint64, bool) {
	va := m.va
	m.va += (size + 0x1fffff) &^ 0x1fffff
	return va, true
}
func (m *tempMem) Map(va, size uint64) bool {
	for ; size > 0; size -= 4096 {
		e := m.leaf(va, true)
		if *e == 0 {
			*e = 2
		}
		va += 4096
	}
	return true
}
func (m *tempMem) Unmap(va, size uint64) bool {
	for ; size > 0; size -= 4096 {
		if e := m.leaf(va, false); e != nil {
			*e = 0
			amd64.INVLPG(uintptr(va))
		}
		va += 4096
	}
	return true
}
func (m *tempMem) Discard(va, size uint64) bool {
	for ; size > 0; size -= 4096 {
		if e := m.leaf(va, false); e != nil && *e&1 != 0 {
			amd64.ZeroPage(uintptr(va))
		}
		va += 4096
	}
	return true
}
func (m *tempMem) Protect(va, size uint64, read, write bool) bool { return true }
func (m *tempMem) Page() (uint64, bool)                           { return m.page(), true }
func (m *tempMem) Fault(va uint64, write bool) thread.FaultResult {
	if va < 0xc000000000 {
		return thread.FaultInvalid
	}
	e := m.leaf(va, false)
	if e == nil || *e&3 == 0 {
		return thread.FaultInvalid
	}
	if *e == 2 {
		*e = m.page() | 3
	}
	return thread.FaultBacked
}
