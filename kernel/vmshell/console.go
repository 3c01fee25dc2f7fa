package vmshell

import (
	"fmt"
	"strings"

	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/manager"
)

const defaultLines = 25

// scrollback shows what a machine wrote to its console last.
func scrollback(s *shell, c *monitor.Context, v *manager.Machine, args []string) error {
	lines := uint64(defaultLines)
	if len(args) > 0 {
		var err error
		if lines, err = number("LINES", args[0], 1, config.MaxScrollback); err != nil {
			return err
		}
	}
	at, end := v.Console.Tail(int(lines)), v.Console.End()
	text := make([]byte, end-at)
	n, _, _ := v.Console.Read(text, at)
	return show(c, plain(text[:n]))
}

// plain is text without what moves the cursor: control characters and escape
// sequences (ECMA-48 §5.4). A guest's screenful of them must not spoil the
// monitor's.
func plain(text []byte) []byte {
	const escape, csi = 0x1b, '['
	kept := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		switch b := text[i]; {
		case b == escape && i+1 < len(text) && text[i+1] == csi:
			for i += 2; i < len(text) && (text[i] < '@' || text[i] > '~'); i++ {
			}
		case b == escape:
			i++
		case b >= ' ' && b != 0x7f || b == '\n' || b == '\t':
			kept = append(kept, b)
		}
	}
	return kept
}

// typeLine types a line at a machine's console.
func typeLine(s *shell, c *monitor.Context, v *manager.Machine, args []string) error {
	const enter = "\r"
	if v.State() == manager.Off {
		return fmt.Errorf("%s is off", v.Config.Name)
	}
	if dropped := v.Console.Type([]byte(strings.Join(args, " ") + enter)); dropped > 0 {
		return fmt.Errorf("%s takes no input: %d bytes are lost", v.Config.Name, dropped)
	}
	return nil
}
