package vmx

import (
	"encoding/binary"
	"fmt"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// With PAE paging the processor keeps the four entries of the root. MOV to CR3
// reads them from memory; under EPT an entry takes them from the VMCS, and an
// exit puts them there. So whoever sets CR3 by SetState has them read here. SDM
// vol. 3 §4.4.1, §26.3.2.4, §27.3.1.

const (
	pdptes        = 4
	pdpteBytes    = 8
	pdpteRoot     = 0xffff_ffe0 // of CR3
	pdptePresent  = 1 << 0
	pdpteReserved = 1<<1 | 1<<2 | 0xf<<5 // SDM vol. 3 table 4-8
)

// pae tells whether the guest has PAE paging outside long mode.
func (g *guest) pae() bool {
	return g.CR0&x86.CR0PG != 0 && g.CR4&x86.CR4PAE != 0 && g.EFER&x86.EFERLMA == 0
}

// readPDPTEs reads the pointers from the guest's memory. Where there is none
// they are not present.
func (c *CPU) readPDPTEs() {
	g := &c.guest
	g.PDPTE = [pdptes]uint64{}
	root := g.CR3 & pdpteRoot
	t := c.space.tables.Walk(root)
	if !t.OK {
		return
	}
	b := amd64.Bytes(uintptr(t.PA), pdptes*pdpteBytes) // in one page: they are aligned
	for i := range g.PDPTE {
		g.PDPTE[i] = binary.LittleEndian.Uint64(b[i*pdpteBytes:])
	}
}

// checkPDPTEs is for those pointers. SDM vol. 3 §26.3.1.6.
func checkPDPTEs(c *context, l limits) error {
	g := &c.guest
	if !g.pae() {
		return nil
	}
	reserved := pdpteReserved | ^uint64(0)<<l.physicalBits
	for i, v := range g.PDPTE {
		if v&pdptePresent != 0 && v&reserved != 0 {
			return bad(fmt.Sprintf("PDPTE%d", i), v, fmt.Sprintf("bits %#x are reserved", v&reserved))
		}
	}
	return nil
}
