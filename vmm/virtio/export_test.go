package virtio

import "github.com/ringo-vmm/ringo/vmm/device"

// Legacy is the legacy registers of a device.
func Legacy(p *PCI) device.Ports { return (*legacy)(p) }
