package scheduler

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/vmm/sched"
)

// What the plot looks like.
const (
	rows    = 10 // in which the time is divided
	columns = 40 // of a whole processor
	most    = 60 // seconds
)

// Command is the monitor command that plots the shares of the machines.
func Command(s func() *sched.Scheduler) monitor.Command {
	return monitor.Command{
		Name: "shares", Usage: "[SECONDS]", Group: "labs", Help: "plot what the machines get of the processors",
		Run: func(c *monitor.Context, args []string) error {
			seconds := 2
			if len(args) > 0 {
				n, err := strconv.Atoi(args[0])
				if err != nil || n < 1 || n > most {
					return monitor.BadInput("shares: %q: want a number of seconds, 1 to %d", args[0], most)
				}
				seconds = n
			}
			samples := [][]sched.Usage{s().Usage()}
			for range rows {
				time.Sleep(time.Duration(seconds) * time.Second / rows)
				samples = append(samples, s().Usage())
			}
			Plot(c, samples)
			return nil
		},
	}
}

// Plot draws what each turn ran between the samples, in percent of the time that
// all ran: a bar for each piece of time, and a line for the whole.
func Plot(w io.Writer, samples [][]sched.Usage) {
	first, last := samples[0], samples[len(samples)-1]
	for i, u := range first {
		fmt.Fprintf(w, "%s weight %d\n", u.Group, u.Weight)
		for n := 1; n < len(samples); n++ {
			part := share(samples[n-1], samples[n], i)
			fmt.Fprintf(w, "  |%s\n", strings.Repeat("#", int(part*columns+0.5)))
		}
		fmt.Fprintf(w, "  %s %.1f%%\n", u.Group, 100*share(first, last, i))
	}
}

// share is the part of turn i of what all turns ran between two samples, 0 if
// they do not have the same turns.
func share(from, to []sched.Usage, i int) float64 {
	if len(from) != len(to) {
		return 0
	}
	total := 0.0
	for n := range from {
		total += float64(to[n].Run - from[n].Run)
	}
	if total == 0 {
		return 0
	}
	return float64(to[i].Run-from[i].Run) / total
}
