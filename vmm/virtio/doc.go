// Package virtio is what all virtio devices of a virtual machine have in
// common, by the Virtual I/O Device (VIRTIO) specification 1.2 ("VIRTIO 1.2"):
// feature negotiation, device status and the registers of the two transports,
// PCI (modern and legacy) and MMIO.
//
//	driver <-> PCI or MMIO registers <-> Core <-> Device (blk, net, ...)
//	       <-> rings in memory       <-> package queue
//
// A device type is a package below this one. The machine makes a device, gives
// it to NewPCI or NewMMIO, and puts what they return on its buses.
//
// When the machine ends, it resets its devices, with the device lock held, before
// its memory goes away.
//
// A driver that lies breaks its device: the status says so, a line in the log
// says why, and nothing happens until the driver resets it.
package virtio
