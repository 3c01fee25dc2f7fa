package frame

// Error is an error of this package. The errors are constants, because they
// are returned where nothing may be allocated.
type Error string

func (e Error) Error() string { return string(e) }

// Errors of Init: nothing was set up.
const (
	ErrRegionEmpty Error = "frame: a region is empty or ends before it starts"
	ErrRegionOrder Error = "frame: regions are not sorted, or overlap"
	ErrRegionLimit Error = "frame: a region ends above 4 TiB"
	ErrNoRoom      Error = "frame: no usable region above 1 MiB has room for the metadata"
)

// Errors of Alloc, AllocAt and Reserve: nothing was taken, except that
// ErrCorrupt takes the damaged block out of use.
const (
	ErrOrder      Error = "frame: block order is not 0 to 18"
	ErrConstraint Error = "frame: unknown constraint"
	ErrOwner      Error = "frame: not an owner that may allocate or free"
	ErrNoMemory   Error = "frame: no free block is large enough"
	ErrMisaligned Error = "frame: address is not aligned to the block size"
	ErrTaken      Error = "frame: the block is not entirely free"
	ErrCorrupt    Error = "frame: a free block was written to"
	ErrRange      Error = "frame: range is empty or ends before it starts"
	ErrBusy       Error = "frame: part of the range is allocated"
)

// Errors of Free, besides ErrOrder, ErrOwner and ErrMisaligned: nothing was
// freed.
const (
	ErrNotMemory  Error = "frame: free of an address that is not managed memory"
	ErrDoubleFree Error = "frame: double free: the block is free already"
	ErrNotAlloc   Error = "frame: free of a block that was never allocated"
	ErrPartlyFree Error = "frame: free of a block that is partly free"
	ErrInside     Error = "frame: free of an address inside a block, not its start"
	ErrWrongOrder Error = "frame: free with another order than allocated"
	ErrWrongOwner Error = "frame: free by another owner than allocated"
	ErrReserved   Error = "frame: free of a reserved block"
)
