package config

import "strings"

// chunk is the part of a text that describes one machine.
type chunk struct {
	line int // the number of its first line, from 1
	text string
}

// split cuts a text in front of each line that is [[vm]], so that a mistake in
// syntax ends with the machine that it is in. The first part is what stands
// before all machines. Such a line in the middle of a string of several lines
// cuts as well, which no real configuration has.
func split(text string) []chunk {
	chunks := []chunk{{line: 1}}
	start, number := 0, 0
	for at := 0; at < len(text); {
		line, _, _ := strings.Cut(text[at:], "\n")
		number++
		if isHeader(line) {
			chunks[len(chunks)-1].text = text[start:at]
			chunks = append(chunks, chunk{line: number})
			start = at
		}
		at += min(len(line)+1, len(text)-at)
	}
	chunks[len(chunks)-1].text = text[start:]
	return chunks
}

// isHeader reports whether a line is [[vm]] and no more than a comment.
func isHeader(line string) bool {
	line, _, _ = strings.Cut(line, "#")
	line = strings.TrimSpace(line)
	inner, opened := strings.CutPrefix(line, "[[")
	inner, closed := strings.CutSuffix(inner, "]]")
	if !opened || !closed {
		return false
	}
	switch strings.TrimSpace(inner) {
	case `vm`, `"vm"`, `'vm'`:
		return true
	}
	return false
}
