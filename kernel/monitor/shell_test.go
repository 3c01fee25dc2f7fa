package monitor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
)

func TestLineEnds(t *testing.T) {
	for _, tc := range []struct {
		name  string
		sends []string
		want  string
	}{
		{"CR", []string{"echo a\recho b\r"}, "<a>,<b>,"},
		{"LF", []string{"echo a\necho b\n"}, "<a>,<b>,"},
		{"CR LF", []string{"echo a\r\necho b\r\n"}, "<a>,<b>,"},
		{"CR and LF apart", []string{"echo a\r", "\necho b\r", "\n"}, "<a>,<b>,"},
		{"byte by byte", strings.Split("echo a\r\necho b\n", ""), "<a>,<b>,"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var ran strings.Builder
			c := start(t, Command{Name: "echo", Usage: "[WORD...]", Run: func(c *Context, args []string) error {
				fmt.Fprintf(&ran, "<%s>,", strings.Join(args, " "))
				return nil
			}}, Command{Name: "done", Run: func(c *Context, args []string) error {
				c.Printf("ran %s\n", &ran)
				return nil
			}})
			for _, s := range tc.sends {
				c.send(s)
			}
			c.send("done\r")
			c.expect("\r\nran " + tc.want + "\r\n" + Prompt)
			if n := strings.Count(c.text(), Prompt); n != 4 {
				t.Errorf("%d prompts, want 4: an empty line was run\n%q", n, c.text())
			}
		})
	}
}

func TestOutputHasCRLF(t *testing.T) {
	c := start(t, echo)
	c.send("echo a; echo b\r")
	c.expect("\r\n<a>\r\n<b>\r\n" + Prompt)
}

func TestUnfinishedLineIsEnded(t *testing.T) {
	c := start(t, Command{Name: "half", Run: func(c *Context, args []string) error {
		c.Printf("half a line")
		return nil
	}})
	c.send("half\r")
	c.expect("\r\nhalf a line\r\n" + Prompt)
}

func TestEditingKeys(t *testing.T) {
	for _, tc := range []struct{ name, typed, want string }{
		{"backspace", "echo xa\b\x7fab", "<ab>"},
		{"left and insert", "echo ac\x1b[Db", "<abc>"},
		{"application cursor keys", "echo ac\x1bODb", "<abc>"},
		{"Home and End", "cho a\x1b[1~e\x1b[4~b", "<ab>"},
		{"Ctrl-A, Ctrl-E", "cho a\x01e\x05b", "<ab>"},
		{"Ctrl-U", "nonsense\x15echo a", "<a>"},
		{"Ctrl-W", "echo a bb\x17c", "<a> <c>"},
		{"Ctrl-K", "echo ab\x1b[D\x0b", "<a>"},
		{"Ctrl-D deletes under the cursor", "echo ab\x1b[D\x04", "<a>"},
		{"Ctrl-D at the end and on an empty line", "\x04\x04echo a\x04", "<a>"},
		{"Ctrl-L redraws", "echo a\x0cb", "<ab>"},
		{"word to the left", "echo bb cc\x1b[1;5D\x1b[1;5Da", "<abb> <cc>"},
		{"NUL and other control characters", "e\x00ch\x07o\x1a a\x1db", "<ab>"},
		{"bytes that are no UTF-8", "ec\xffho\xc3 a\xe2\x82b\x80\xf8", "<ab>"},
		{"a control character in UTF-8", "echo a\u009b31mb", "<a31mb>"},
		{"the replacement character", "echo a\ufffdb", "<ab>"},
		{"UTF-8", "echo grün €", "<grün> <€>"},
		{"unknown escape sequences", "echo \x1b[?25la\x1b[200~\x1b[15~b\x1bOPc\x1bx", "<abc>"},
		{"an escape sequence cut short", "echo a\x1b[1\x7fb", "<b>"},
		{"an escape sequence without end", "echo \x1b[11111111a", "<1a>"},
		{"a lone escape before enter", "echo a\x1b", "<a>"},
		{"tabs do not hang", "echo a\t\t b", "<a> <b>"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := start(t, echo)
			c.send(tc.typed)
			c.send("\r")
			c.expect("\r\n" + tc.want + "\r\n" + Prompt)
		})
	}
}

func TestUTF8ArrivesInPieces(t *testing.T) {
	c := start(t, echo)
	for _, b := range []byte("echo €\x1b[D\x1b[Cü\r") {
		c.send(string([]byte{b}))
	}
	c.expect("\r\n<€ü>\r\n" + Prompt)
}

func TestCtrlCDropsTheLine(t *testing.T) {
	c := start(t, echo)
	c.send("echo a")
	c.expect("a")
	c.send("\x03")
	c.expect("^C\r\n" + Prompt)
	c.send("echo b\r")
	c.expect("\r\n<b>\r\n" + Prompt)
	c.send("\x1b[A\x1b[A\r") // the dropped line is not in the history
	c.expect("\r\n<b>\r\n" + Prompt)
	if strings.Contains(c.text(), "<a") {
		t.Errorf("the dropped line ran: %q", c.text())
	}
}

func TestCtrlCStopsACommandAndWhatWasTypedAhead(t *testing.T) {
	waiting := Command{Name: "wait", Run: func(c *Context, args []string) error {
		c.Printf("waiting\n")
		<-c.Done()
		return c.Err()
	}}
	c := start(t, waiting, echo)
	c.send("wait; echo same line\r")
	c.expect("waiting\r\n")
	c.send("echo ahead\r")
	c.send("echo nor this\r\x03echo after\r")
	c.expect("wait: stopped\r\n" + Prompt)
	c.expect("<after>\r\n" + Prompt)
	if text := c.text(); strings.Contains(text, "<same") || strings.Contains(text, "<ahead") || strings.Contains(text, "<nor") ||
		strings.Contains(text, "^C") {
		t.Errorf("ran on after Ctrl-C: %q", text)
	}
}

func TestTypeAheadRuns(t *testing.T) {
	proceed := make(chan struct{})
	c := start(t, echo, Command{Name: "wait", Run: func(c *Context, args []string) error {
		c.Printf("waiting\n")
		<-proceed
		return nil
	}})
	c.send("wait\r")
	c.expect("waiting\r\n")
	c.send("echo ahead\recho more\r")
	close(proceed)
	c.expect("<ahead>\r\n")
	c.expect("<more>\r\n" + Prompt)
}

func TestTypeAheadIsBounded(t *testing.T) {
	in := newInput(nil)
	blocked := make(chan bool)
	go func() {
		for range 3 {
			in.arrived(make([]byte, maxTypeAhead), nil) // NULs vanish
		}
		in.arrived([]byte(strings.Repeat("x", maxTypeAhead+1)), nil)
		blocked <- false
	}()
	p := make([]byte, 2)
	if n, err := in.Read(p); n != 2 || err != nil {
		t.Fatalf("Read = %d, %v", n, err)
	}
	if <-blocked {
		t.Fatal("the reader did not go on")
	}
}

func TestLongLines(t *testing.T) {
	c := start(t, echo)
	word := strings.Repeat("x", 100)
	c.send("echo ")
	for range 30 {
		c.send(word)
	}
	c.send("\r")
	c.expect("<" + strings.Repeat(word, 30) + ">\r\n" + Prompt)
	c.send("echo ")
	for range 60 {
		c.send(word)
	}
	c.send("\r")
	c.expect("\r\nmonitor: the line is too long, 4096 characters or more\r\n" + Prompt)
	c.send("\x1b[A\x01\x0becho up\r")
	c.expect("<up>\r\n")
}

func TestHistory(t *testing.T) {
	c := start(t, echo)
	for _, line := range []string{"echo one\r", "echo two\r", "\r", "echo two\r"} {
		c.send(line)
		c.expect(Prompt)
	}
	c.send("\x1b[A\x1b[A\r") // two, then one: neither the empty line nor the repeat counts
	c.expect("\r\n<one>\r\n" + Prompt)

	h := &history{}
	for i := range 2 * maxHistory {
		h.Add(fmt.Sprint(i))
	}
	if h.Len() != maxHistory || h.At(0) != "199" || h.At(maxHistory-1) != "100" {
		t.Errorf("%d lines from %s to %s, want the last %d", h.Len(), h.At(h.Len()-1), h.At(0), maxHistory)
	}
}

func TestErrorsAreOneLine(t *testing.T) {
	fails := func(err error) Command {
		return Command{Name: "cmd", Usage: "ADDR [N [M]] [x|y]", Run: func(*Context, []string) error { return err }}
	}
	ok := fails(nil)
	for _, tc := range []struct {
		name, line string
		cmd        Command
		want       string
	}{
		{"unknown command", "frob 1", ok, "frob: no such command (help lists them)"},
		{"unknown rubbish", "'a b\x1b[2J' 1", ok, `"a b\x1b[2J": no such command (help lists them)`},
		{"unknown long rubbish", strings.Repeat("x", 900), ok, strings.Repeat("x", 40) + "...: no such command (help lists them)"},
		{"too few", "cmd", ok, "cmd: too few arguments (usage: cmd ADDR [N [M]] [x|y])"},
		{"too many", "cmd 1 2 3 4 5", ok, "cmd: too many arguments (usage: cmd ADDR [N [M]] [x|y])"},
		{"bad input", "cmd 1", fails(BadInput("ADDR is %s", quote("z\"\n"))), `cmd: ADDR is "z\"\n" (usage: cmd ADDR [N [M]] [x|y])`},
		{"wrapped bad input", "cmd 1", fails(fmt.Errorf("here: %w", BadInput("bad"))), "cmd: here: bad (usage: cmd ADDR [N [M]] [x|y])"},
		{"an error of the machine", "cmd 1", fails(errors.New("no memory at 0x1000")), "cmd: no memory at 0x1000"},
		{"an error of several lines", "cmd 1", fails(errors.New("one\ntwo\x1b[2J\xff")), "cmd: one;two [2J "},
		{"an error without end", "cmd 1", fails(errors.New(strings.Repeat("é", 5000))), "cmd: " + strings.Repeat("é", 200) + "..."},
		{"no arguments wanted", "nop 1", Command{Name: "nop", Run: func(*Context, []string) error { return nil }},
			"nop: takes no arguments (usage: nop)"},
		{"open quote", "cmd 'a; cmd", ok, "monitor: a quote is not closed (usage: NAME [ARGUMENTS] [; NAME ...])"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := run(t, tc.line, tc.cmd)
			if got != tc.want+"\n" {
				t.Errorf("printed %q\nwant    %q", got, tc.want+"\n")
			}
			if err == nil {
				t.Error("RunLine returned no error")
			}
		})
	}
}

func TestArgumentsOfUsage(t *testing.T) {
	for _, tc := range []struct {
		usage       string
		least, most int
	}{
		{"", 0, 0},
		{"ADDR", 1, 1},
		{"ADDR [N] [b|w|l|q]", 1, 3},
		{"[LEAF [SUB]]", 0, 2},
		{"[-level L] [-n N]", 0, 4},
		{"N COMMAND...", 2, -1},
		{"[WORD...]", 0, -1},
		{"start|stop NAME", 2, 2},
	} {
		cmd := Command{Usage: tc.usage}
		if least, most := cmd.arguments(); least != tc.least || most != tc.most {
			t.Errorf("%q takes %d to %d arguments, want %d to %d", tc.usage, least, most, tc.least, tc.most)
		}
	}
}

func TestCommandsAfterAFailureRun(t *testing.T) {
	boom := errors.New("boom")
	got, err := run(t, "bad; echo a; frob;; echo b", echo, Command{Name: "bad", Run: func(*Context, []string) error { return boom }})
	if want := "bad: boom\n<a>\nfrob: no such command (help lists them)\n<b>\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
	if !errors.Is(err, boom) || !strings.Contains(err.Error(), "frob") {
		t.Errorf("RunLine = %v, want both errors", err)
	}
	if _, err := run(t, " ; ;", echo); err != nil {
		t.Errorf("an empty line is an error: %v", err)
	}
}

func explode(p *int) int { return *p }

func TestPanicInACommandIsAnError(t *testing.T) {
	for _, tc := range []struct {
		name, want string
		run        func()
	}{
		{"nil pointer", `nil pointer dereference\n    monitor\.explode shell_test\.go:\d+\n`, func() { explode(nil) }},
		{"a value", `^cmd: panic: 7\n    monitor\.Test`, func() { panic(7) }},
		{"an error", `^cmd: panic: EOF\n`, func() { panic(io.EOF) }},
		{"index", `index out of range \[3\] with length 0\n    monitor\.`, func() { _ = []int{}[len("abc")] }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cmd := Command{Name: "cmd", Run: func(*Context, []string) error { tc.run(); return nil }}
			got, err := run(t, "cmd; echo on", cmd, echo)
			if err == nil || !regexp.MustCompile(tc.want).MatchString(got) || !strings.HasSuffix(got, "\n<on>\n") {
				t.Errorf("error %v, printed\n%s\nwant it to match %s", err, got, tc.want)
			}
			if strings.Contains(got, "runtime.") && !strings.Contains(got, "runtime error") || strings.Contains(got, "Registry") {
				t.Errorf("the stack shows the runtime or the shell:\n%s", got)
			}
		})
	}
	c := start(t, echo, Command{Name: "boom", Run: func(*Context, []string) error { panic("boom") }})
	c.send("boom\recho alive\r")
	c.expect("boom: panic: boom\r\n")
	c.expect("<alive>\r\n" + Prompt)
}

func deep(n int) {
	if n == 0 {
		panic("deep")
	}
	deep(n - 1)
}

func TestPanicStackIsShort(t *testing.T) {
	got, _ := run(t, "cmd", Command{Name: "cmd", Run: func(*Context, []string) error { deep(50); return nil }})
	if n := strings.Count(got, "\n"); n != 1+maxPanicFrames {
		t.Errorf("%d lines, want the error and %d functions:\n%s", n, maxPanicFrames, got)
	}
}

func TestBuiltIns(t *testing.T) {
	fail := Command{Name: "fail", Run: func(*Context, []string) error { return errors.New("failed") }}
	for _, tc := range []struct {
		line, want string
		fails      bool
	}{
		{"repeat 3 echo x", "<x>\n<x>\n<x>\n", false},
		{"repeat 0x2 repeat 2 echo", "<>\n<>\n<>\n<>\n", false},
		{"repeat 3 fail", "fail: failed\n", true},
		{"repeat 0 echo", "repeat: N is 0, less than 1 (usage: repeat N COMMAND...)\n", true},
		{"repeat 3", "repeat: too few arguments (usage: repeat N COMMAND...)\n", true},
		{"repeat 2 frob", "frob: no such command (help lists them)\n", true},
		{"time echo a 'b c'", "<a> <b c>\necho a b c took 10ms\n", false},
		{"time fail", "fail: failed\nfail took 10ms\n", true},
		{"help fail frob", "help: too many arguments (usage: help [NAME])\n", true},
		{"help frob", "help: there is no command \"frob\" (usage: help [NAME])\n", true},
		{"help echo", "usage: echo [WORD...]\nprint the words\n", false},
	} {
		got, err := run(t, tc.line, echo, fail)
		if got != tc.want || (err != nil) != tc.fails {
			t.Errorf("%s: error %v, printed\n%q\nwant\n%q", tc.line, err, got, tc.want)
		}
	}
}

func TestHelpListsCommandsByGroup(t *testing.T) {
	got, _ := run(t, "help", echo, Command{Name: "apic", Usage: "[N]", Group: "machine", Help: "show it", Run: echo.Run})
	const want = `machine
  apic [N]                     show it
shell
  help [NAME]                  list the commands, or say what one does
  repeat N COMMAND...          run a command N times, until it fails or Ctrl-C
  time COMMAND...              run a command and say how long it took
test
  echo [WORD...]               print the words
`
	if got != want {
		t.Errorf("help:\n%s\nwant\n%s", got, want)
	}
}

func TestRepeatStopsAtCtrlC(t *testing.T) {
	c := start(t, echo)
	c.send("repeat 100000000 echo x\r")
	c.expect("<x>\r\n<x>\r\n")
	c.send("\x03")
	c.expect("repeat: stopped\r\n" + Prompt)
}

func TestRegistryRefusesBadCommands(t *testing.T) {
	r := NewRegistry()
	nop := func(*Context, []string) error { return nil }
	err := r.Add(
		Command{Name: "good", Run: nop},
		Command{Name: "good", Run: nop},
		Command{Name: "help", Run: nop},
		Command{Name: "no run"},
		Command{Name: "", Run: nop},
		Command{Name: "UPPER", Run: nop},
		Command{Name: "-x", Run: nop},
		Command{Name: "empty"},
		Command{Name: "fine-2", Run: nop},
	)
	if err == nil {
		t.Fatal("Add took them all")
	}
	for _, want := range []string{"two commands called good", "two commands called help", `"no run" is not`, `"" is not`, `"UPPER" is not`,
		`"-x" is not`, "empty has no Run"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q:\n%v", want, err)
		}
	}
	if r.commands["good"] == nil || r.commands["fine-2"] == nil || len(r.commands) != 5 {
		t.Errorf("%d commands, want the built-in three, good and fine-2", len(r.commands))
	}
}

func TestWriteFromOutsideKeepsTheLine(t *testing.T) {
	c := newConsole(t)
	s := New(c, registry(t, echo), ticks())
	done := make(chan error)
	go func() { done <- s.Run() }()
	c.expect(Prompt)
	c.send("echo ab")
	c.expect("echo ab")
	fmt.Fprintf(s, "[    1.000000] warn  news\n")
	c.expect("[    1.000000] warn  news\r\n" + Prompt + "echo ab")
	c.send("c\r")
	c.expect("<abc>\r\n")
	close(c.input)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

type brokenConsole struct{ err error }

func (b brokenConsole) Read([]byte) (int, error)    { return 0, b.err }
func (b brokenConsole) Write(p []byte) (int, error) { return 0, errors.New("transmit timed out") }

func TestBrokenConsoleEndsRun(t *testing.T) {
	lost := errors.New("line lost")
	for _, tc := range []struct{ read, want error }{{lost, lost}, {nil, io.ErrNoProgress}, {io.EOF, nil}} {
		s := New(brokenConsole{tc.read}, NewRegistry(), ticks())
		if err := s.Run(); !errors.Is(err, tc.want) {
			t.Errorf("Run() on a console that returns %v = %v, want %v", tc.read, err, tc.want)
		}
	}
}

func TestCommandSeesCancelledContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c := &Context{Context: ctx, out: &output{w: io.Discard}}
	if !errors.Is(c.Err(), context.Canceled) {
		t.Error("Context hides the cancellation")
	}
}
