package monitor

import (
	"fmt"
	"slices"
	"strings"
)

const (
	terminalWidth = 80
	maxCandidates = 120 // the most candidates Tab shows
)

// key is called by the line editor for the keys it does not handle itself: Tab
// and Ctrl-C are the shell's.
func (s *Shell) key(line string, pos int, key rune) (newLine string, newPos int, ok bool) {
	switch key {
	case tab:
		newLine, newPos = s.complete(line, pos)
		return newLine, newPos, true
	case cancel:
		// The enter that follows ends the line, which stays on the screen as typed.
		s.dropped, s.history.skip = true, true
		line += "^C"
		return line, len(line), true
	}
	return "", 0, false
}

// complete completes the word before byte pos of line. Where it can add nothing
// it shows the candidates above the prompt.
func (s *Shell) complete(line string, pos int) (string, int) {
	prefix, rest := line[:pos], line[pos:]
	word, candidates := s.candidates(prefix)
	switch len(candidates) {
	case 0:
		return line, pos
	case 1:
		added := candidates[0][len(word):]
		if !strings.HasPrefix(rest, " ") {
			added += " "
		}
		return prefix + added + rest, pos + len(added)
	}
	common := commonPrefix(candidates)[len(word):]
	if common == "" {
		s.Write([]byte(columns(candidates)))
	}
	return prefix + common + rest, pos + len(common)
}

// candidates are the words that begin with word, the last one in prefix, and
// could stand in its place.
func (s *Shell) candidates(prefix string) (word string, candidates []string) {
	commands, err := split(prefix)
	if err != nil {
		return "", nil
	}
	words := commands[len(commands)-1]
	if len(words) == 0 || strings.HasSuffix(prefix, " ") {
		words = append(words, "")
	}
	word = words[len(words)-1]
	if !strings.HasSuffix(prefix, word) {
		return "", nil // the word is in quotes
	}
	defer func() {
		// A command's Complete runs inside the line editor, which must survive it.
		if recover() != nil {
			word, candidates = "", nil
		}
	}()
	for _, c := range s.registry.complete(words) {
		if strings.HasPrefix(c, word) {
			candidates = append(candidates, c)
		}
	}
	slices.Sort(candidates)
	return word, slices.Compact(candidates)
}

// commonPrefix is what all of words begin with.
func commonPrefix(words []string) string {
	first, last := slices.Min(words), slices.Max(words)
	n := 0
	for n < len(first) && n < len(last) && first[n] == last[n] {
		n++
	}
	return strings.ToValidUTF8(first[:n], "")
}

// columns lays words out across the terminal.
func columns(words []string) string {
	left := ""
	if len(words) > maxCandidates {
		left = fmt.Sprintf("and %d more\n", len(words)-maxCandidates)
		words = words[:maxCandidates]
	}
	width := 0
	for _, w := range words {
		width = max(width, len(w)+2)
	}
	perLine := max(1, terminalWidth/width)
	var b strings.Builder
	for i, w := range words {
		if i%perLine == perLine-1 || i == len(words)-1 {
			b.WriteString(w + "\n")
		} else {
			fmt.Fprintf(&b, "%-*s", width, w)
		}
	}
	return b.String() + left
}
