package frame

// Sizes of frames and blocks.
const (
	Shift    = 12         // log2 of Size
	Size     = 1 << Shift // bytes in a frame
	MaxOrder = 18         // order of the largest block: 1 GiB
	Orders   = MaxOrder + 1
)

// Limits of what the allocator manages.
const (
	// MaxAddress is the host-physical address at which managed memory must
	// end: 4 TiB. A caller with more RAM clips its regions to it.
	MaxAddress = 4 << 40

	words = Size / 8 // 64-bit words in a frame

	chunkOrder  = MaxOrder
	chunkFrames = 1 << chunkOrder
	chunkShift  = Shift + chunkOrder
	maxChunks   = MaxAddress >> chunkShift
)

// BlockSize is the size in bytes of a block of the given order, or 0 when
// there is no such order.
func BlockSize(order int) uint64 {
	if order < 0 || order > MaxOrder {
		return 0
	}
	return Size << uint(order)
}

// Region is usable memory from Start up to, not including, End: host-physical
// addresses in bytes.
type Region struct{ Start, End uint64 }

// Memory gives access to host-physical memory.
type Memory interface {
	// Words is the n 64-bit words at host-physical address pa, which is a
	// multiple of the frame size. They alias the memory itself.
	Words(pa uint64, n int) []uint64
}

// Zero clears the block of the given order at host-physical address pa. The
// allocator never does: whoever hands memory on decides whether that matters.
func Zero(mem Memory, pa uint64, order int) {
	for end := pa + BlockSize(order); pa < end; pa += Size {
		clear(mem.Words(pa, words))
	}
}
