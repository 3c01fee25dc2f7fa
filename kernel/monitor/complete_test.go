package monitor

import (
	"fmt"
	"strings"
	"testing"
)

var vm = Command{
	Name: "vm", Usage: "list|attach [NAME]", Run: echo.Run,
	Complete: func(args []string) []string {
		switch {
		case len(args) == 1:
			return []string{"list", "attach"}
		case args[0] == "attach":
			return []string{"linux", "linux-2", "bsd"}
		case args[0] == "boom":
			panic("in Complete")
		}
		return nil
	},
}

func TestComplete(t *testing.T) {
	s := New(newConsole(t), registry(t, echo, vm, Command{Name: "echelon", Run: echo.Run}), ticks())
	for _, tc := range []struct{ before, after, want string }{
		{"ech", "", "ech|"}, // echo and echelon: the common part is typed already
		{"e", "", "ech|"},
		{"h", "", "help |"},
		{"h", " vm", "help| vm"},
		{"tim", "", "time |"},
		{"frob", "", "frob|"},
		{"vm ", "", "vm |"},
		{"vm l", "", "vm list |"},
		{"vm attach l", "", "vm attach linux|"},
		{"vm attach b", "", "vm attach bsd |"},
		{"vm list x", "", "vm list x|"},
		{"vm boom ", "", "vm boom |"},
		{"echo a", "", "echo a|"},
		{"echo a; v", "", "echo a; vm |"},
		{"echo a;v", "", "echo a;vm |"},
		{"repeat 3 v", "", "repeat 3 vm |"},
		{"repeat 3 vm at", "", "repeat 3 vm attach |"},
		{"repeat v", "", "repeat v|"},
		{"time repeat 3 vm attach b", "", "time repeat 3 vm attach bsd |"},
		{"help v", "", "help vm |"},
		{"vm 'at", "", "vm 'at|"},
		{"vm 'at'", "", "vm 'at'|"},
		{"echo grü", "n", "echo grü|n"},
	} {
		line, pos := s.complete(tc.before+tc.after, len(tc.before))
		if got := line[:pos] + "|" + line[pos:]; got != tc.want {
			t.Errorf("Tab after %q before %q gives %q, want %q", tc.before, tc.after, got, tc.want)
		}
	}
}

func TestTabShowsCandidates(t *testing.T) {
	c := start(t, echo, vm)
	c.send("vm attach \t")
	c.expect("bsd      linux    linux-2\r\n" + Prompt + "vm attach ")
	c.send("li\t\t")
	c.expect("linux    linux-2\r\n" + Prompt + "vm attach linux")
	c.send("-\t\r")
	c.expect("<attach> <linux-2>\r\n")
	c.send("\tec\t x\r")
	c.expect("echo    help    repeat  time    vm\r\n")
	c.expect("<x>\r\n")
}

func TestColumnsFitTheTerminal(t *testing.T) {
	var words []string
	for i := range 300 {
		words = append(words, fmt.Sprintf("word%03d", i))
	}
	got := columns(words)
	for line := range strings.Lines(got) {
		if len(line) > terminalWidth+1 {
			t.Errorf("a line of %d characters: %q", len(line), line)
		}
	}
	if !strings.HasSuffix(got, "and 180 more\n") || strings.Count(got, "word") != maxCandidates {
		t.Errorf("columns of 300 words:\n%s", got)
	}
	if long := strings.Repeat("x", 100); columns([]string{long, "y"}) != long+"\ny\n" {
		t.Errorf("a word wider than the terminal: %q", columns([]string{long, "y"}))
	}
}
