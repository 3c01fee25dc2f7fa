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

// How long a guest may take, in seconds: one that ends by itself, one that need
// not, and the one beside it; and the monitor beyond that. A busy host is ten
// times as slow as an idle one.
const (
	endTime     = 180
	anyhowTime  = 1
	witnessTime = 60
	monitorTime = 30
)

// consoleLines is more than any guest prints that is judged by it.
const consoleLines = 10000

// Result is what a guest did.
type Result struct {
	// Ended is the end in the monitor's words, "" if it did not come.
	Ended string
	// Console is what the guest printed.
	Console string
	// Output is all that Ringo's serial line has sent while it ran.
	Output string
	// Err is what was not as it should be.
	Err error
}

// Run starts a guest's machine, waits for its end, and judges it. A hostile
// guest has a machine beside it that must not suffer. In the end the machine
// is gone, and the monitor has answered.
func (m *Monitor) Run(ctx context.Context, g guests.Guest) Result {
	limit := endTime
	if g.Ends == guests.Anyhow {
		limit = anyhowTime
	}
	ctx, cancel := context.WithTimeoutCause(ctx, time.Duration(limit+witnessTime+monitorTime)*time.Second, errors.New("timeout"))
	defer cancel()
	commands := []string{"vm start " + g.Name}
	if g.Hostile {
		commands = append(commands, "vm start "+witnessName, fmt.Sprintf("vm wait %s %d", witnessName, witnessTime))
	}
	commands = append(commands, fmt.Sprintf("vm wait %s %d", g.Name, limit))
	var r Result
	for _, command := range commands {
		var output string
		output, r.Err = m.Do(ctx, command)
		r.Output += output
		if r.Err != nil {
			return r
		}
	}
	r.Ended = ending(r.Output, g.Name)
	console, err := m.Do(ctx, fmt.Sprintf("vm console %s %d", g.Name, consoleLines))
	r.Console = strings.ReplaceAll(console, "\r", "")
	if err == nil && r.Ended == "" {
		var output string
		output, err = m.Do(ctx, "vm destroy "+g.Name)
		r.Output += output
	}
	if err == nil {
		err = judge(g, r)
	}
	r.Err = err
	return r
}

// ending is how the machine of that name ended, by what the monitor said.
func ending(output, name string) string {
	match := regexp.MustCompile(`vm ` + name + `: ended: ([^;\r\n]*)`).FindStringSubmatch(output)
	if match == nil {
		return ""
	}
	return match[1]
}

// endings are the monitor's words for the ends of guests.
var endings = map[guests.End]string{
	guests.Exits:        "exited with 0",
	guests.Halts:        "halted with interrupts off",
	guests.TripleFaults: "triple fault",
	guests.Resets:       "reset",
	guests.PowersOff:    "powered off",
}

var failedCheck = regexp.MustCompile(`(?m)^FAIL .*$`)

// judge says what is wrong with what a guest did.
func judge(g guests.Guest, r Result) error {
	if failed := failedCheck.FindAllString(r.Console, -1); failed != nil {
		return fmt.Errorf("%s", strings.Join(failed, "; "))
	}
	switch want := endings[g.Ends]; {
	case g.Ends == guests.Anyhow || r.Ended == want:
	case r.Ended == "":
		return fmt.Errorf("has not ended, want: %s", want)
	default:
		return fmt.Errorf("ended: %s, want: %s", r.Ended, want)
	}
	if !regexp.MustCompile(g.Expect).MatchString(r.Console) {
		return fmt.Errorf("no %q on its console", g.Expect)
	}
	if g.Hostile {
		if e := ending(r.Output, witnessName); e != endings[guests.Exits] {
			return fmt.Errorf("%s beside it ended: %q, want: %s", witnessName, e, endings[guests.Exits])
		}
	}
	return nil
}
