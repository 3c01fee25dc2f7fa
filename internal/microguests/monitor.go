package microguests

import (
	"context"
	"fmt"
	"regexp"
	"strings"
)

// Machine is a machine that Ringo runs on, with its serial line: an *emu.VM.
type Machine interface {
	Type(text string) error
	Expect(ctx context.Context, from int, re *regexp.Regexp) (end int, err error)
	Output() string
}

// Monitor is Ringo's monitor on a machine's serial line.
type Monitor struct {
	machine Machine
	asked   int
	gone    error // it has not answered, and will not
}

var prompt = regexp.MustCompile(`ringo> `)

// Attach waits for the monitor.
func Attach(ctx context.Context, m Machine) (*Monitor, error) {
	if _, err := m.Expect(ctx, 0, prompt); err != nil {
		return nil, fmt.Errorf("waiting for the monitor: %w", err)
	}
	return &Monitor{machine: m}, nil
}

// Do has the monitor run commands, and returns what the serial line has sent
// until they were done: their output, and what else came.
//
// Notices make the monitor print its prompt again at any time. So the end is
// not the prompt but the answer to a question that has only one: for help
// with a command that there is not, of a new name each time.
func (m *Monitor) Do(ctx context.Context, commands ...string) (output string, err error) {
	if m.gone != nil {
		return "", m.gone
	}
	m.asked++
	mark := fmt.Sprintf("mark-%d", m.asked)
	from := len(m.machine.Output())
	if err := m.machine.Type(strings.Join(commands, "; ") + "; help " + mark + "\n"); err != nil {
		return "", err
	}
	end, err := m.machine.Expect(ctx, from, regexp.MustCompile(`there is no command "`+mark+`".*\n`))
	output = m.machine.Output()[from:]
	if err != nil {
		m.gone = fmt.Errorf("the monitor has not answered to %s: %w", strings.Join(commands, "; "), err)
		return output, m.gone
	}
	var kept strings.Builder
	for line := range strings.Lines(output[:end-from]) {
		if !strings.Contains(line, mark) {
			kept.WriteString(line)
		}
	}
	return kept.String(), nil
}
