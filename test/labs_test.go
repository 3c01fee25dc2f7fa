//go:build boot

package test

import (
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
