// Package cpuidtest holds processors for tests: the CPUID leaves, and the MSRs
// that say what virtualization can do, as the emulators Ringo is tested on
// report them. The tests of the packages that decode them import it.
package cpuidtest

import (
	"fmt"
	"maps"

	"github.com/ringo-vmm/ringo/amd64/cpuid"
)

// Model is a processor: what CPUID and RDMSR answer.
type Model struct {
	Leaves map[[2]uint32][4]uint32 // {leaf, sub-leaf} to EAX, EBX, ECX, EDX
	MSRs   map[uint32]uint64       // reading any other MSR is a #GP
}

// CPUID is the model's CPUID instruction. As on Intel's processors, a leaf out
// of range answers with the data of the highest basic leaf.
func (m Model) CPUID() cpuid.Func {
	return func(leaf, sub uint32) (eax, ebx, ecx, edx uint32) {
		highest := m.Leaves[[2]uint32{leaf & 0x8000_0000, 0}][0]
		if _, inTable := m.Leaves[[2]uint32{leaf, 0}]; leaf > highest && !inTable {
			leaf = m.Leaves[[2]uint32{0, 0}][0]
		}
		r := m.Leaves[[2]uint32{leaf, sub}]
		return r[0], r[1], r[2], r[3]
	}
}

// ReadMSR is the model's RDMSR.
func (m Model) ReadMSR(num uint32) (uint64, error) {
	v, ok := m.MSRs[num]
	if !ok {
		return 0, fmt.Errorf("RDMSR %#x: #GP", num)
	}
	return v, nil
}

// Clone is a copy of m that a test may change.
func (m Model) Clone() Model {
	return Model{Leaves: maps.Clone(m.Leaves), MSRs: maps.Clone(m.MSRs)}
}
