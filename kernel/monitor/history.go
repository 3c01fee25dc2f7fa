package monitor

// maxHistory is how many lines the up key goes back.
const maxHistory = 100

// history keeps the lines that were entered, without empty ones, repeats and
// those too long to run. It implements the x/term interface History.
type history struct {
	lines []string // oldest first
	skip  bool     // the next line was dropped with Ctrl-C
}

func (h *history) Add(line string) {
	skip := h.skip
	h.skip = false
	if skip || line == "" || len(line) >= maxLine || len(h.lines) > 0 && h.lines[len(h.lines)-1] == line {
		return
	}
	if len(h.lines) == maxHistory {
		h.lines = h.lines[1:]
	}
	h.lines = append(h.lines, line)
}

func (h *history) Len() int { return len(h.lines) }

// At is the line entered i lines before the last.
func (h *history) At(i int) string { return h.lines[len(h.lines)-1-i] }
