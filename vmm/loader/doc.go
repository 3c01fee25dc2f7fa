// Package loader puts a kernel and its modules into a virtual machine's memory
// and returns the state in which the first processor is to start: what a boot
// loader does on a PC. The formats are Linux bzImage, entered in 64-bit,
// 32-bit or real mode; PVH ELF; multiboot 1, as ELF or by address fields; plain
// ELF; and flat binaries.
//
// Whoever builds the machine calls Load, after the ACPI tables are in memory.
// The package follows the Linux/x86 boot protocol
// (Documentation/arch/x86/boot.rst and zero-page.rst), the Xen x86/HVM direct
// boot ABI (docs/misc/pvh), the Multiboot Specification 0.6.96 and the System V
// ABI's chapter 4 (ELF).
//
// An image may be anything: every offset and size in it is checked, and what
// is wrong is an Error of one line with the key of the configuration that it is
// about.
package loader
