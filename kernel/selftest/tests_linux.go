package selftest

import "time"

// linuxTests need what the stock Go runtime has on Linux and on the thread
// layer, and TamaGo's has not: panics for faults, threads, preemption, mmap.
var linuxTests = []Test{
	{Name: "faults", Help: "faults in Go code are panics that recover catches", Run: faults},
	{Name: "fault-storm", Help: "20,000 nil dereferences in 100 goroutines", Run: faultStorm},
	{Name: "zero", Help: "fresh and discarded pages read as zeros", Run: zero},
	{Name: "threads", Help: "50 goroutines locked to threads of their own", Run: threads, Default: time.Second},
	{Name: "spin", Help: "goroutines that spin starve none that ticks, and do not keep the world from stopping", Run: spin, Default: 2 * time.Second},
}
