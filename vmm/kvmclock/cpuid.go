package kvmclock

// Leaf is what a CPUID function of the hypervisor's range gives.
type Leaf struct {
	Function           uint32
	EAX, EBX, ECX, EDX uint32
}

// Features in EAX of function 0x40000001.
const (
	featureClock       = 1 << 0  // the old MSRs
	featureNoDelay     = 1 << 1  // port accesses need no delay after them
	featureClock2      = 1 << 3  // the new MSRs
	featureClockStable = 1 << 24 // flagStable can be trusted
)

const (
	functionSignature = 0x40000000
	functionFeatures  = 0x40000001
)

// Leaves is the CPUID of a machine with this clock, for a processor that has
// the hypervisor bit, function 1's ECX bit 31. The signature in EBX, ECX and
// EDX is "KVMKVMKVM\0\0\0".
var Leaves = [...]Leaf{
	{functionSignature, functionFeatures, 0x4b4d564b, 0x564b4d56, 0x0000004d},
	{functionFeatures, featureClock | featureNoDelay | featureClock2 | featureClockStable, 0, 0, 0},
}
