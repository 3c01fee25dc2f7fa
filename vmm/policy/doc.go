// Package policy says what a guest sees of its processor: the answers of CPUID
// and the model-specific registers, as tables.
//
// A CPUID is made once for each virtual processor, from the host's answers, a
// table of what is passed on, and the virtual machine's configuration; after
// that an answer is a look-up. MSRs belong to one virtual processor too; what
// the engine, the local APIC or the clock keep is handed to them.
//
// It follows the Intel Software Developer's Manual (SDM) vol. 2 "CPUID" and
// vol. 4 ch. 2, and the AMD Architecture Programmer's Manual (APM) vol. 3 App. E
// and vol. 2 App. A.
package policy
