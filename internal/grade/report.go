package grade

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// Report is what a submission is worth.
type Report struct {
	Lab      string      `json:"lab"`
	Title    string      `json:"title"`
	Points   int         `json:"points"`
	Of       int         `json:"of"`
	Criteria []Criterion `json:"criteria"`
}

// Criterion is one thing that is worth points.
type Criterion struct {
	What   string `json:"what"`
	By     string `json:"by"` // the test, or what was typed
	Points int    `json:"points"`
	Of     int    `json:"of"`
	Why    string `json:"why,omitempty"` // it is not all of them
}

// add takes a criterion in; an empty why is full points.
func (r *Report) add(what, by string, of int, why string) {
	c := Criterion{What: what, By: by, Of: of, Why: why}
	if why == "" {
		c.Points = of
	}
	r.Points, r.Of = r.Points+c.Points, r.Of+of
	r.Criteria = append(r.Criteria, c)
}

// Print writes the report for people.
func (r *Report) Print(w io.Writer) {
	fmt.Fprintf(w, "%s: %s\n", r.Lab, r.Title)
	for _, c := range r.Criteria {
		fmt.Fprintf(w, "%5d/%-3d %s\n", c.Points, c.Of, c.What)
		for line := range strings.Lines(c.Why) {
			fmt.Fprintf(w, "          %s\n", strings.TrimRight(line, "\r\n"))
		}
	}
	fmt.Fprintf(w, "%5d/%-3d points\n", r.Points, r.Of)
}

// JSON writes the report for programs.
func (r *Report) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "\t")
	return e.Encode(r)
}

// excerpt is the end of an output, in a few lines: what the criterion's Why is.
func excerpt(output string, lines int) string {
	list := full(output)
	return strings.Join(list[max(0, len(list)-lines):], "\n")
}

// trouble is as excerpt, but begins where Ringo says what it died of, if it does.
func trouble(output string, lines int) string {
	list := full(output)
	if i := slices.IndexFunc(list, panics.MatchString); i >= 0 {
		return strings.Join(list[i:min(i+lines, len(list))], "\n")
	}
	return excerpt(output, lines)
}

// panics is in the line that says why Ringo, or a goroutine of a guest, has died.
var panics = regexp.MustCompile(`ringo: panic|bug in Ringo`)

// full are the lines that are not empty.
func full(output string) (list []string) {
	for line := range strings.Lines(output) {
		if line = strings.TrimRight(line, " \r\n"); line != "" {
			list = append(list, line)
		}
	}
	return list
}
