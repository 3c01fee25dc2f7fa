package amd64

// GS base points at the data of the processor that runs, in which package
// thread keeps these 64-bit words for the engines' assembly: offsets in bytes.
const (
	// PerCPUSelf holds the address of the data itself.
	PerCPUSelf = 0
	// PerCPUFSBase holds FS base as the host uses it at the moment.
	PerCPUFSBase = 48
	// PerCPUEngine is the engine's own, 0 until it is enabled.
	PerCPUEngine = 64
	// PerCPUFPUOwner is the engine's too: the address of the XSAVE area of
	// the guest whose x87 and AVX state the processor holds, 0 if nobody's.
	PerCPUFPUOwner = 72
	// PerCPUGeneration is the engine's as well: the generation of address
	// space identifiers for which the processor's TLB has been flushed.
	PerCPUGeneration = 80
)
