package e1000

// intel is the vendor's PCI id.
const intel = 0x8086

// family is what adapters have in common that the driver has to know.
type family uint8

const (
	// pciX are the 82540 and 82545, on PCI and PCI-X.
	pciX family = iota
	// pcie are the 82574 and 82583, on PCI Express.
	pcie
	// chipset are the ports of chipsets up to the 9 series. The firmware's
	// management engine may share the PHY, which is left as it is.
	chipset
	// chipsetNoReset are the ports of later chipsets, which may hang when
	// they are reset with descriptors in their rings, as boot firmware leaves
	// them (I219 specification update).
	chipsetNoReset
)

// Model is a kind of adapter.
type Model struct {
	Name   string
	family family
}

// models are the adapters by PCI device id.
var models = map[uint16]Model{
	0x100e: {"82540EM", pciX}, 0x100f: {"82545EM", pciX},
	0x10d3: {"82574L", pcie}, 0x10f6: {"82574LA", pcie}, 0x150c: {"82583V", pcie},

	0x1502: {"82579LM", chipset}, 0x1503: {"82579V", chipset},
	0x153a: {"I217-LM", chipset}, 0x153b: {"I217-V", chipset},
	0x155a: {"I218-LM", chipset}, 0x1559: {"I218-V", chipset}, 0x15a0: {"I218-LM", chipset},
	0x15a1: {"I218-V", chipset}, 0x15a2: {"I218-LM", chipset}, 0x15a3: {"I218-V", chipset},

	0x156f: {"I219-LM", chipsetNoReset}, 0x1570: {"I219-V", chipsetNoReset}, 0x15b7: {"I219-LM", chipsetNoReset},
	0x15b8: {"I219-V", chipsetNoReset}, 0x15b9: {"I219-LM", chipsetNoReset}, 0x15d7: {"I219-LM", chipsetNoReset},
	0x15d8: {"I219-V", chipsetNoReset}, 0x15e3: {"I219-LM", chipsetNoReset}, 0x15d6: {"I219-V", chipsetNoReset},
	0x15bd: {"I219-LM", chipsetNoReset}, 0x15be: {"I219-V", chipsetNoReset}, 0x15bb: {"I219-LM", chipsetNoReset},
	0x15bc: {"I219-V", chipsetNoReset}, 0x15df: {"I219-LM", chipsetNoReset}, 0x15e0: {"I219-V", chipsetNoReset},
	0x15e1: {"I219-LM", chipsetNoReset}, 0x15e2: {"I219-V", chipsetNoReset}, 0x0d4e: {"I219-LM", chipsetNoReset},
	0x0d4f: {"I219-V", chipsetNoReset}, 0x0d4c: {"I219-LM", chipsetNoReset}, 0x0d4d: {"I219-V", chipsetNoReset},
	0x0d53: {"I219-LM", chipsetNoReset}, 0x0d55: {"I219-V", chipsetNoReset}, 0x15fb: {"I219-LM", chipsetNoReset},
	0x15fc: {"I219-V", chipsetNoReset}, 0x15f9: {"I219-LM", chipsetNoReset}, 0x15fa: {"I219-V", chipsetNoReset},
	0x15f4: {"I219-LM", chipsetNoReset}, 0x15f5: {"I219-V", chipsetNoReset},
}

// Find is the model with a PCI vendor and device id; ok is false if this
// package does not drive it.
func Find(vendor, device uint16) (m Model, ok bool) {
	if vendor != intel {
		return Model{}, false
	}
	m, ok = models[device]
	return m, ok
}
