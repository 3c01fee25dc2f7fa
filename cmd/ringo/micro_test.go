package main

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/guests"
)

func TestMicroMistakes(t *testing.T) {
	for want, args := range map[string][]string{
		`no guest is called "nobody"`:   {"micro", "hello", "nobody"},
		`no machine is called "pdp-11"`: {"micro", "-m", "pdp-11", "hello"},
	} {
		_, stderr, status := ringo(t, "", args...)
		if status != statusUsage || !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("status %d, stderr %q; want status 2 and one line with %q", status, stderr, want)
		}
	}
}

// deaf is a machine whose monitor never answers.
type deaf struct{}

func (deaf) Type(string) error { return nil }
func (deaf) Output() string    { return "ringo> " }
func (deaf) Expect(_ context.Context, _ int, re *regexp.Regexp) (int, error) {
	if re.MatchString("ringo> ") {
		return 7, nil
	}
	return 0, errors.New("silence")
}

func TestMicroCountsTheGuestsThatFail(t *testing.T) {
	err := microOn(t.Context(), deaf{}, guests.All[:3], false)
	if err == nil || err.Error() != "3 of 3 guests failed" {
		t.Error(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := microOn(ctx, deaf{}, guests.All[:3], false); !errors.Is(err, status(statusInterrupted)) {
		t.Errorf("interrupted: %v", err)
	}
}
