package config

import (
	"fmt"
	"strings"
)

// Error is a mistake in a configuration, in one line.
type Error struct {
	VM   string // the machine's name, or #N for the Nth without a good one; empty outside of all
	Key  string // empty if it is about no key, or about all of the machine
	Line int    // of the text, from 1; 0 if not known
	Text string // what is wrong
}

// Error is line, machine, key and what is wrong.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", e.Line)
	}
	if e.VM != "" {
		b.WriteString("vm " + e.VM + ": ")
	}
	if e.Key != "" {
		b.WriteString(e.Key + ": ")
	}
	b.WriteString(e.Text)
	return oneLine(b.String())
}

// oneLine makes s fit to be printed in a line of a log: what came from the
// text may hold anything.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if control(r) {
			return ' '
		}
		return r
	}, s)
}

// control reports whether a terminal acts on r rather than showing it: ISO
// 6429's C0 and C1 sets and DEL.
func control(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }

// Errorf is an Error about a key of vm, or about all of it if key is empty:
// for what only a caller can find out, that a file is not there or that memory
// does not suffice.
func (vm *VM) Errorf(key, format string, args ...any) *Error {
	return &Error{VM: vm.Name, Key: key, Line: vm.line(key), Text: fmt.Sprintf(format, args...)}
}

// line is where a key is, or an element of its value, such as modules[1].
func (vm *VM) line(key string) int {
	key, _, _ = strings.Cut(key, "[")
	if line, ok := vm.lines[key]; ok {
		return line
	}
	return vm.lines[""]
}

// nearest is the one of names that name was probably meant to be, or "".
func nearest(name string, names []string) string {
	name = strings.ToLower(name)
	best, least := "", max(1, len(name)/3)+1
	for _, n := range names {
		d := distance(name, n)
		// Somebody may write a table's key without the table.
		if _, last, ok := strings.Cut(n, "."); ok && last == name {
			d = 1
		}
		if d < least {
			best, least = n, d
		}
	}
	return best
}

// distance is the number of letters to insert, delete or replace to make a
// from b (Levenshtein's), by the usual table, one row of which is kept.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
