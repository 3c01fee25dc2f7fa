package microguests

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/ringo-vmm/ringo/vmm/guests"
)

// Record is what a guest did and how it stands in the end, in a form that is the
// same on every processor.
type Record struct {
	// Console is what it printed: with guests.Guest.Still that ends in a
	// checksum of its memory.
	Console []string
	// Registers are the processor's, as the monitor shows them.
	Registers []string
	// Accesses are the last accesses to devices, the oldest first: RIP, and
	// what it was. Those that wrote to the console are not among them.
	Accesses []string
}

// Lines of the monitor: one of the registers, and one of the trace.
var (
	registerLine = regexp.MustCompile(`^(RIP|R[A-Z0-9]{1,2}|[CDEFGS]S|LDTR|TR|[GI]DTR|CR\d|EFER|XCR0|DR\S+|STAR|SYSENTER|.*CPL) .*$`)
	accessLine   = regexp.MustCompile(`^ *(?:\+\d+|-) ([0-9a-f]{16})  (port|memory) +(.*?)(?: \(after .*\))?$`)
	consoleWrite = regexp.MustCompile(`out 0xe9 `)
)

// wholeTrace is more exits than a trace keeps.
const wholeTrace = 1 << 16

// Record starts a guest that guests.Guest.Still has made, waits until it stands
// still, looks at it, and destroys it.
func (m *Monitor) Record(ctx context.Context, g guests.Guest) (r Record, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, (endTime+monitorTime)*time.Second, errors.New("timeout"))
	defer cancel()
	output, err := m.Do(ctx, "vm start "+g.Name)
	if err != nil {
		return r, err
	}
	for done := regexp.MustCompile(g.Expect); !done.MatchString(strings.Join(r.Console, "\n")); {
		more, err := m.Do(ctx, "vm wait "+g.Name+" 1")
		if err != nil {
			return r, err
		}
		output += more
		text, err := m.Do(ctx, fmt.Sprintf("vm console %s %d", g.Name, consoleLines))
		if err != nil {
			return r, err
		}
		r.Console = lines(text)
		if ended := ending(output, g.Name); ended != "" {
			return r, fmt.Errorf("%s: ended: %s, with this on its console:\n%s", g.Name, ended, text)
		}
	}
	registers, err := m.Do(ctx, "vm regs "+g.Name)
	if err != nil {
		return r, err
	}
	for _, line := range lines(registers) {
		if registerLine.MatchString(line) {
			r.Registers = append(r.Registers, line)
		}
	}
	trace, err := m.Do(ctx, fmt.Sprintf("vm trace %s %d port memory", g.Name, wholeTrace))
	if err != nil {
		return r, err
	}
	for _, line := range lines(trace) {
		if match := accessLine.FindStringSubmatch(line); match != nil && !consoleWrite.MatchString(line) {
			r.Accesses = append(r.Accesses, match[1]+" "+match[3])
		}
	}
	_, err = m.Do(ctx, "vm destroy "+g.Name)
	if err == nil && len(r.Registers) == 0 {
		err = fmt.Errorf("%s: the monitor has shown no registers:\n%s", g.Name, registers)
	}
	return r, err
}

// lines are the lines of a text, without what ends them.
func lines(text string) (list []string) {
	for line := range strings.Lines(strings.ReplaceAll(text, "\r", "")) {
		list = append(list, strings.TrimRight(line, " \n"))
	}
	return list
}
