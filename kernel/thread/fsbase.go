//go:build tamago

package thread

import "github.com/ringo-vmm/ringo/amd64"

// setFSBase loads FS base, a host-virtual address, and notes it in p.
func setFSBase(p *processor, base uint64)

// this is the processor that executes it.
func this() *processor

// faultAddress is where this processor's last page fault was, CR2.
func faultAddress() uint64 { return amd64.ReadCR2() }

// pageTables is CR3.
func pageTables() uint64 { return amd64.ReadCR3() }
