package main

import (
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/term"
)

// terminal is standard input connected to a machine's serial line.
type terminal struct {
	state   *term.State // what to restore; nil if it is not a terminal
	restore func()
}

// raw reports whether standard input is in raw mode, where a newline does not
// return the carriage.
func (t *terminal) raw() bool { return t != nil && t.state != nil }

// connectTerminal passes standard input on to a machine's serial line. A terminal
// goes to raw mode, so that every key reaches the machine; Ctrl-A is for this
// program, as in QEMU, Ctrl-A x calls quit and Ctrl-A h prints help. Other input
// passes as it is; its end ends nothing.
func connectTerminal(line io.Writer, help string, quit func()) (*terminal, error) {
	fd := int(os.Stdin.Fd())
	t := &terminal{restore: func() {}}
	if term.IsTerminal(fd) {
		state, err := term.MakeRaw(fd)
		if err != nil {
			return nil, fmt.Errorf("terminal: %w", err)
		}
		t.state = state
		t.restore = sync.OnceFunc(func() {
			term.Restore(fd, state)
			t.state = nil
		})
	}
	keys := keys{to: line, help: help, quit: quit, escape: t.state != nil}
	// This goroutine ends with the program: a read from a terminal cannot be
	// called off.
	go func() {
		buf := make([]byte, 256)
		for {
			n, err := os.Stdin.Read(buf)
			if keys.pass(buf[:n]) != nil || err != nil {
				return
			}
		}
	}()
	return t, nil
}

// Keys behind Ctrl-A.
const (
	ctrlA       = 0x01
	runHelp     = "\r\nCtrl-A x  end the machine" + commonHelp
	consoleHelp = "\r\nCtrl-A x  end this program" + commonHelp
	commonHelp  = "\r\nCtrl-A h  this help\r\nCtrl-A Ctrl-A  send Ctrl-A\r\n"
)

// keys passes typed bytes on to a machine.
type keys struct {
	to      io.Writer
	help    string
	quit    func()
	escape  bool // Ctrl-A is for this program
	pending bool // the last byte was Ctrl-A
}

func (k *keys) pass(b []byte) error {
	if !k.escape {
		_, err := k.to.Write(b)
		return err
	}
	var out []byte
	for _, c := range b {
		switch {
		case !k.pending && c == ctrlA:
			k.pending = true
			continue
		case !k.pending:
			out = append(out, c)
		case c == ctrlA:
			out = append(out, c)
		case c == 'x' || c == 'X':
			k.quit()
		case c == 'h' || c == '?':
			fmt.Fprint(os.Stderr, k.help)
		}
		k.pending = false
	}
	if len(out) == 0 {
		return nil
	}
	_, err := k.to.Write(out)
	return err
}
