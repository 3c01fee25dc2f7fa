// Package fb is a text console on a linear framebuffer, as a boot loader
// describes it (Multiboot 1 §3.3, framebuffer fields; Multiboot 2 §3.6.12). It
// is what a machine without serial port and without VGA text shows.
//
// The text is a vga.Screen; this package draws its cells in pixels, with the
// Inconsolata face of golang.org/x/image made into one bit a pixel, and lines
// and blocks of its own. Draw shows a picture instead. The framebuffer is only
// ever written, because reading it is slow; map it write-combining.
//
// Package kernel is the caller. Everything here is pre-runtime code: it
// allocates nothing, and no loop is longer than a screen. No method locks; the
// caller lets one processor at a time in.
package fb
