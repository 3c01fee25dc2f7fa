//go:build !tamago

package svm

// run and machineCheck are only there in ring 0; tests replace them.
var (
	run          = func(c *context) { panic("svm: no guest can run here") }
	machineCheck = func() { panic("svm: machine check") }
)

func dropFPU(area uint64) {}

func saveFPU(area uint64) {}
