package monitor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Context is what a running command has: an io.Writer for its output, and a
// context.Context that is cancelled when the user types Ctrl-C. A command that
// runs for long looks at Err now and then and returns it.
type Context struct {
	context.Context
	out   *output
	clock func() time.Duration
}

// Write writes to the console in one piece, with CR LF for LF: a line of the log
// comes before or after what was written, not in the middle of it.
func (c *Context) Write(p []byte) (int, error) { return c.out.Write(p) }

// Printf writes formatted text, as Write does.
func (c *Context) Printf(format string, args ...any) { fmt.Fprintf(c.out, format, args...) }

// output remembers whether the cursor is in the first column, where the prompt
// and an error line belong.
type output struct {
	w       io.Writer
	midLine bool
}

func (o *output) Write(p []byte) (int, error) {
	if len(p) > 0 {
		o.midLine = p[len(p)-1] != '\n'
	}
	if _, err := o.w.Write(bytes.ReplaceAll(p, []byte("\n"), []byte("\r\n"))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// endLine ends the line a command left unfinished.
func (o *output) endLine() {
	if o.midLine {
		io.WriteString(o, "\n")
	}
}

// badInput is an error in what the user typed: the shell adds the usage to it.
type badInput struct{ error }

func (e badInput) Unwrap() error { return e.error }

// BadInput is the error for an argument that is wrong. The shell prints it as
// one line that ends with the command's usage.
func BadInput(format string, args ...any) error {
	return badInput{fmt.Errorf(format, args...)}
}

// errorLine is the one line that reports err, returned by cmd.
func errorLine(cmd *Command, err error) string {
	text := oneLine(err.Error())
	if errors.As(err, new(badInput)) {
		text += " (usage: " + cmd.synopsis() + ")"
	}
	return cmd.Name + ": " + text
}

// maxErrorText is the most runes of an error that are shown: a line of rubbish
// should not come back whole.
const maxErrorText = 200

// oneLine makes text printable on one line.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return ';'
		case r == utf8.RuneError || !strconv.IsPrint(r):
			return ' '
		}
		return r
	}, strings.TrimSpace(text))
	if utf8.RuneCountInString(text) > maxErrorText {
		text = string([]rune(text)[:maxErrorText]) + "..."
	}
	return text
}
