//go:build !solution

package policy

// answer is what CPUID shall say of a leaf and sub-leaf. regs is what Ringo would
// say: EAX, EBX, ECX and EDX.
func answer(leaf, sub uint32, regs [4]uint32) [4]uint32 {
	// GAP 1: there is no hypervisor.
	// GAP 2: the processor is called name.
	// GAP 3: there is no AVX, nor what builds on it.
	return regs
}

// counter is the lab's register: it counts how often it is read. A write of 0
// sets it to 0; no other value may be written.
type counter struct {
	// GAP 4
}

// read returns how often the register has been read, this time included.
func (m *counter) read() uint64 { return 0 }

// write reports whether the value may be written; else the guest gets #GP.
func (m *counter) write(v uint64) (ok bool) { return true }
