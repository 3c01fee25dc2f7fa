// Package queue is the device's side of a virtqueue, split or packed: it takes
// the buffers that the driver has made available and gives them back used. It
// follows the Virtual I/O Device (VIRTIO) specification 1.2 ("VIRTIO 1.2"),
// sections 2.6 to 2.8.
//
// The rings are in the guest's memory, and the guest may write them at any
// time. So each word is read once, every index and length is checked, and a
// ring that makes no sense breaks the queue: see Queue.Broken.
//
// A queue belongs to a device and is used with the device lock held.
package queue
