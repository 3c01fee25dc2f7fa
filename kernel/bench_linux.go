//go:build tamago && linux

package main

import "runtime"

func init() {
	benchmarks = append(benchmarks, benchmark{"switch threads", func(n int) {
		a, b := make(chan int), make(chan int)
		go func() {
			runtime.LockOSThread()
			for v := range a {
				b <- v
			}
		}()
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for i := range n / 2 {
			a <- i
			<-b
		}
		close(a)
	}})
}
