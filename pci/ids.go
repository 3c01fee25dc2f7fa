package pci

// deviceNames names the devices that emulators have, vendor in the upper half.
var deviceNames = map[uint32]string{
	0x8086_1237: "Intel 440FX host bridge",
	0x8086_7000: "Intel PIIX3 ISA bridge",
	0x8086_7010: "Intel PIIX3 IDE",
	0x8086_7020: "Intel PIIX3 USB",
	0x8086_7113: "Intel PIIX4 power management",
	0x8086_29c0: "Intel Q35 host bridge",
	0x8086_2918: "Intel ICH9 LPC",
	0x8086_2922: "Intel ICH9 AHCI",
	0x8086_2930: "Intel ICH9 SMBus",
	0x8086_244e: "Intel 82801 PCI bridge",
	0x8086_2415: "Intel 82801AA audio",
	0x8086_2668: "Intel ICH6 HD audio",
	0x8086_293e: "Intel ICH9 HD audio",
	0x8086_100e: "Intel 82540EM (e1000)",
	0x8086_10d3: "Intel 82574L (e1000e)",
	0x8086_10c9: "Intel 82576 (igb)",
	0x8086_1209: "Intel 8255x",
	0x8086_25ab: "Intel 6300ESB watchdog",
	0x8086_5845: "QEMU NVMe",
	0x10ec_8029: "Realtek RTL8029 (ne2000)",
	0x10ec_8139: "Realtek RTL8139",
	0x1013_00b8: "Cirrus Logic GD5446",
	0x1274_5000: "Ensoniq ES1370",
	0x1000_0012: "LSI 53C895A",
	0x1033_0194: "NEC xHCI",
	0x1234_1111: "QEMU or Bochs standard VGA",
	0x15ad_0405: "VMware SVGA II",
	0x15ad_07b0: "VMware VMXNET3",
	0x1b36_0001: "QEMU PCI bridge",
	0x1b36_0002: "QEMU serial port",
	0x1b36_0005: "QEMU PCI test device",
	0x1b36_0008: "QEMU PCIe host bridge",
	0x1b36_0009: "QEMU PCI expander bridge",
	0x1b36_000b: "QEMU PCIe expander bridge",
	0x1b36_000c: "QEMU PCIe root port",
	0x1b36_000d: "QEMU xHCI",
	0x1b36_000e: "QEMU PCIe-to-PCI bridge",
	0x1b36_0010: "QEMU NVMe",
	0x1b36_0100: "QEMU QXL",
	0x1af4_1000: "virtio network (transitional)",
	0x1af4_1001: "virtio block (transitional)",
	0x1af4_1002: "virtio balloon (transitional)",
	0x1af4_1003: "virtio console (transitional)",
	0x1af4_1004: "virtio SCSI (transitional)",
	0x1af4_1005: "virtio entropy (transitional)",
	0x1af4_1009: "virtio 9P (transitional)",
	0x1af4_1041: "virtio network",
	0x1af4_1042: "virtio block",
	0x1af4_1043: "virtio console",
	0x1af4_1044: "virtio entropy",
	0x1af4_1045: "virtio balloon",
	0x1af4_1048: "virtio SCSI",
	0x1af4_1049: "virtio 9P",
	0x1af4_1050: "virtio GPU",
	0x1af4_1052: "virtio input",
	0x1af4_1053: "virtio socket",
	0x1af4_105a: "virtio file system",
	0x1af4_1110: "QEMU shared memory",
}

// vendorNames names the vendors of lab machines.
var vendorNames = map[uint16]string{
	0x1002: "AMD/ATI", 0x1022: "AMD", 0x102b: "Matrox", 0x10de: "NVIDIA", 0x10ec: "Realtek",
	0x1000: "Broadcom/LSI", 0x14e4: "Broadcom", 0x144d: "Samsung", 0x15b3: "Mellanox", 0x15b7: "SanDisk",
	0x1a03: "ASPEED", 0x1af4: "virtio", 0x1b21: "ASMedia", 0x1b36: "QEMU", 0x1c5c: "SK hynix",
	0x1d0f: "Amazon", 0x1344: "Micron", 0x8086: "Intel", 0x80ee: "VirtualBox",
}

// deviceName returns the name of a device, or of its vendor if the device is
// not in the table, or nothing.
func deviceName(vendor, device uint16) string {
	if name, ok := deviceNames[uint32(vendor)<<16|uint32(device)]; ok {
		return name
	}
	return vendorNames[vendor]
}
