package main

import (
	"context"
	"fmt"
	"regexp"
	"time"

	"github.com/ringo-vmm/ringo/internal/bench"
	"github.com/ringo-vmm/ringo/internal/emu"
)

// ioFew is how many requests the run has that is taken off: its exits are those of
// typing the command and of the program's start.
const ioFew = 2

// ioTimeout is how long a machine may take with all loads, KVM's on a busy computer.
const ioTimeout = 20 * time.Minute

// ioHost is a machine with the guests that do the loads.
type ioHost interface {
	// start starts the guests, and leaves their shells ready.
	start() error
	// do tells the guest bench.IOGuest's shell a command and returns what comes
	// until done.
	do(command string, done *regexp.Regexp) (output string, err error)
	// exits is how many exits the guests have had.
	exits() (float64, error)
	// tries is how often guests may have to be started for a load.
	tries() int
	kill()
}

// io measures what a request to a virtio disk or by TCP takes, on Ringo and maybe on
// KVM: instructions with a clock that counts them, and then requests a second.
func (m *measurement) io(kvm bool) (figures []bench.Figure, err error) {
	guest, err := m.ioFiles()
	if err != nil {
		return nil, err
	}
	ringo, err := m.ioBoth(func(ctx context.Context, icount bool) (ioHost, error) {
		return m.ringoIO(ctx, guest, emu.Options{ICount: icount})
	})
	if err != nil {
		return nil, err
	}
	peer := make([]bench.IO, len(bench.IOLoads))
	if kvm {
		if peer, err = m.ioBoth(func(ctx context.Context, icount bool) (ioHost, error) { return m.kvmIO(ctx, guest, icount) }); err != nil {
			return nil, fmt.Errorf("kvm: %w", err)
		}
	}
	for i, l := range bench.IOLoads {
		figures = append(figures, bench.IOFigures(l, ringo[i], peer[i])...)
	}
	return figures, nil
}

// ioBoth does the loads with instructions counted, and without.
func (m *measurement) ioBoth(boot func(context.Context, bool) (ioHost, error)) ([]bench.IO, error) {
	counted, err := m.ioLoads(boot, true)
	if err != nil {
		return nil, err
	}
	timed, err := m.ioLoads(boot, false)
	if err != nil {
		return nil, err
	}
	for i := range counted {
		counted[i].PerSecond = timed[i].PerSecond
	}
	return counted, nil
}

// ioLoads has the guests do the loads.
func (m *measurement) ioLoads(boot func(context.Context, bool) (ioHost, error), icount bool) (all []bench.IO, err error) {
	ctx, cancel := context.WithTimeoutCause(m.ctx, ioTimeout, errBenchTimeout)
	defer cancel()
	h, err := boot(ctx, icount)
	if err != nil {
		return nil, err
	}
	defer h.kill()
	if err := h.start(); err != nil {
		return nil, err
	}
	for _, l := range bench.IOLoads {
		var one bench.IO
		count := l.Timed
		if icount {
			count = l.Counted
		}
		for try := 1; ; try++ {
			if one, err = ioLoad(h, l, count); err == nil {
				break
			}
			if try == h.tries() || ctx.Err() != nil {
				return nil, fmt.Errorf("%s: %w", l.Name, err)
			}
			if err := h.start(); err != nil {
				return nil, err
			}
		}
		if !icount {
			one.Instructions = 0
		}
		all = append(all, one)
	}
	return all, nil
}

// ioLoad has the guests do one load: count requests, and a few.
func ioLoad(h ioHost, l bench.IOLoad, count int) (bench.IO, error) {
	few, _, err := ioRun(h, l, ioFew)
	if err != nil {
		return bench.IO{}, err
	}
	exits, ns, err := ioRun(h, l, count)
	if err != nil {
		return bench.IO{}, err
	}
	return bench.IO{Exits: (exits - few) / float64(bench.Requests(count)-bench.Requests(ioFew)), Instructions: ns, PerSecond: 1e9 / ns}, nil
}

// ioRun has the guests do count requests of a load, and returns the exits meanwhile
// and the ns of a request.
func ioRun(h ioHost, l bench.IOLoad, count int) (exits, ns float64, err error) {
	before, err := h.exits()
	if err != nil {
		return 0, 0, err
	}
	label := fmt.Sprintf("%s-%d", l.Name, count)
	output, err := h.do(l.Command(label, count), regexp.MustCompile(`iobench: `+label+` .* ns\s(?s).*# `))
	if err != nil {
		return 0, 0, err
	}
	if ns, err = bench.ParseIO(output, label); err != nil {
		return 0, 0, err
	}
	after, err := h.exits()
	return after - before, ns, err
}
