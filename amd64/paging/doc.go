// Package paging builds and changes 4-level page tables: AMD APM vol. 2 §5.3,
// Intel SDM vol. 3 §4.5. A table is one frame of 512 entries of 8 bytes, and a
// virtual address is an index into each level and an offset into the page:
//
//	63        48 47     39 38     30 29     21 20     12 11         0
//	+-----------+---------+---------+---------+---------+------------+
//	| as bit 47 |  PML4   |  PDPT   |   PD    |   PT    |   offset   |
//	+-----------+---------+---------+---------+---------+------------+
//	              512 GiB    1 GiB     2 MiB     4 KiB     an entry spans
//	              table      table     table     page      what it may name
//	                         or page   or page
//
// An address whose upper 16 bits differ from bit 47 is not canonical and is
// refused. Space is one set of tables; its methods map, unmap, protect and
// walk ranges, and keep memory that is reserved but not yet backed in the
// tables themselves, as not-present entries (see Entry).
//
// The kernel is the caller: its thread layer answers mmap and page faults with
// a Space, before the Go runtime starts and from interrupt handlers. So the
// code allocates no Go memory and takes no lock; the caller holds one. Table
// frames come from an interface, and tables are reached through another.
//
// # What to invalidate
//
// The package never touches a TLB. It records the addresses whose present
// entries it changed, and Stale returns and forgets them: the caller
// invalidates that range on every processor that has the space loaded, and
// keeps its lock until that is done, since only then may the frames and tables
// that were freed get new owners. One INVLPG also drops what is cached of the
// tables above a page (Intel SDM vol. 3 §4.10.4.1), which is how a table that
// was freed is covered. Entries that were not present are never cached, so
// Map, SetDemand and Back usually leave nothing stale.
package paging
