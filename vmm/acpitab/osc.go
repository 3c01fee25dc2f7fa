package acpitab

import "github.com/ringo-vmm/ringo/vmm/acpitab/aml"

// uuidHostBridge is 33DB4D5B-1FF7-401C-9657-7441C03DD766, as a buffer has it:
// the interface by which a guest asks for the features of a PCI Express host
// bridge. PCI Firmware 3.3 §4.5.1; ACPI 6.4 §19.6.142 (ToUUID).
var uuidHostBridge = []byte{0x5b, 0x4d, 0xdb, 0x33, 0xf7, 0x1f, 0x1c, 0x40, 0x96, 0x57, 0x74, 0x41, 0xc0, 0x3d, 0xd7, 0x66}

// The first dword of what a guest asks and is told. ACPI 6.4 §6.2.11.1.
const (
	oscUnknown = 1 << 2 // no such interface
	oscMasked  = 1 << 4 // not all was granted
)

// oscGranted is the features that the guest gets control of: the capability
// structures. Hot plug, power management events and error reporting there are
// none. PCI Firmware 3.3 §4.5.1, table 4-6.
const oscGranted = 1 << 4

// osc is the method _OSC of a PCI Express host bridge. ACPI 6.4 §6.2.11.
func osc() []byte {
	const uuid, capabilities = 0, 3 // arguments
	status, control, granted := aml.Variable("CDW1"), aml.Variable("CDW3"), aml.Local(0)
	return aml.Code("_OSC", 4,
		aml.DWordField(aml.Arg(capabilities), 0, "CDW1"),
		aml.If(aml.Equal(aml.Arg(uuid), aml.Buffer(uuidHostBridge)),
			aml.DWordField(aml.Arg(capabilities), 8, "CDW3"),
			aml.And(control, aml.Integer(oscGranted), granted),
			aml.If(aml.Not(aml.Equal(control, granted)),
				aml.Or(status, aml.Integer(oscMasked), status)),
			aml.Store(granted, control)),
		aml.Else(aml.Or(status, aml.Integer(oscUnknown), status)),
		aml.Return(aml.Arg(capabilities)))
}
