//go:build !solution

package paging

// walk translates a guest-physical address by the tables at root: to a
// host-physical address in a page of a size. ok is false if nothing is mapped
// there.
func walk(m memory, root, gpa uint64) (hpa, size uint64, ok bool) {
	return 0, 0, false // GAP 1
}

// mapPages maps size bytes from gpa on to host memory from hpa on, all of them
// multiples of 4 KiB, in the largest pages that both addresses allow. Nothing is
// mapped there yet.
func mapPages(m memory, root, gpa, hpa, size uint64) {
	// GAP 2
}

// written calls visit for each page that has been written, in the order of their
// guest-physical addresses, and makes it count as not written from now on.
func written(m memory, root uint64, visit func(gpa, size uint64)) {
	// GAP 3
}
