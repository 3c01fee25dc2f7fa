//go:build !tamago

package vmx

// What is only there in ring 0; tests replace it.
var (
	run          = func(c *context) { panic("vmx: no guest can run here") }
	readLook     = func(c *context) {}
	readGuest    = func(c *context, n uint64) {}
	vmread       = func(c *context, f Field) uint64 { return 0 }
	vmwrite      = func(c *context, f Field, v uint64) {}
	hostNMI      = func() { panic("vmx: NMI") }
	machineCheck = func() { panic("vmx: machine check") }
)

func vmclear(pa uint64) {}

func saveFPU(area uint64) {}
