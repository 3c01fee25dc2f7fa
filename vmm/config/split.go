package config

import "strings"

// chunk is the part of a text that describes one machine, or the network.
type chunk struct {
	line    int // the number of its first line, from 1
	text    string
	network bool
}

// split cuts a text in front of each line that is [[vm]] or [network], so that a
// mistake in syntax ends with the machine that it is in. The first part is what
// stands before all of them. Such a line in the middle of a string of several lines
// cuts as well, which no real configuration has.
func split(text string) []chunk {
	chunks := []chunk{{line: 1}}
	start, number := 0, 0
	for at := 0; at < len(text); {
		line, _, _ := strings.Cut(text[at:], "\n")
		number++
		network := isNetwork(line)
		if network || isHeader(line) {
			chunks[len(chunks)-1].text = text[start:at]
			chunks = append(chunks, chunk{line: number, network: network})
			start = at
		}
		at += min(len(line)+1, len(text)-at)
	}
	chunks[len(chunks)-1].text = text[start:]
	return chunks
}

// isHeader reports whether a line is [[vm]] and no more than a comment.
func isHeader(line string) bool { return isTable(line, "[[", table, "]]") }

// isNetwork reports that of [network].
func isNetwork(line string) bool { return isTable(line, "[", networkTable, "]") }

// isTable reports whether a line is the name of a table in its brackets.
func isTable(line, open, name, end string) bool {
	line, _, _ = strings.Cut(line, "#")
	line = strings.TrimSpace(line)
	inner, opened := strings.CutPrefix(line, open)
	inner, closed := strings.CutSuffix(inner, end)
	if !opened || !closed {
		return false
	}
	switch strings.TrimSpace(inner) {
	case name, `"` + name + `"`, "'" + name + "'":
		return true
	}
	return false
}
