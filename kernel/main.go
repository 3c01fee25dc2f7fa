//go:build tamago

// Package main is the Ringo kernel: the order in which the machine is brought
// up, and the wiring between the packages that do it.
package main

import (
	"fmt"
	"runtime"
	"time"
)

func main() {
	fmt.Println("hello from Go", runtime.Version(), runtime.NumCPU(), time.Now())
	for i := range 3 {
		time.Sleep(10 * time.Millisecond)
		fmt.Println("tick", i)
	}
	runtime.GC()
	fmt.Println("gc done")
}
