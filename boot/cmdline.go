package boot

// Lookup finds key on a command line of blank-separated words. The word is
// key=value, or key alone, a flag, whose value is "". Double quotes keep
// blanks in a value or in a whole word, key="a b" or "key=a b" (GRUB makes the
// second of the first), and are taken off; a quote behind a backslash is an
// ordinary character, and both stay. The last of several words with the same
// key counts. An image name in front is just another word. The value is a part
// of line. Pre-runtime.
func Lookup(line, key string) (value string, ok bool) {
	for {
		var word string
		if word, line = nextWord(line); word == "" {
			return value, ok
		}
		word = unquote(word)
		switch {
		case word == key:
			value, ok = "", true
		case len(word) > len(key) && word[len(key)] == '=' && word[:len(key)] == key:
			value, ok = unquote(word[len(key)+1:]), true
		}
	}
}

// nextWord splits the first word, quotes and all, from a command line. The
// word is "" at the end of the line.
func nextWord(line string) (word, rest string) {
	start := 0
	for start < len(line) && blank(line[start]) {
		start++
	}
	end, quoted := start, false
	for ; end < len(line) && (quoted || !blank(line[end])); end++ {
		if line[end] == '"' && (end == start || line[end-1] != '\\') {
			quoted = !quoted
		}
	}
	return line[start:end], line[end:]
}

// unquote takes the double quotes from around s. One that is never closed ends
// with the line.
func unquote(s string) string {
	if s == "" || s[0] != '"' {
		return s
	}
	s = s[1:]
	if n := len(s) - 1; n >= 0 && s[n] == '"' {
		s = s[:n]
	}
	return s
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
