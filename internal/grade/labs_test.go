package grade

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

// Each lab's tests fail as it is handed out, and pass with its solution.
func TestGapsFailAndSolutionsPass(t *testing.T) {
	labs, err := All(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range labs {
		t.Run(l.Name, func(t *testing.T) {
			for tag, full := range map[string]bool{"": false, "solution": true} {
				g := Grader{Root: root, Limits: DefaultLimits, Tests: true}
				if full {
					g.Tags = []string{tag}
				}
				r, err := g.Grade(t.Context(), l)
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range r.Criteria {
					if (c.Points == c.Of) != full || !full && c.Why == "" || strings.Contains(c.Why, "compile") {
						t.Errorf("tag %q: %s: %d of %d points: %s", tag, c.By, c.Points, c.Of, c.Why)
					}
				}
			}
		})
	}
}

// Each lab has a page, which names its package, and which the course's page
// leads to.
func TestLabsHavePages(t *testing.T) {
	labs, err := All(root)
	if err != nil {
		t.Fatal(err)
	}
	course, err := os.ReadFile(filepath.Join(root, "docs", "course", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range labs {
		if i > 0 && labs[i-1].Number == l.Number {
			t.Errorf("%s and %s have the same number", labs[i-1].Name, l.Name)
		}
		page, err := os.ReadFile(filepath.Join(root, l.Page))
		if err != nil {
			t.Error(err)
			continue
		}
		// What a student needs who has a clean clone and this page.
		for _, text := range []string{"make build", "labs/" + l.Name, "go test ./labs/" + l.Name, "ringo grade " + l.Name} {
			if !strings.Contains(string(page), text) {
				t.Errorf("%s does not say %s", l.Page, text)
			}
		}
		if !strings.Contains(string(course), "("+filepath.Base(l.Page)+")") {
			t.Errorf("docs/course/README.md has no link to %s", l.Page)
		}
		points := 0
		for _, c := range l.Tests {
			points += c.Points
		}
		if l.Run != nil {
			for _, s := range l.Run.Steps {
				points += s.Points
			}
		}
		if points != 10 {
			t.Errorf("%s is worth %d points; a lab is worth 10", l.Name, points)
		}
	}
}
