package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/internal/bench"
)

// fakeIO is an ioHost whose requests take so many exits and ns each, after what a
// command takes. It is stuck at some commands until it is started again.
type fakeIO struct {
	perRequest, perCommand, ns float64
	stuckAt                    map[int]bool // commands, counted from 1
	most                       int          // tries

	total            float64
	starts, commands int
	killed           bool
}

func (f *fakeIO) start() error            { f.starts++; return nil }
func (f *fakeIO) exits() (float64, error) { return f.total, nil }
func (f *fakeIO) tries() int              { return f.most }
func (f *fakeIO) kill()                   { f.killed = true }

func (f *fakeIO) do(command string, done *regexp.Regexp) (string, error) {
	if f.commands++; f.stuckAt[f.commands] {
		return "", errors.New("stuck")
	}
	label := strings.Fields(command)[1]
	var count int
	fmt.Sscan(label[strings.LastIndex(label, "-")+1:], &count)
	f.total += f.perCommand + f.perRequest*float64(bench.Requests(count))
	output := fmt.Sprintf("/ # %s\r\niobench: %s %d requests %.0f ns\r\n/ # ", command, label, count, f.ns*float64(count))
	if !done.MatchString(output) {
		return "", fmt.Errorf("%s is not in %q", done, output)
	}
	return output, nil
}

// measureIO does all loads on a host.
func measureIO(h *fakeIO, icount bool) ([]bench.IO, error) {
	m := &measurement{ctx: context.Background()}
	return m.ioLoads(func(context.Context, bool) (ioHost, error) { return h, nil }, icount)
}

func TestWhatACommandTakesIsNotARequests(t *testing.T) {
	h := &fakeIO{perRequest: 5, perCommand: 1000, ns: 4000, most: 1}
	all, err := measureIO(h, true)
	if err != nil || len(all) != len(bench.IOLoads) || !h.killed {
		t.Fatalf("%v, %v, killed %t", all, err, h.killed)
	}
	for i, got := range all {
		if want := (bench.IO{Instructions: 4000, Exits: 5, PerSecond: 250000}); got != want {
			t.Errorf("%s: %v, want %v", bench.IOLoads[i].Name, got, want)
		}
	}
	if all, err = measureIO(h, false); err != nil || all[0].Instructions != 0 {
		t.Errorf("instructions that nobody counts: %v, %v", all, err)
	}
}

func TestGuestsThatAreStuckAreStartedAgain(t *testing.T) {
	h := &fakeIO{ns: 1, most: 3, stuckAt: map[int]bool{2: true, 3: true}}
	if _, err := measureIO(h, true); err != nil || h.starts != 3 {
		t.Errorf("%v, %d starts, want 3", err, h.starts)
	}
	h = &fakeIO{ns: 1, most: 2, stuckAt: map[int]bool{1: true, 2: true}}
	if _, err := measureIO(h, true); err == nil || err.Error() != "read-4k: stuck" || h.starts != 2 || !h.killed {
		t.Errorf("%v, %d starts, want 2", err, h.starts)
	}
}
