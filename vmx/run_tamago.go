//go:build tamago

package vmx

// run enters the guest and returns when it exits. Interrupts must be on: one
// that ended the guest's run is taken on the way back.
//
//go:noescape
func run(c *context)

// readLook and readGuest fill context.look, and n words of context.guest from
// the first on.
//
//go:noescape
func readLook(c *context)

//go:noescape
func readGuest(c *context, n uint64)

// vmread and vmwrite reach one field of the guest's VMCS.
//
//go:noescape
func vmread(c *context, f Field) uint64

//go:noescape
func vmwrite(c *context, f Field, v uint64)

// vmclear makes a VMCS not loaded anywhere. It runs with interrupts off.
func vmclear(pa uint64)

// saveFPU puts what the processor holds for a guest in its XSAVE area, if it is
// this guest's, and lets go of it. It runs with interrupts off.
func saveFPU(area uint64)

// hostNMI and machineCheck raise in the host what ended the guest's run: their
// exits take the event away from the processor.
func hostNMI()
func machineCheck()

// makeCurrent, writeDirty and switchFPU are parts of run. They have their
// arguments in registers: Go cannot call them.
func makeCurrent()
func writeDirty()
func switchFPU()
