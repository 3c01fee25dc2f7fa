//go:build !tamago

package svm

// run and machineCheck are only there in ring 0; tests replace them.
var (
	run          = func(c *context) { panic("svm: no guest can run here") }
	machineCheck = func() { panic("svm: machine check") }
)

// hostGeneration is the processor's, as a test has it.
var hostGeneration = new(uint64)

func flushedFor() *uint64 { return hostGeneration }

func saveFPU(area uint64) {}
