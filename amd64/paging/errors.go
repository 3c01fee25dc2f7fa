package paging

// Error is an error of this package. The errors are constants, because they
// are returned where nothing may be allocated.
type Error string

func (e Error) Error() string { return string(e) }

// The errors. Every method checks its whole range before it changes anything,
// so that after an error nothing has changed. The exceptions are ErrNoTable
// and ErrTable, after which part of the range may be done: the same call again
// does the rest.
const (
	ErrSize      Error = "paging: size is zero"
	ErrAlign     Error = "paging: address or size is not a multiple of 4 KiB"
	ErrCanonical Error = "paging: range is not canonical, or leaves its half of the address space"
	ErrPhysical  Error = "paging: physical range ends above 2^52"
	ErrFlags     Error = "paging: flags that a page cannot have"
	ErrOverlap   Error = "paging: range is in use with another mapping"
	ErrNotMapped Error = "paging: part of the range is not in use"
	ErrNotDemand Error = "paging: page is not demand-zero"
	ErrNoAccess  Error = "paging: demand-zero page allows no access"
	ErrNoTable   Error = "paging: no frame for a page table"
	ErrTable     Error = "paging: an entry names a table outside memory"
)
