// Package uart drives the serial ports of a PC: the 8250, the 16450 and the
// 16550 with its FIFOs, over I/O ports. It follows the National Semiconductor
// PC16550D data sheet (June 1995), whose sections the comments cite.
//
// Package kernel probes the four usual places, initialises what it finds, and
// writes its log there from the first instructions on. So every method is
// pre-runtime code: it allocates nothing, and no loop is longer than a
// constant. No method locks; the caller lets one processor at a time in.
package uart
