package monitor

import (
	"runtime"
	"time"
)

// GC is the command gc, which collects garbage.
func GC() Command {
	return Command{
		Name:  "gc",
		Group: "runtime",
		Help:  "collect garbage and show the heap before and after",
		Run: func(c *Context, args []string) error {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			runtime.GC()
			runtime.ReadMemStats(&after)
			row := func(name string, before, after uint64) {
				c.Printf("%-14s%12d %12d\n", name, before, after)
			}
			c.Printf("%-14s%12s %12s\n", "", "before", "after")
			row("live bytes", before.HeapAlloc, after.HeapAlloc)
			row("live objects", before.HeapObjects, after.HeapObjects)
			row("heap bytes", before.HeapSys-before.HeapReleased, after.HeapSys-after.HeapReleased)
			row("all bytes", before.Sys, after.Sys)
			row("collections", uint64(before.NumGC), uint64(after.NumGC))
			last := after.PauseNs[(after.NumGC+uint32(len(after.PauseNs))-1)%uint32(len(after.PauseNs))]
			c.Printf("stopped the world for %v, %v since boot\n", time.Duration(last), time.Duration(after.PauseTotalNs))
			return nil
		},
	}
}
