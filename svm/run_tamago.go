//go:build tamago

package svm

// run enters the guest and returns when it exits. Interrupts must be on: a
// pending one ends the guest's run and is taken on the way back.
//
//go:noescape
func run(c *context)

// flushedFor is the generation of address space identifiers for which this
// processor's TLB has been flushed. The goroutine stays on the processor.
func flushedFor() *uint64

// vmsave stores this processor's segment state that #VMEXIT does not restore
// in the page at host-physical address pa. APM vol. 2 §15.5.2.
func vmsave(pa uint64)

// saveFPU puts a guest's x87 and AVX state in its XSAVE area, if this processor
// holds it, and lets go of it. It runs with interrupts off, on a processor that
// has XSAVE.
func saveFPU(area uint64)

// machineCheck raises #MC in the host, whose handler it is for.
func machineCheck()
