package monitor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/term"
)

// Prompt is what the shell writes when it waits for a command.
const Prompt = "ringo> "

// maxLine is the most characters in a line. x/term drops the rest of a longer
// one, and half a command must not run.
const maxLine = 4096

// Shell reads commands from a console and runs them. Its methods may be called
// from any goroutine; Run only once.
type Shell struct {
	registry *Registry
	clock    func() time.Duration
	console  io.Writer // for commands: while one runs, the line editor shows nothing
	term     *term.Terminal
	input    *input
	history  *history
	dropped  bool // the line being entered was dropped with Ctrl-C
}

// New is a shell on a console, a VT100 terminal 80 characters wide in raw mode.
// clock is the time since some fixed moment, for the command time.
func New(console io.ReadWriter, r *Registry, clock func() time.Duration) *Shell {
	s := &Shell{registry: r, clock: clock, console: console, input: newInput(console), history: &history{}}
	s.term = term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{s.input, console}, Prompt)
	s.term.History = s.history
	s.term.AutoCompleteCallback = s.key
	return s
}

// Write writes to the console above the prompt and the line being edited, so
// that the kernel can speak while a user types. LF becomes CR LF.
func (s *Shell) Write(p []byte) (int, error) { return s.term.Write(p) }

// Run reads and runs lines until the console returns an error; nil for io.EOF.
func (s *Shell) Run() error {
	go s.input.pump()
	for {
		line, err := s.term.ReadLine()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("monitor: reading the console: %w", err)
		case s.dropped:
			s.dropped = false
			continue
		case utf8.RuneCountInString(line) >= maxLine:
			s.Write(fmt.Appendf(nil, "monitor: the line is too long, %d characters or more\n", maxLine))
			continue
		}
		ctx, stop := context.WithCancel(context.Background())
		s.input.whileRunning(stop)
		s.runLine(ctx, line)
		s.input.whileRunning(nil)
		stop()
	}
}

// RunLine runs a line of commands as if it had been typed, without prompt and
// history: output and error lines go to the console. It returns the errors of
// all the commands that failed, joined.
func (s *Shell) RunLine(line string) error {
	return s.RunLineContext(context.Background(), line)
}

// RunLineContext is RunLine for a line whose commands end with ctx.
func (s *Shell) RunLineContext(ctx context.Context, line string) error { return s.runLine(ctx, line) }

// SetSize says how large the console is, in characters.
func (s *Shell) SetSize(columns, rows int) error { return s.term.SetSize(columns, rows) }

func (s *Shell) runLine(ctx context.Context, line string) error {
	c := &Context{Context: ctx, out: &output{w: s.console}, clock: s.clock}
	commands, err := split(line)
	if err != nil {
		c.Printf("monitor: %v (usage: NAME [ARGUMENTS] [; NAME ...])\n", err)
		return fmt.Errorf("monitor: %w", err)
	}
	var errs []error
	for _, words := range commands {
		if len(words) == 0 {
			continue
		}
		errs = append(errs, s.registry.run(c, words))
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

// run runs one command, prints its error and returns it as reported.
func (r *Registry) run(c *Context, words []string) error {
	cmd := r.commands[words[0]]
	if cmd == nil {
		text := oneLine(words[0])
		if !validName(words[0]) {
			text = quote(words[0])
		}
		text = shorten(text) + ": no such command (help lists them)"
		c.Printf("%s\n", text)
		return reported{errors.New(text)}
	}
	err := cmd.call(c, words[1:])
	c.out.endLine()
	if err == nil || errors.As(err, new(reported)) {
		return err
	}
	text := errorLine(cmd, err)
	if errors.Is(err, context.Canceled) {
		text = cmd.Name + ": stopped"
	}
	c.Printf("%s\n", text)
	var p *panicError
	if errors.As(err, &p) {
		c.Printf("%s", p.stack)
	}
	return reported{fmt.Errorf("%s: %w", cmd.Name, err)}
}

// reported is an error the user has seen, so that a command that runs another
// can return it.
type reported struct{ error }

func (e reported) Unwrap() error { return e.error }

// call checks the number of arguments and runs the command; a panic in it
// becomes an error.
func (cmd *Command) call(c *Context, args []string) (err error) {
	least, most := cmd.arguments()
	switch {
	case len(args) < least:
		return BadInput("too few arguments")
	case most == 0 && len(args) > 0:
		return BadInput("takes no arguments")
	case most >= 0 && len(args) > most:
		return BadInput("too many arguments")
	}
	defer func() {
		if value := recover(); value != nil {
			err = &panicError{value: value, stack: panicStack()}
		}
	}()
	return cmd.Run(c, args)
}

// panicError is a panic in a command.
type panicError struct {
	value any
	stack string // one line a function, the innermost first
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// maxPanicFrames is how many functions of a panic's stack are shown.
const maxPanicFrames = 8

// panicStack describes the stack between a panic and the command's call, leaving
// out the runtime's own functions. A deferred function calls it.
func panicStack() string {
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)]) // without Callers, panicStack and the deferred function
	var b strings.Builder
	for shown := 0; shown < maxPanicFrames; {
		f, more := frames.Next()
		if strings.HasSuffix(f.Function, ".(*Command).call") || f.Function == "" {
			break
		}
		if !strings.HasPrefix(f.Function, "runtime.") {
			fmt.Fprintf(&b, "    %s %s:%d\n", path.Base(f.Function), path.Base(f.File), f.Line)
			shown++
		}
		if !more {
			break
		}
	}
	return b.String()
}
