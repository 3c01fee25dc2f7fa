package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/ringo-vmm/ringo/internal/bench"
	"github.com/ringo-vmm/ringo/internal/emu"
	"github.com/ringo-vmm/ringo/internal/microguests"
)

// The figures of several processors are times of the emulator's host, whose
// processors must be free.
const (
	smpRounds = 500
	smpPairs  = 5                // two processors against one
	smpWork   = 3 * time.Second  // each of them
	smpShare  = 60 * time.Second // weights
	smpIdle   = 10 * time.Second
)

// shareWeights are the weights that machines share a processor by.
var shareWeights = []float64{1, 2, 5}

// smp measures what there is to say about several processors.
func (m *measurement) smp() (figures []bench.Figure, err error) {
	for _, part := range []func() ([]bench.Figure, error){m.collector, m.scaling, m.shares, m.idleUse} {
		f, err := part()
		if err != nil {
			return nil, err
		}
		figures = append(figures, f...)
	}
	return figures, nil
}

// collector measures the collector beside guests on all processors, and
// wake-ups without.
func (m *measurement) collector() ([]bench.Figure, error) {
	vm, monitor, err := m.counters("collector", 4, []string{"", "", "", ""})
	if err != nil {
		return nil, err
	}
	defer vm.Kill()
	ctx, cancel := m.limit()
	defer cancel()
	output, err := do(ctx, monitor, fmt.Sprintf("bench gc %d", smpRounds),
		"vm destroy counter-0", "vm destroy counter-1", "vm destroy counter-2", "vm destroy counter-3", fmt.Sprintf("bench wake %d", smpRounds))
	if err != nil {
		return nil, stuck(vm, err)
	}
	stop, err := bench.ParseSpread(output, "stop")
	if err != nil {
		return nil, stuck(vm, err)
	}
	wake, err := bench.ParseSpread(output, "wake")
	if err != nil {
		return nil, stuck(vm, err)
	}
	return append(bench.SpreadFigures("gc-stop", "the collector stops the world, 4 guests run", stop),
		bench.SpreadFigures("wake-other", "wake a goroutine on another processor", wake)...), nil
}

// scaling is how much more two machines do on two processors than one on one:
// the median of pairs, since the speed of the host changes from one moment to
// the next.
func (m *measurement) scaling() ([]bench.Figure, error) {
	var ratios []float64
	for range smpPairs {
		var rate [2]float64
		for i := range rate {
			work, err := m.work("scaling", i+1, make([]string, i+1), smpWork)
			if err != nil {
				return nil, err
			}
			for _, n := range work {
				rate[i] += n
			}
		}
		ratios = append(ratios, rate[1]/rate[0])
	}
	return []bench.Figure{{Name: "scaling", About: "work of 2 guests on 2 processors to 1 on 1 (more is better)", Unit: bench.Ratio, Value: bench.Median(ratios), Aim: 1.9}}, nil
}

// shares is how well machines on one processor get what their weights say.
func (m *measurement) shares() ([]bench.Figure, error) {
	var keys []string
	for _, w := range shareWeights {
		keys = append(keys, fmt.Sprintf("schedule.weight = %g", 100*w))
	}
	work, err := m.work("shares", 1, keys, smpShare)
	if err != nil {
		return nil, err
	}
	return []bench.Figure{{Name: "share-error", About: "error of shares 1:2:5", Unit: bench.Percent, Value: bench.ShareError(work, shareWeights), Aim: 2}}, nil
}

// idleUse is how much of the host's processor four idle ones use.
func (m *measurement) idleUse() ([]bench.Figure, error) {
	vm, monitor, err := m.counters("idle", 4, nil)
	if err != nil {
		return nil, err
	}
	defer vm.Kill()
	ctx, cancel := m.limit()
	defer cancel()
	if _, err := do(ctx, monitor, "gc"); err != nil {
		return nil, stuck(vm, err)
	}
	time.Sleep(time.Second)
	before, err := emu.ProcessTime(vm.PID())
	time.Sleep(smpIdle)
	after, err2 := emu.ProcessTime(vm.PID())
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	share := 100 * float64(after-before) / float64(smpIdle)
	return []bench.Figure{{Name: "idle", About: "4 idle processors use of a host's", Unit: bench.Percent, Value: share, Limit: 1}}, nil
}

// work is what machines with these keys do in a time, on so many processors.
func (m *measurement) work(name string, processors int, keys []string, span time.Duration) ([]float64, error) {
	vm, monitor, err := m.counters(name, processors, keys)
	if err != nil {
		return nil, err
	}
	defer vm.Kill()
	ctx, cancel := m.limit()
	defer cancel()
	read := func() (counts []float64, err error) {
		for i := range keys {
			output, err := do(ctx, monitor, fmt.Sprintf("regs counter-%d", i))
			if err != nil {
				return nil, stuck(vm, err)
			}
			n, err := bench.ParseCounter(output)
			if err != nil {
				return nil, stuck(vm, err)
			}
			counts = append(counts, n)
		}
		return counts, nil
	}
	before, err := read()
	if err != nil {
		return nil, err
	}
	time.Sleep(span)
	after, err := read()
	for i := range after {
		after[i] -= before[i]
	}
	return after, err
}

// counters boots a machine in which guests count, one for each text of keys.
func (m *measurement) counters(name string, processors int, keys []string) (*emu.VM, *microguests.Monitor, error) {
	dir := filepath.Join(m.dir, name)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, nil, err
	}
	modules, err := microguests.Counters(dir, keys)
	if err != nil {
		return nil, nil, err
	}
	commands := []string{"gc"}
	for i := range keys {
		commands = append(commands, fmt.Sprintf("vm start counter-%d", i))
	}
	vm, err := m.boot(emu.Options{CPUs: processors, Modules: modules})
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := m.limit()
	defer cancel()
	monitor, err := attachAndDo(ctx, vm, commands)
	if err != nil {
		vm.Kill()
		return nil, nil, stuck(vm, err)
	}
	return vm, monitor, nil
}

func attachAndDo(ctx context.Context, vm *emu.VM, commands []string) (*microguests.Monitor, error) {
	monitor, err := microguests.Attach(ctx, vm)
	if err == nil {
		_, err = do(ctx, monitor, commands...)
	}
	return monitor, err
}
