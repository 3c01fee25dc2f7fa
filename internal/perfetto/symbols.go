package perfetto

import (
	"bufio"
	"bytes"
	"cmp"
	"debug/elf"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Symbols are the names of a guest's functions.
type Symbols struct {
	list []symbol // by address
}

type symbol struct {
	addr uint64 // guest-virtual
	name string
}

// maxFunction is how far behind a symbol an address can be and still be its
// function's, in bytes.
const maxFunction = 1 << 20

// ParseSymbols takes a file with names: an ELF executable with a symbol table
// (vmlinux), or lines of an address, a letter and a name, which is what System.map
// and /proc/kallsyms are. The error says that it is none.
func ParseSymbols(file []byte) (*Symbols, error) {
	s := new(Symbols)
	if bytes.HasPrefix(file, []byte(elf.ELFMAG)) {
		if err := s.fromELF(file); err != nil {
			return nil, err
		}
	} else {
		s.fromText(file)
	}
	if len(s.list) == 0 {
		return nil, errors.New("no names of functions: neither an ELF file with symbols nor a System.map")
	}
	slices.SortStableFunc(s.list, func(a, b symbol) int { return cmp.Compare(a.addr, b.addr) })
	return s, nil
}

func (s *Symbols) fromELF(file []byte) error {
	f, err := elf.NewFile(bytes.NewReader(file))
	if err != nil {
		return err
	}
	all, err := f.Symbols()
	if err != nil {
		return err
	}
	for _, x := range all {
		kind := elf.ST_TYPE(x.Info)
		if int(x.Section) >= len(f.Sections) || x.Section == elf.SHN_UNDEF || kind != elf.STT_FUNC && kind != elf.STT_NOTYPE {
			continue
		}
		if f.Sections[x.Section].Flags&elf.SHF_EXECINSTR != 0 {
			s.list = append(s.list, symbol{x.Value, x.Name})
		}
	}
	return nil
}

func (s *Symbols) fromText(file []byte) {
	lines := bufio.NewScanner(bytes.NewReader(file))
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) < 3 || len(words[1]) != 1 || !strings.Contains("tTwW", words[1]) {
			continue
		}
		// An address of 0 is what the kernel shows to whom it does not trust.
		if addr, err := strconv.ParseUint(words[0], 16, 64); err == nil && addr != 0 {
			s.list = append(s.list, symbol{addr, words[2]})
		}
	}
}

// Name is an address as a function and a distance, empty if it is in none. s may
// be nil.
func (s *Symbols) Name(addr uint64) string {
	if s == nil {
		return ""
	}
	i, exact := slices.BinarySearchFunc(s.list, addr, func(x symbol, addr uint64) int { return cmp.Compare(x.addr, addr) })
	if exact {
		return s.list[i].name
	}
	if i == 0 || addr-s.list[i-1].addr >= maxFunction {
		return ""
	}
	return fmt.Sprintf("%s+%#x", s.list[i-1].name, addr-s.list[i-1].addr)
}
