//go:build tamago

// Package main is the Ringo kernel.
package main

import (
	"fmt"
	"runtime"
	"time"
)

func main() {
	fmt.Println("hello from Go", runtime.Version(), runtime.NumCPU())
	for i := range 3 {
		time.Sleep(10 * time.Millisecond)
		fmt.Println("tick", i)
	}
	runtime.GC()
	fmt.Println("gc done")
}
