// Package guests has the micro-guests: programs of a few dozen instructions,
// one a file, that run in a virtual machine without an operating system and
// each exercise one thing. They are written with package asm. A guest prints a
// line for each thing it checks, and ends the machine.
//
// The tests of the hypervisor run them; with the build tag boot this package's
// own test runs them on QEMU without any hypervisor, which shows that what they
// expect is what a PC does.
//
// A guest may count on the platform of a PC: two 8259s, the 8254 and port 61h,
// COM1, an MC146818, the local APIC and an I/O APIC, the ACPI power management
// registers at port 600h, and on two ports of hypervisors and emulators: what
// it writes to E9h appears on the console, and a code written to F4h ends the
// machine.
//
// docs/guests.md shows how one is made. guest.go is what a guest is, prelude.go
// and the files that begin so are what its code can use.
package guests
