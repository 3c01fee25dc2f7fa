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
var Tests = append(linuxTests, []Test{
	{Name: "float", Help: "floating-point state survives preemption", Run: float, Default: time.Second},
	{Name: "goroutines", Help: "10,000 goroutines over channels, mutexes, timers and conditions", Run: goroutines},
	{Name: "timers", Help: "timers are accurate to 1 ms", Run: timers, Default: 2 * time.Second},
	{Name: "memory", Help: "checksummed allocation in a small heap, with constant collection", Run: memory, Default: 2 * time.Second},
	{Name: "events", Help: "thousands of sleeps and wake-ups lose none", Run: wakeups, Default: time.Second},
}...)
