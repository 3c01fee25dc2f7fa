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

	// Named tells that the test runs only when it is asked for by name.
	Named bool
}

// Tests are all tests, in the order in which they make sense.
var Tests = append(linuxTests, []Test{
	{Name: "float", Help: "floating-point state survives preemption", Run: float, Default: time.Second},
	{Name: "goroutines", Help: "10,000 goroutines over channels, mutexes, timers and conditions", Run: goroutines},
	{Name: "timers", Help: "timers are accurate to 1 ms", Run: timers, Default: 2 * time.Second},
	{Name: "memory", Help: "checksummed allocation in a small heap, with constant collection", Run: memory, Default: 2 * time.Second},
	{Name: "events", Help: "thousands of sleeps and wake-ups lose none", Run: wakeups, Default: time.Second},
	{Name: "alloc-storm", Help: "checksummed allocation in 64 goroutines, a collection every few ms", Run: allocStorm, Default: stormTime, Named: true},
	{Name: "goroutines-10k", Help: "goroutines, over and over", Run: manyGoroutines, Default: stormTime, Named: true},
	{Name: "locked-256", Help: "256 goroutines locked to threads of their own, and collections", Run: lockedStorm, Default: stormTime, Named: true},
	{Name: "storm", Help: "these three at once", Run: storm, Default: stormTime, Named: true},
}...)
