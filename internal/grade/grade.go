package grade

import (
	"context"
	"path/filepath"
)

// Grader grades what is in a repository.
type Grader struct {
	Root   string   // of the repository
	Tags   []string // build tags; "solution" is for the reference solutions
	TamaGo string   // as in ringo build -tamago
	Limits Limits
	Tests  bool // run unit tests
	Runs   bool // run guests
}

// Grade grades a lab. An error is the grader's, or ctx's; what is wrong with
// the submission is in the report.
func (g *Grader) Grade(ctx context.Context, l *Lab) (*Report, error) {
	root, err := filepath.Abs(g.Root)
	if err != nil {
		return nil, err
	}
	g.Root = root
	r := &Report{Lab: l.Name, Title: l.Title}
	if g.Tests {
		if err := g.tests(ctx, l, r); err != nil {
			return nil, err
		}
	}
	if g.Runs {
		if err := g.run(ctx, l, r); err != nil {
			return nil, err
		}
	}
	return r, nil
}
