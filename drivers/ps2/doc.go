// Package ps2 drives the keyboard of a PC: the 8042 keyboard controller and the
// keyboard at its first port, or what firmware makes of a USB keyboard there. It
// follows the IBM Personal System/2 Hardware Interface Technical Reference,
// "Keyboard and Auxiliary Device Controller" and "Keyboards" (October 1990).
//
// Controller brings the hardware up and takes in scan codes; Keyboard turns
// those into the bytes that a terminal would send. Lamps are not lit, and a
// mouse is turned off.
//
// Package kernel is the caller. No loop is longer than a constant, and nothing
// allocates. No method locks.
package ps2
