// Package policy is the lab of docs/course/3-policy.md: what a guest is told of
// its processor. The gap is in gap.go.
package policy

import (
	"sync"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// Register is the lab's model-specific register.
const Register = 0x52494e00

// name is what the processor shall be called, by CPUID 8000_0002h to 8000_0004h.
const name = "Ringo course processor"

var (
	mu       sync.Mutex
	counters = map[*vmm.VCPU]*counter{}
)

// of is the register of a processor.
func of(c *vmm.VCPU) *counter {
	mu.Lock()
	defer mu.Unlock()
	m := counters[c]
	if m == nil {
		m = &counter{}
		counters[c] = m
		c.VM().OnClose(func() {
			mu.Lock()
			delete(counters, c)
			mu.Unlock()
		})
	}
	return m
}

// Connect puts the lab between the guests and Ringo's own policy.
func Connect() {
	vmm.Wrap(vmm.ReasonCPUID, onCPUID)
	vmm.Wrap(vmm.ReasonMSR, onMSR)
}

// onCPUID lets Ringo answer, and the lab change the answer.
func onCPUID(c *vmm.VCPU, next func(*vmm.VCPU)) {
	g := c.CPU().GPR()
	leaf, sub := uint32(g[x86.RAX]), uint32(g[x86.RCX])
	next(c)
	a := answer(leaf, sub, [4]uint32{uint32(g[x86.RAX]), uint32(g[x86.RBX]), uint32(g[x86.RCX]), uint32(g[x86.RDX])})
	g[x86.RAX], g[x86.RBX], g[x86.RCX], g[x86.RDX] = uint64(a[0]), uint64(a[1]), uint64(a[2]), uint64(a[3])
}

// onMSR is RDMSR and WRMSR: SDM vol. 3 §26.1.3, APM vol. 2 §15.11.
func onMSR(c *vmm.VCPU, next func(*vmm.VCPU)) {
	g := c.CPU().GPR()
	if uint32(g[x86.RCX]) != Register {
		next(c)
		return
	}
	if c.Exit().Write {
		if !of(c).write(g[x86.RDX]<<32 | g[x86.RAX]&0xffff_ffff) {
			c.Fault(x86.GeneralProtection)
			return
		}
	} else {
		v := of(c).read()
		g[x86.RAX], g[x86.RDX] = v&0xffff_ffff, v>>32
	}
	c.Complete()
}
