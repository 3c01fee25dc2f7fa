package paging

// PageSize is the size in bytes of a frame, a table and the smallest page.
const PageSize = 4096

// entries is the number of entries in a table.
const entries = 512

// Table is a page table of any level: one frame.
type Table [entries]Entry

// Level is a level of tables, by the name of the table.
type Level int

// The levels: AMD APM vol. 2 §5.3, Intel SDM vol. 3 §4.5.
const (
	PT   Level = 1 + iota // entries are 4 KiB pages
	PD                    // entries are page tables or 2 MiB pages
	PDPT                  // entries are page directories or 1 GiB pages
	PML4                  // entries are page-directory-pointer tables
)

// Size is the number of bytes of address space that one entry spans.
func (l Level) Size() uint64 { return PageSize << (9 * uint(l-PT)) }

// index is the entry of va in a table of this level.
func (l Level) index(va uint64) uint64 {
	return va >> (12 + 9*uint(l-PT)) & (entries - 1)
}

// Canonical reports whether bits 63 to 48 of va equal bit 47: AMD APM vol. 2
// §5.3.1, Intel SDM vol. 1 §3.3.7.1.
func Canonical(va uint64) bool { return uint64(int64(va<<16)>>16) == va }
