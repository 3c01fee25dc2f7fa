package monitor

import (
	"cmp"
	"runtime"
	"slices"
	"strings"
)

// Goroutine stacks take at least firstStacks bytes; a kernel with so many that
// maxStacks is too little gets the beginning.
const (
	firstStacks = 64 << 10
	maxStacks   = 16 << 20
)

// Goroutines is the command goroutines, which shows what every goroutine does.
func Goroutines() Command {
	return Command{
		Name:  "goroutines",
		Usage: "[-v]",
		Group: "runtime",
		Help:  "count the goroutines by state and place; -v shows every stack",
		Run: func(c *Context, args []string) error {
			if len(args) == 1 && args[0] != "-v" {
				return BadInput("%s is no option", quote(args[0]))
			}
			text := allStacks()
			if len(args) == 0 {
				summarise(c, text)
				return nil
			}
			for block := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
				if c.Err() != nil {
					break
				}
				c.Printf("%s\n\n", block)
			}
			return c.Err()
		},
		Complete: func(args []string) []string { return []string{"-v"} },
	}
}

// allStacks is the runtime's dump of all goroutines.
func allStacks() string {
	for n := firstStacks; ; n *= 4 {
		buf := make([]byte, n)
		used := runtime.Stack(buf, true)
		if used < n || n >= maxStacks {
			return string(buf[:used])
		}
	}
}

// place is where a goroutine is, and why it does not run.
type place struct{ state, function string }

func summarise(c *Context, text string) {
	counts := map[place]int{}
	total := 0
	for p := range places(text) {
		counts[p]++
		total++
	}
	var order []place
	for p := range counts {
		order = append(order, p)
	}
	slices.SortFunc(order, func(a, b place) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a.state, b.state), cmp.Compare(a.function, b.function))
	})
	for _, p := range order {
		c.Printf("%6d  %-22s %s\n", counts[p], p.state, p.function)
	}
	c.Printf("%6d  in all\n", total)
}

// places yields the place of each goroutine in the runtime's dump, in which a
// goroutine is a block of lines: "goroutine 7 [chan receive, 2 minutes]:", then
// two lines for each function, the innermost first.
func places(text string) func(yield func(place) bool) {
	return func(yield func(place) bool) {
		for block := range strings.SplitSeq(text, "\n\n") {
			header, stack, _ := strings.Cut(strings.TrimLeft(block, "\n"), "\n")
			_, state, ok := strings.Cut(header, " [")
			if !ok || !strings.HasPrefix(header, "goroutine ") {
				continue
			}
			state, _, _ = strings.Cut(state, "]")
			state, _, _ = strings.Cut(state, ",")
			function, _, _ := strings.Cut(stack, "\n")
			if i := strings.LastIndexByte(function, '('); i > 0 {
				function = function[:i]
			}
			if !yield(place{state, function}) {
				return
			}
		}
	}
}
