// Package pci is the host's PCI: access to configuration space through the
// ports 0xCF8 and 0xCFC or through ECAM, the search for devices, their base
// address registers (BARs) and capabilities, and their message-signalled
// interrupts. Package kernel scans once at boot; the monitor lists what was
// found, and host drivers take their Device from there.
//
// It follows the PCI Local Bus Specification 3.0 and the PCI Express Base
// Specification. What a device says about itself is checked before it is
// used: a scan of any configuration space ends, and reports what is wrong.
package pci
