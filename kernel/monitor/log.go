package monitor

import (
	"math"
	"slices"
	"strings"
	"time"
)

// LogRecord is a line of the kernel's log.
type LogRecord struct {
	At    time.Duration // since boot
	Level int           // an index of the level names given to Log
	Text  string
}

// Log is the command log, which shows the kernel's log. levels are the names of
// the levels, the least severe first; records gives what the log holds, the
// oldest first.
func Log(levels []string, records func() []LogRecord) Command {
	options := []string{"-level", "-n"}
	return Command{
		Name:  "log",
		Usage: "[-level " + strings.Join(levels, "|") + "] [-n N]",
		Group: "kernel",
		Help:  "show the kernel's log from a level up, the last N records",
		Run: func(c *Context, args []string) error {
			least, n, err := logOptions(args, levels)
			if err != nil {
				return err
			}
			showLog(c, levels, records(), least, n)
			return c.Err()
		},
		Complete: func(args []string) []string {
			if len(args) > 1 && args[len(args)-2] == "-level" {
				return levels
			}
			return options
		},
	}
}

func logOptions(args, levels []string) (least int, n uint64, err error) {
	n = math.MaxUint64
	for ; len(args) > 0; args = args[2:] {
		if args[0] != "-level" && args[0] != "-n" {
			return 0, 0, BadInput("%s is no option", quote(args[0]))
		}
		if len(args) == 1 {
			return 0, 0, BadInput("%s needs a value", args[0])
		}
		if args[0] == "-n" {
			if n, err = Number("N", args[1], 1, math.MaxUint64); err != nil {
				return 0, 0, err
			}
			continue
		}
		if least = slices.Index(levels, args[1]); least < 0 {
			return 0, 0, BadInput("there is no level %s", quote(args[1]))
		}
	}
	return least, n, nil
}

func showLog(c *Context, levels []string, records []LogRecord, least int, n uint64) {
	var shown []LogRecord
	for _, r := range records {
		if r.Level >= least {
			shown = append(shown, r)
		}
	}
	if uint64(len(shown)) > n {
		shown = shown[uint64(len(shown))-n:]
	}
	for _, r := range shown {
		if c.Err() != nil {
			return
		}
		name := "?"
		if r.Level >= 0 && r.Level < len(levels) {
			name = levels[r.Level]
		}
		c.Printf("[%5d.%06d] %-5s %s\n", r.At/time.Second, r.At%time.Second/time.Microsecond, name, strings.TrimRight(r.Text, "\n"))
	}
}
