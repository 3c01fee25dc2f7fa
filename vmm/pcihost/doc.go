// Package pcihost is a virtual machine's PCI bus 0: the host bridge with
// configuration mechanism 1 at the ports 0xCF8 to 0xCFF, the functions behind
// it with their configuration spaces, the wiring of their interrupt pins, and,
// if the machine has one, the ISA bridge that routes them.
//
// The machine makes a Host and registers it on its port bus at Port. A device
// makes a Function, gives it base address registers and capabilities, has it
// added to the Host, and uses it as its interrupt line. The package follows
// the PCI Local Bus Specification 3.0; the bridges are those of the 440FX
// chipset, 82441FX and 82371SB (PIIX3), as kernels and firmware know them.
package pcihost
