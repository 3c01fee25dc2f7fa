package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/ringo-vmm/ringo/internal/media"
)

// modules are boot modules as flags give them: a file and its arguments.
type modules []media.Module

func (m *modules) String() string { return "" }

func (m *modules) Set(s string) error {
	path, args, _ := strings.Cut(strings.TrimSpace(s), " ")
	if path == "" {
		return fmt.Errorf("no file named")
	}
	*m = append(*m, media.Module{Path: path, Args: strings.TrimSpace(args)})
	return nil
}

// send is text to type once the machine has sent something.
type send struct {
	after *regexp.Regexp
	text  string // a newline is the Enter key
}

// prompt is how the monitor asks for a command.
var prompt = regexp.MustCompile(`ringo> `)

// sends are the texts to type as flags give them: TEXT or REGEX=>TEXT.
type sends []send

func (s *sends) String() string { return "" }

func (s *sends) Set(arg string) error {
	item := send{after: prompt}
	if re, text, ok := strings.Cut(arg, "=>"); ok {
		var err error
		if item.after, err = regexp.Compile(re); err != nil {
			return err
		}
		arg = text
	}
	var err error
	if item.text, err = unescape(arg); err != nil {
		return err
	}
	*s = append(*s, item)
	return nil
}

// escaped is text with Go's escape sequences.
type escaped string

func (e *escaped) String() string { return string(*e) }

func (e *escaped) Set(arg string) error {
	text, err := unescape(arg)
	*e = escaped(text)
	return err
}

// unescape replaces Go's escape sequences.
func unescape(s string) (string, error) {
	var out []byte
	for s != "" {
		c, multibyte, rest, err := strconv.UnquoteChar(s, 0)
		if err != nil {
			return "", fmt.Errorf("bad escape sequence at %q: there are \\n \\r \\t \\xHH \\\\ and Go's others", s)
		}
		if multibyte {
			out = append(out, string(c)...)
		} else {
			out = append(out, byte(c))
		}
		s = rest
	}
	return string(out), nil
}

// mebibytes is an amount of memory as flags give it: 512M, 4G, or a bare
// number of MiB.
type mebibytes int

func (m *mebibytes) String() string { return fmt.Sprintf("%dM", int(*m)) }

func (m *mebibytes) Set(s string) error {
	number, unit := s, 1
	switch {
	case strings.HasSuffix(s, "G"):
		number, unit = strings.TrimSuffix(s, "G"), 1024
	case strings.HasSuffix(s, "M"):
		number = strings.TrimSuffix(s, "M")
	}
	// 24 bits of GiB are more than any machine has and fit an int as MiB.
	n, err := strconv.ParseUint(number, 10, 24)
	if err != nil || n == 0 {
		return fmt.Errorf("want an amount such as 512M or 4G")
	}
	*m = mebibytes(int(n) * unit)
	return nil
}

// list is a flag that may be repeated.
type list []string

func (l *list) String() string { return "" }

func (l *list) Set(s string) error {
	*l = append(*l, s)
	return nil
}
