package bench

import (
	"bufio"
	"cmp"
	"debug/elf"
	"fmt"
	"io"
	"regexp"
	"slices"
	"sort"
	"strconv"
)

// Share is how many instructions of a round are a function's.
type Share struct {
	Function     string
	Instructions float64
}

// inGuest is the function of instructions that are not the kernel's.
const inGuest = "(the guest)"

// traceLine is a line of QEMU's log of executed instructions, -d exec,nochain.
// The second number in brackets is the program counter.
var traceLine = regexp.MustCompile(`^Trace \d+: 0x[0-9a-f]+ \[[0-9a-f]+/([0-9a-f]+)/`)

// Symbols are a kernel's functions by address.
type Symbols struct {
	start []uint64 // sorted
	end   []uint64
	name  []string
}

// ReadSymbols reads the functions of an ELF file.
func ReadSymbols(file string) (*Symbols, error) {
	f, err := elf.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	list, err := f.Symbols()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	list = slices.DeleteFunc(list, func(s elf.Symbol) bool { return elf.ST_TYPE(s.Info) != elf.STT_FUNC })
	slices.SortFunc(list, func(a, b elf.Symbol) int { return cmp.Compare(a.Value, b.Value) })
	symbols := &Symbols{}
	for i, s := range list {
		end := s.Value + s.Size
		if s.Size == 0 && i+1 < len(list) { // an assembly function may have no size
			end = list[i+1].Value
		}
		symbols.start = append(symbols.start, s.Value)
		symbols.end = append(symbols.end, end)
		symbols.name = append(symbols.name, s.Name)
	}
	return symbols, nil
}

// function is the name of the function at an address.
func (s *Symbols) function(pc uint64) string {
	i := sort.Search(len(s.start), func(i int) bool { return s.start[i] > pc }) - 1
	if i < 0 || pc >= s.end[i] {
		return inGuest
	}
	return s.name[i]
}

// Where reads a log of executed instructions of a guest that does the same thing
// over and over, and returns how many rounds it made and where the instructions
// of one went, the most first. A round is counted by the guest's instruction
// that was executed most.
func Where(log io.Reader, symbols *Symbols) (rounds int, shares []Share, err error) {
	counts := make(map[uint64]int)
	scan := bufio.NewScanner(log)
	for scan.Scan() {
		m := traceLine.FindSubmatch(scan.Bytes())
		if m == nil {
			continue
		}
		pc, err := strconv.ParseUint(string(m[1]), 16, 64)
		if err != nil {
			return 0, nil, err
		}
		counts[pc]++
	}
	functions := make(map[string]int)
	for pc, n := range counts {
		f := symbols.function(pc)
		functions[f] += n
		if f == inGuest {
			rounds = max(rounds, n)
		}
	}
	if err := scan.Err(); err != nil || rounds == 0 {
		return 0, nil, fmt.Errorf("no instruction of the guest in the log (%v)", err)
	}
	for f, n := range functions {
		shares = append(shares, Share{f, float64(n) / float64(rounds)})
	}
	slices.SortFunc(shares, func(a, b Share) int {
		return cmp.Or(cmp.Compare(b.Instructions, a.Instructions), cmp.Compare(a.Function, b.Function))
	})
	return rounds, shares, nil
}

// leastShare is the least number of instructions a round that a function is
// listed with.
const leastShare = 0.5

// PrintShares prints a line for each function of some weight, and their sum.
func PrintShares(w io.Writer, shares []Share) {
	sum := 0.0
	for _, s := range shares {
		sum += s.Instructions
	}
	fmt.Fprintf(w, "%8.1f  instructions a round\n", sum)
	for _, s := range shares {
		if s.Instructions >= leastShare {
			fmt.Fprintf(w, "%8.1f  %s\n", s.Instructions, s.Function)
		}
	}
}
