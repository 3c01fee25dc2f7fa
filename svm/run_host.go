//go:build !tamago

package svm

// run is only there in ring 0; tests replace it.
var run = func(c *context) { panic("svm: no guest can run here") }

func dropFPU(area uint64) {}

func saveFPU(area uint64) {}
