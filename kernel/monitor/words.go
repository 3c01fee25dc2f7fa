package monitor

import (
	"errors"
	"strings"
)

var errUnclosed = errors.New("a quote is not closed")

// split breaks a line into commands at ';' and each command into words at spaces
// and tabs. Text in "..." or '...' is taken as it is, so that a word may hold
// spaces, semicolons or the other quote, or nothing; there is no escape
// character. The result has one more element than there are semicolons outside
// quotes; an element may be empty.
func split(line string) ([][]string, error) {
	commands := [][]string{nil}
	last := func() *[]string { return &commands[len(commands)-1] }
	var word strings.Builder
	inWord := false
	end := func() {
		if inWord {
			*last() = append(*last(), word.String())
		}
		word.Reset()
		inWord = false
	}
	for i := 0; i < len(line); i++ {
		switch c := line[i]; c {
		case ' ', '\t':
			end()
		case ';':
			end()
			commands = append(commands, nil)
		case '"', '\'':
			n := strings.IndexByte(line[i+1:], c)
			if n < 0 {
				return nil, errUnclosed
			}
			word.WriteString(line[i+1 : i+1+n])
			inWord = true
			i += n + 1
		default:
			word.WriteByte(c)
			inWord = true
		}
	}
	end()
	return commands, nil
}
