package kvmpeer

import "fmt"

// HostReady is what the first program of MakeQEMU's RAM disk says before its shell.
const HostReady = "host: ready"

// HostCommandLine is the kernel's, as quick and quiet as can be.
const HostCommandLine = "console=ttyS0 quiet mitigations=off"

// guestDevices are the arguments for QEMU. The disk is Linux's own memory disk,
// without QEMU's host's page cache, by asynchronous requests, which ends each
// within the system call: there is no quicker back end. The network adapter's is in
// the kernel too.
const guestDevices = " -device virtio-net-pci,netdev=net,mac=%s,romfile= -netdev tap,id=net,ifname=%s,script=no,downscript=no,vhost=on"

const guestDisk = " -device virtio-blk-pci,drive=disk -drive if=none,id=disk,format=raw,file=/dev/ram0,cache=none,aio=native"

// Start is the command that starts a guest: it has a network adapter on the bridge
// with that address, and maybe the disk.
func Start(name, mac, cmdline string, disk bool) string {
	command := fmt.Sprintf("guest %s -append '%s'"+guestDevices, name, cmdline, mac, name)
	if disk {
		command += guestDisk
	}
	return command + "; until join " + name + "; do usleep 100000; done"
}

// Tell is the command that types a line at a guest's console.
func Tell(name, line string) string { return fmt.Sprintf("echo '%s' > /tmp/%s.in", line, name) }

// Exits is the command that tells how many exits all guests have had, as the
// monitor's stats does; Stop ends all guests, and waits until their taps are gone.
const (
	Exits = "exits"
	Stop  = "killall -9 qemu-system-x86_64 cat; rm -f /tmp/*; while ls /sys/class/net/*/tun_flags; do usleep 100000; done"
)
