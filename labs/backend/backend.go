// Package backend is the lab of docs/course/5-backend.md: a back end for a
// serial line, which keeps what the guest writes as lines with their times, and
// tells it the time. The gap is in gap.go.
package backend

import (
	"fmt"
	"sync"

	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/vmm/char"
	"github.com/ringo-vmm/ringo/vmm/manager"
	"github.com/ringo-vmm/ringo/vmm/pc"
)

// What a journal keeps at most.
const (
	maxLines = 100
	maxLine  = 256 // bytes of a line
)

// question is the line that a guest asks for the time with.
const question = "time?"

// port is the serial port that has the journal: COM2.
const port = 2

// entry is a line that the guest has written.
type entry struct {
	at   uint64 // machine time in ns at which its first byte came
	text string // without its end
}

// stamp is a machine's time, in seconds.
func stamp(ns uint64) string { return fmt.Sprintf("%d.%06d", ns/1e9, ns%1e9/1e3) }

// A journal is all that a back end must be.
var _ char.Backend = (*journal)(nil)

var (
	mu       sync.Mutex
	journals = map[string]*journal{} // of the last run of each machine, by name
)

// Connect puts a journal at COM2 of every machine that has one.
func Connect() {
	pc.SetSerial(port, func(p char.Port) (char.Backend, error) {
		j := newJournal(p)
		mu.Lock()
		defer mu.Unlock()
		journals[p.Machine] = j
		return j, nil
	})
}

// Command is the monitor command that shows the journals.
func Command(m *manager.Manager) monitor.Command {
	return monitor.Command{
		Name: "journal", Group: "labs", Help: "what the machines have written at COM2",
		Run: func(c *monitor.Context, _ []string) error {
			for _, v := range m.Machines() {
				mu.Lock()
				j := journals[v.Config.Name]
				mu.Unlock()
				if j == nil {
					continue
				}
				for _, e := range j.entries() {
					fmt.Fprintf(c, "%s [%s] %q\n", v.Config.Name, stamp(e.at), e.text)
				}
			}
			return nil
		},
	}
}
