// Package apic drives the interrupt controllers of the host: the local APIC
// of each processor with its timer and its inter-processor interrupts, the I/O
// APICs, and the two legacy 8259s, which it silences. Package kernel is its
// caller: it enables the local APIC on every processor, routes interrupts
// from the tables in the MADT, and ends interrupts.
//
// It follows Intel SDM vol. 3 ch. 11 (Advanced Programmable Interrupt
// Controller), AMD APM vol. 2 ch. 16, and the data sheets of the 82093AA
// (I/O APIC) and the 8259A.
//
// Everything here but the text of a dump is pre-runtime: it runs before the Go
// runtime has started and inside interrupt handlers, allocates nothing and
// takes no lock. A caller that starts this early hands over pointers to static
// register windows, since turning a plain amd64.Registers into an interface
// allocates.
package apic
