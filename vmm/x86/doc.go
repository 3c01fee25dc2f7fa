// Package x86 is the guest's view of its processor: registers and segments in
// a form that no engine owns, the mode they add up to, and what an address
// means in that mode, through segmentation and the guest's page tables.
//
// The engines fill a State; the instruction emulator, the loaders, the monitor
// and the post-mortem read it. It follows the AMD Architecture Programmer's
// Manual (APM) vol. 2 ch. 3 to 5 and 8, and where Intel differs the Intel
// Software Developer's Manual (SDM) vol. 3 ch. 2 to 4.
package x86
