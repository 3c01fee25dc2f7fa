// Package vga is the text console of a VGA adapter: 80 columns by 25 rows of
// character cells in a window of memory, and a cursor in the CRT controller.
// It follows the IBM PS/2 Hardware Interface Technical Reference, "Video
// Subsystem" (October 1990), whose register names the comments use.
//
// The cells themselves, the cursor, control characters and control sequences
// are Grid, a terminal. Screen has two of them, the kernel's and a guest's, of
// which one shows. Package fb draws a Screen on a framebuffer.
//
// Package kernel is the caller. Everything here is pre-runtime code: it
// allocates nothing, and no loop is longer than a screen. No method locks; the
// caller lets one processor at a time in.
package vga
