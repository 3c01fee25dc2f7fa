// Package frame is the allocator of physical memory: every frame that the Go
// heap does not own, and those it does own until they are handed to it. Page
// tables, VMCBs, guest RAM, DMA rings and thread stacks come from here.
//
// It is a binary buddy allocator. A block is 4 KiB << order bytes, aligned to
// its size, order 0 to 18 (1 GiB), the three sizes a page-table entry can map
// among them (AMD APM vol. 2 §5.3, Intel SDM vol. 3 §4.5): orders 0, 9 and 18.
// A free block is one bit in the bitmap of its order, and each bitmap carries
// 64-ary summaries, so a highest free block is found in at most five steps.
// One byte per frame says who owns the block that starts there, which is what
// makes a wrong Free an error instead of a corruption.
//
// Physical memory is handled in chunks of 1 GiB. Only chunks that hold usable
// memory have metadata (321 KiB each: 256 KiB of bytes, 65 KiB of bitmaps),
// so holes of any width cost nothing. Frame 0 is never handed out: the kernel
// leaves the null page unmapped.
//
// Package kernel is the caller. The code runs before the Go runtime starts,
// in interrupt handlers, and under the thread layer: it allocates no Go
// memory, takes no lock (the caller holds one), and stores a Go pointer only
// in Init, so it needs no write barrier afterwards.
package frame
