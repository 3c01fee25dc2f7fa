package frame

// Owner says what a block is used for. Stats counts bytes by owner, and a
// block is freed only under the owner that allocated it.
type Owner uint8

// The owners. Alloc and Free take GoHeap to Kernel; the others are the
// allocator's own.
const (
	Free      Owner = iota // nobody: the block can be allocated
	GoHeap                 // memory of the Go runtime: heap, stacks, tables
	PageTable              // page tables, of the host and nested ones
	GuestRAM               // memory of virtual machines
	Device                 // memory that hardware reads and writes: VMCB, VMCS, DMA
	Kernel                 // thread stacks, per-processor data, trampolines
	Reserved               // by Reserve, and the allocator's metadata
	Damaged                // written to while free; kept out of use (see Poison)

	Owners = iota // number of owners
)

var ownerNames = [Owners]string{"free", "Go heap", "page tables", "guest RAM", "devices", "kernel", "reserved", "damaged"}

// String is the name the monitor prints.
func (o Owner) String() string {
	if o >= Owners {
		return "unknown"
	}
	return ownerNames[o]
}

// allocates reports whether o may be given to Alloc and Free.
func (o Owner) allocates() bool { return o >= GoHeap && o <= Kernel }

// Constraint limits where a block may lie.
type Constraint uint8

// The constraints. Each prefers the highest addresses it allows, so that low
// memory stays free for those who can use no other.
const (
	Any     Constraint = iota // anywhere; below 4 GiB only when above is full
	Below4G                   // ends at or below 4 GiB: 32-bit DMA; below 1 MiB only when full
	Below1M                   // ends at or below 1 MiB: real-mode code
)
