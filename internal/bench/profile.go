package bench

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
)

// Who executes an instruction that is not Ringo's. A string instruction counts
// as many times as it repeats, so those are apart.
const (
	guestKernel  = "(the guests' kernels)"
	guestProgram = "(the guests' programs)"
	repeats      = " (repeated string instruction)"
)

// QEMU's flags of an instruction in its log, HF_ in target/i386/cpu.h: the
// privilege level, and whether a hypervisor's guest is at work.
const (
	flagLevel = 3 << 0
	flagGuest = 1 << 21

	userLevel = 3
)

// profileLine is a line as traceLine, with the flags behind the program counter.
var profileLine = regexp.MustCompile(`^Trace \d+: 0x[0-9a-f]+ \[[0-9a-f]+/([0-9a-f]+)/([0-9a-f]+)/`)

// Profile reads a log of executed instructions until there are so many of them,
// or it ends, and returns where they went, as shares of total, the most first.
func Profile(log io.Reader, symbols *Symbols, most int, total float64) (shares []Share, err error) {
	type place struct {
		pc    uint64
		guest bool
		level uint8
		again bool
	}
	counts := make(map[place]int)
	scan := bufio.NewScanner(log)
	n, last := 0, place{}
	for n < most && scan.Scan() {
		line := scan.Bytes()
		if !bytes.HasPrefix(line, []byte("Trace ")) {
			continue
		}
		m := profileLine.FindSubmatch(line)
		if m == nil {
			continue
		}
		pc, errPC := strconv.ParseUint(string(m[1]), 16, 64)
		flags, errFlags := strconv.ParseUint(string(m[2]), 16, 64)
		if err := errors.Join(errPC, errFlags); err != nil {
			return nil, err
		}
		p := place{pc: pc, guest: flags&flagGuest != 0, level: uint8(flags & flagLevel)}
		again := p == last
		last = p
		p.again = again
		counts[p]++
		n++
	}
	if err := scan.Err(); err != nil {
		return nil, fmt.Errorf("the log after %d instructions: %w", n, err)
	}
	if n == 0 {
		return nil, errors.New("no instruction in the log")
	}
	functions := make(map[string]int)
	for p, k := range counts {
		f := symbols.function(p.pc)
		switch {
		case p.guest && p.level == userLevel:
			f = guestProgram
		case p.guest:
			f = guestKernel
		}
		if p.again {
			f += repeats
		}
		functions[f] += k
	}
	for f, k := range functions {
		shares = append(shares, Share{f, total * float64(k) / float64(n)})
	}
	slices.SortFunc(shares, func(a, b Share) int {
		return cmp.Or(cmp.Compare(b.Instructions, a.Instructions), cmp.Compare(a.Function, b.Function))
	})
	return shares, nil
}
