//go:build boot

package test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/internal/grade"
)

// In Ringo too, each lab gets all its points with the solution, and not without.
func TestLabsRun(t *testing.T) {
	labs, err := grade.All("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range labs {
		if l.Run == nil {
			continue
		}
		t.Run(l.Name, func(t *testing.T) {
			for _, tags := range [][]string{nil, {"solution"}} {
				g := grade.Grader{Root: "..", TamaGo: *tamago, Tags: tags, Limits: grade.DefaultLimits, Runs: true}
				r, err := g.Grade(t.Context(), l)
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range r.Criteria {
					if full := tags != nil; (c.Points == c.Of) != full {
						t.Errorf("tags %v: %s: %d of %d points: %s", tags, c.What, c.Points, c.Of, c.Why)
					}
				}
			}
		})
	}
}

// A submission that does harm in Ringo gets no points for its run, and a reason,
// in bounded time.
func TestBadSubmissionsAreGraded(t *testing.T) {
	root := copyTree(t)
	l, err := grade.Load(root, "device")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []struct{ name, feed, why string }{
		{"loops", "for { }", "still running"},
		{"eats memory", "for { w.heap = append(w.heap, bytes.Repeat([]byte{1}, 16<<20)) }", "out of memory|still running"}, // whichever comes first
		{"panics", `panic("the dog is dead")`, "the dog is dead"},
		{"does not compile", "return v", "does not compile(?s).*gap.go"},
	} {
		t.Run(s.name, func(t *testing.T) {
			code := fmt.Sprintf(watchdog, s.feed)
			if err := os.WriteFile(filepath.Join(l.Dir, "gap.go"), []byte(code), 0o666); err != nil {
				t.Fatal(err)
			}
			g := grade.Grader{Root: root, TamaGo: *tamago, Limits: grade.DefaultLimits, Runs: true}
			ctx, cancel := context.WithTimeout(t.Context(), waitTime)
			defer cancel()
			r, err := g.Grade(ctx, l)
			if err != nil {
				t.Fatal(err)
			}
			var text bytes.Buffer
			if err := r.JSON(&text); err != nil || r.Points != 0 || r.Of != 3 || !regexp.MustCompile(s.why).Match(text.Bytes()) {
				t.Errorf("no %q: %v\n%s", s.why, err, text.Bytes())
			}
		})
	}
}

// watchdog is a submission of lab 4 that does something when it is fed.
const watchdog = `package device

import (
	"bytes"

	"github.com/ringo-vmm/ringo/vmm/device"
	"github.com/ringo-vmm/ringo/vmm/state"
)

var _ = bytes.Repeat

type Watchdog struct{ heap [][]byte }

func New(device.Clock, device.IRQ, func()) *Watchdog { return &Watchdog{} }
func (w *Watchdog) In(uint16, int) uint32            { return 0 }
func (w *Watchdog) Reset()                           {}
func (w *Watchdog) State(*state.Codec)               {}
func (w *Watchdog) Out(off uint16, size int, v uint32) { %s }
`

// copyTree copies the repository without what was built.
func copyTree(t *testing.T) (root string) {
	t.Helper()
	root = t.TempDir()
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		switch name := e.Name(); {
		case name == "build" || strings.HasPrefix(name, "."):
		case e.IsDir():
			err = os.CopyFS(filepath.Join(root, name), os.DirFS(filepath.Join("..", name)))
		default:
			var text []byte
			if text, err = os.ReadFile(filepath.Join("..", name)); err == nil {
				err = os.WriteFile(filepath.Join(root, name), text, 0o666)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}
