package inspect

import (
	"fmt"
	"io"
	"strings"

	"github.com/ringo-vmm/ringo/vmm/x86"
)

// Walk shows what the processor's page tables say of a linear address: the
// entry of each level, and where it leads or why it does not.
func Walk(w io.Writer, s *x86.State, mem x86.Memory, linear uint64) {
	walk := s.Walk(mem, linear, 0)
	fmt.Fprintf(w, "linear %#x, %s", linear, paging(s))
	if s.CR0&x86.CR0PG != 0 {
		fmt.Fprintf(w, ", CR3 %#x", s.CR3)
	}
	fmt.Fprintln(w)
	entries := walk.Entries()
	for i, e := range entries {
		if walk.Outcome == x86.NoMemory && i == len(entries)-1 {
			fmt.Fprintf(w, "  level %d  entry at %#012x  no memory there\n", e.Level, e.GPA)
			break
		}
		fmt.Fprintf(w, "  level %d  entry at %#012x  %016x  %s\n", e.Level, e.GPA, e.Value, entryBits(e.Value))
	}
	fmt.Fprintf(w, "  %s\n", result(s, mem, &walk))
}

// result is where a walk leads, or why it does not.
func result(s *x86.State, mem x86.Memory, walk *x86.Walk) string {
	switch walk.Outcome {
	case x86.Mapped, x86.Protection:
	case x86.NoMemory:
		return "not translated: the guest has no memory where that entry would be"
	default:
		return "not translated: " + walk.Outcome.String()
	}
	text := fmt.Sprintf("guest-physical %#x", walk.GPA)
	if s.CR0&x86.CR0PG != 0 {
		text += fmt.Sprintf(", page of %s, %s", size(walk.PageSize), rights(s, walk))
	}
	if mem.Span(walk.GPA) == nil {
		text += ", not memory"
	}
	return text
}

// rights are what all the entries of a walk permit together.
func rights(s *x86.State, walk *x86.Walk) string {
	all, noExec := uint64(entryRW|entryUS), uint64(0)
	pae := s.CR4&x86.CR4PAE != 0 && s.EFER&x86.EFERLMA == 0
	for _, e := range walk.Entries() {
		if pae && e.Level == 3 {
			continue // has no rights: SDM vol. 3 table 4-8
		}
		all &= e.Value
		noExec |= e.Value & entryNX
	}
	text := "supervisor"
	if all&entryUS != 0 {
		text = "user"
	}
	if all&entryRW != 0 {
		text += " read write"
	} else {
		text += " read"
	}
	if noExec == 0 {
		text += " execute"
	}
	return text
}

// paging names the form of the page tables. APM vol. 2 §5.2 and §5.3.
func paging(s *x86.State) string {
	switch {
	case s.CR0&x86.CR0PG == 0:
		return "paging is off"
	case s.CR4&x86.CR4PAE == 0:
		return "32-bit paging"
	case s.EFER&x86.EFERLMA == 0:
		return "PAE paging"
	case s.CR4&x86.CR4LA57 == 0:
		return "4-level paging"
	}
	return "5-level paging"
}

// Bits of a page-table entry. APM vol. 2 §5.4.1.
const (
	entryP  = 1 << 0
	entryRW = 1 << 1
	entryUS = 1 << 2
	entryNX = 1 << 63
)

// entryNames are the bits of an entry from bit 0 on.
var entryNames = [...]string{"P", "RW", "US", "PWT", "PCD", "A", "D", "PS", "G"}

// entryBits names the bits that are set in a page-table entry.
func entryBits(v uint64) string {
	if v&entryP == 0 {
		return "not present"
	}
	var set []string
	for i, name := range entryNames {
		if v>>i&1 != 0 {
			set = append(set, name)
		}
	}
	if v&entryNX != 0 {
		set = append(set, "NX")
	}
	return strings.Join(set, " ")
}

// size is a number of bytes as one says it.
func size(n uint64) string {
	switch {
	case n >= 1<<30 && n%(1<<30) == 0:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 1<<10 && n%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
