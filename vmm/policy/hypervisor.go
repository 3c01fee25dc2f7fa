package policy

import "github.com/ringo-vmm/ringo/amd64/cpuid"

// The hypervisor leaves. Both manuals leave 4000_0000h on to hypervisors; each
// puts a signature at a multiple of 100h, and guests look for the one they
// know. KVM's is first, for kvmclock; ours follows.
const (
	leafKVMFeatures = cpuid.LeafHypervisor + 1

	leafOwn  = 0x4000_0100 // signature: ownSignature
	leafIdle = leafOwn + 1 // time halted in ns: EAX low, EDX high

	kvmSignature = "KVMKVMKVM\x00\x00\x00"
	ownSignature = "RingoRingo\x00\x00"
)

// hypervisorLeaves makes the hypervisor leaves, if the guest is to know of us.
func (b *builder) hypervisorLeaves(shown bool) {
	if !shown {
		return
	}
	b.hypervisor = make([]leaf, cpuid.LeafTiming-cpuid.LeafHypervisor+1)
	b.hypervisor[0] = signed(cpuid.LeafTiming, kvmSignature)
	b.hypervisor[leafKVMFeatures-cpuid.LeafHypervisor].regs[cpuid.EAX] = b.p.KVMFeatures
	b.hypervisor[cpuid.LeafTiming-cpuid.LeafHypervisor].regs = [4]uint32{b.p.TSCkHz, b.p.APICkHz}
	b.own = []leaf{signed(leafOwn, ownSignature)}
	if b.idle != nil {
		b.own = []leaf{signed(leafIdle, ownSignature), {kind: idleTime}}
	}
}

// signed is a leaf with the highest of its range and a signature of 12 bytes.
func signed(highest uint32, signature string) leaf {
	r := [4]uint32{highest}
	for i := range signature {
		r[1+i/4] |= uint32(signature[i]) << (8 * (i % 4))
	}
	return leaf{regs: r}
}
