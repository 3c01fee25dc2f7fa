//go:build tamago

package main

import (
	"strconv"
	"time"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/kernel/thread"
)

type benchmark struct {
	name string
	run  func(n int)
}

// benchmarks are what the kernel itself costs, in TSC ticks a time; under
// QEMU's -icount shift=0 a tick is an instruction.
var benchmarks = []benchmark{
	{"system call", func(n int) {
		for range n {
			thread.ID()
		}
	}},
	{"call into the layer", func(n int) {
		for range n {
			inLayer(func() {})
		}
	}},
	{"read the clock", func(n int) {
		for range n {
			time.Now()
		}
	}},
	{"switch goroutines", func(n int) {
		a, b := make(chan int), make(chan int)
		go func() {
			for v := range a {
				b <- v
			}
		}()
		for i := range n / 2 {
			a <- i
			<-b
		}
		close(a)
	}},
	{"allocate 64 bytes", func(n int) {
		for range n {
			sink = make([]byte, 64)
		}
	}},
	{"touch a new page", func(n int) {
		p := make([]byte, n*pageSize)
		for i := 0; i < len(p); i += pageSize {
			p[i] = 1
		}
		sink = p
	}},
}

var sink []byte

var benchCommand = monitor.Command{
	Name: "bench", Usage: "[gc|wake [N]]", Group: "kernel",
	Help:     "measure what the kernel itself costs, in TSC ticks a time; gc: stops of the world; wake: wake-ups across processors",
	Complete: func([]string) []string { return []string{"gc", "wake"} },
	Run: func(c *monitor.Context, args []string) error {
		n := 200
		if len(args) == 2 {
			var err error
			if n, err = strconv.Atoi(args[1]); err != nil || n < 1 || n > maxBenchRounds {
				return monitor.BadInput("N is 1 to %d, not %q", maxBenchRounds, args[1])
			}
		}
		switch {
		case len(args) == 0:
			benchAll(c)
		case len(args) > 2 || args[0] != "gc" && args[0] != "wake":
			return monitor.BadInput("want gc or wake, and a number")
		case args[0] == "gc":
			benchGC(c, n)
		default:
			benchWake(c, n)
		}
		return nil
	},
}

const maxBenchRounds = 1_000_000

func benchAll(c *monitor.Context) {
	const n = 2000
	for _, b := range benchmarks {
		b.run(n / 10)
		start := amd64.RDTSC()
		b.run(n)
		c.Printf("%-20s %8d\n", b.name, (amd64.RDTSC()-start)/n)
	}
	sink = nil
}
