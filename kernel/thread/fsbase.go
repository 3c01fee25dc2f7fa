//go:build tamago

package thread

// setFSBase loads FS base, a host-virtual address, and notes it in p.
func setFSBase(p *processor, base uint64)

// this is the processor that executes it.
func this() *processor
