// Package emulate executes in software one instruction of a guest that the
// processor could not: one whose memory operand turned out to be a device, or
// a string instruction on an I/O port. It also tells how long instructions
// are, for processors that do not.
//
// An Emulator belongs to one virtual processor. It fetches the instruction,
// decodes it, and keeps the decoded form in a small cache, valid while the bytes in the guest's memory and the page-table
// entries that lead to them stay the same. The plain moves to and from devices
// allocate nothing and cost a few dozen instructions.
//
// What it cannot execute is an error that names the bytes. It follows the AMD
// Architecture Programmer's Manual (APM) vol. 3 ch. 1 to 3 and App. A, and the
// Intel Software Developer's Manual (SDM) vol. 2.
package emulate
