//go:build solution

package backend

import "github.com/ringo-vmm/ringo/vmm/char"

type journal struct {
	*char.Line
	line  []byte // that has not ended
	began uint64 // machine time in ns
	lines []entry
}

func newJournal(p char.Port) *journal { return &journal{Line: char.NewLine(p)} }

func (j *journal) Transmit(b byte) {
	if b == '\r' {
		return
	}
	if len(j.line) == 0 {
		j.began = j.Now()
	}
	if b == '\n' {
		j.end()
		return
	}
	if j.line = append(j.line, b); len(j.line) == maxLine {
		j.end()
	}
}

func (j *journal) end() {
	text := string(j.line)
	j.line = j.line[:0]
	if text == question {
		j.Post([]byte(stamp(j.Now()) + "\n"))
		return
	}
	if len(j.lines) == maxLines {
		j.lines = j.lines[:copy(j.lines, j.lines[1:])]
	}
	j.lines = append(j.lines, entry{j.began, text})
}

func (j *journal) entries() []entry {
	j.Lock.Lock()
	defer j.Lock.Unlock()
	return append([]entry(nil), j.lines...)
}
