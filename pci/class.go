package pci

import "fmt"

// classes names base classes. PCI Code and ID Assignment Specification §1.1.
var classes = map[uint8]string{
	0x00: "old device", 0x01: "storage", 0x02: "network", 0x03: "display", 0x04: "multimedia",
	0x05: "memory", 0x06: "bridge", 0x07: "communication", 0x08: "system", 0x09: "input",
	0x0a: "docking station", 0x0b: "processor", 0x0c: "serial bus", 0x0d: "wireless",
	0x0f: "satellite", 0x10: "encryption", 0x11: "signal processing", 0x12: "accelerator",
	0x13: "instrumentation", 0xff: "unclassified",
}

// subclasses names subclasses: the class is in the upper byte. Same section.
var subclasses = map[uint16]string{
	0x0100: "SCSI", 0x0101: "IDE", 0x0102: "floppy", 0x0104: "RAID", 0x0105: "ATA",
	0x0106: "SATA", 0x0107: "SAS", 0x0108: "non-volatile memory",
	0x0200: "Ethernet", 0x0280: "network",
	0x0300: "VGA", 0x0302: "3D display", 0x0380: "display",
	0x0400: "video", 0x0401: "audio", 0x0403: "HD audio",
	0x0500: "RAM", 0x0501: "flash",
	0x0600: "host bridge", 0x0601: "ISA bridge", 0x0604: "PCI bridge", 0x0607: "CardBus bridge",
	0x0609: "PCI bridge", 0x0680: "bridge",
	0x0700: "serial port", 0x0701: "parallel port", 0x0780: "communication",
	0x0800: "PIC", 0x0801: "DMA", 0x0802: "timer", 0x0803: "RTC", 0x0805: "SD host", 0x0806: "IOMMU",
	0x0880: "system peripheral",
	0x0900: "keyboard", 0x0902: "mouse", 0x0980: "input",
	0x0c00: "FireWire", 0x0c03: "USB", 0x0c05: "SMBus",
	0x1000: "network encryption", 0x1080: "encryption",
}

// interfaces names programming interfaces: class, subclass, interface.
var interfaces = map[uint32]string{
	0x010601: "AHCI SATA", 0x010802: "NVMe",
	0x080010: "I/O APIC", 0x080020: "I/O APIC",
	0x0c0300: "UHCI USB", 0x0c0310: "OHCI USB", 0x0c0320: "EHCI USB", 0x0c0330: "xHCI USB",
}

// ClassName returns what kind of device a class, subclass and programming
// interface mean, the most particular name there is.
func ClassName(class, subclass, progIF uint8) string {
	key := uint16(class)<<8 | uint16(subclass)
	if name, ok := interfaces[uint32(key)<<8|uint32(progIF)]; ok {
		return name
	}
	if name, ok := subclasses[key]; ok {
		return name
	}
	if name, ok := classes[class]; ok {
		return fmt.Sprintf("%s (subclass %#02x)", name, subclass)
	}
	return fmt.Sprintf("class %#02x", class)
}
