// Package inspect is what the monitor says about a virtual machine, as text:
// its processor, memory, page tables, exits, devices, and why it ended.
//
// Package vmshell and the post-mortem are the callers. Everything here looks at
// a machine that stands still and changes nothing in it. Guests are hostile:
// any state of the processor and any content of its memory gives some text, and
// a bounded amount of it. It follows the AMD Architecture Programmer's Manual
// (APM) vol. 2 ch. 4, 5 and 8.
package inspect

import (
	"fmt"
	"io"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

const (
	pageSize = 4096
	pageMask = pageSize - 1
)

// Registers writes a processor's state, with the bits of its control registers
// named.
func Registers(w io.Writer, s *x86.State) {
	for _, line := range s.Lines() {
		fmt.Fprintln(w, line)
	}
}

// Reader is some address space: the memory from addr to the end of its page at
// the most, nil where there is none.
type Reader func(addr uint64) []byte

// Physical is the guest-physical address space.
func Physical(mem x86.Memory) Reader {
	return func(gpa uint64) []byte {
		b := mem.Span(gpa)
		return b[:min(uint64(len(b)), pageSize-gpa&pageMask)]
	}
}

// Linear is the linear address space that a processor's page tables make, no
// matter which accesses they permit.
func Linear(s *x86.State, mem x86.Memory) Reader {
	physical := Physical(mem)
	return func(linear uint64) []byte {
		walk := s.Walk(mem, linear, 0)
		if walk.Outcome != x86.Mapped && walk.Outcome != x86.Protection {
			return nil
		}
		return physical(walk.GPA)
	}
}

// read copies what is at addr, up to the first byte that is not there.
func (r Reader) read(addr uint64, p []byte) (n int) {
	for n < len(p) {
		k := copy(p[n:], r(addr))
		if k == 0 {
			break
		}
		n, addr = n+k, addr+uint64(k)
	}
	return n
}
