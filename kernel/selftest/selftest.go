// Package selftest is programs that try hard to break the ground the Go
// runtime stands on: threads, futexes, timers, signals, memory. The monitor's
// command selftest runs them on the machine itself, `go test` on Linux, where
// they must pass as well.
package selftest

import "time"

// Test is one program.
type Test struct {
	Name, Help string

	// Run returns what went wrong. A test that takes a duration runs about
	// that long; d is never 0.
	Run func(d time.Duration) error

	// Default is the duration without one asked for, 0 if the test takes none.
	Default time.Duration
}

// Tests are all tests, in the order in which they make sense.
var Tests = []Test{
	{Name: "faults", Help: "faults in Go code are panics that recover catches", Run: faults},
	{Name: "fault-storm", Help: "20,000 nil dereferences in 100 goroutines", Run: faultStorm},
	{Name: "zero", Help: "fresh and discarded pages read as zeros", Run: zero},
	{Name: "float", Help: "floating-point state survives preemption", Run: float, Default: time.Second},
	{Name: "goroutines", Help: "10,000 goroutines over channels, mutexes, timers and conditions", Run: goroutines},
	{Name: "threads", Help: "50 goroutines locked to threads of their own", Run: threads, Default: time.Second},
	{Name: "spin", Help: "goroutines that spin starve none that ticks, and do not keep the world from stopping", Run: spin, Default: 2 * time.Second},
	{Name: "timers", Help: "timers are accurate to 1 ms", Run: timers, Default: 2 * time.Second},
	{Name: "memory", Help: "checksummed allocation in a small heap, with constant collection", Run: memory, Default: 2 * time.Second},
	{Name: "events", Help: "thousands of sleeps and wake-ups lose none", Run: wakeups, Default: time.Second},
}
