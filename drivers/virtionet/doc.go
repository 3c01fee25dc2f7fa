// Package virtionet drives virtio network adapters on PCI, of which emulators
// and clouds have one: modern and transitional devices, with one split queue
// each way, and no offloads. It follows VIRTIO 1.2 (V below).
//
// Package kernel is the caller. See docs/uplink.md.
package virtionet
