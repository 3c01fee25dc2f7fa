//go:build boot

package test

import (
	"crypto/md5"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"testing"

	"github.com/ringo-vmm/ringo/internal/bench/ioguest"
	"github.com/ringo-vmm/ringo/internal/cpio"
	"github.com/ringo-vmm/ringo/internal/emu"
)

// powerDaemon has a guest switch itself off when its power button is pressed, by
// busybox's acpid: it runs a program that is named after the event.
const powerDaemon = `for m in /button.ko /evdev.ko; do insmod $m; done
mkdir -p /etc/acpi/PWRF /var/log /var/run; printf '#!/bin/sh\nsync; poweroff -f\n' > /etc/acpi/PWRF/00000080; chmod +x /etc/acpi/PWRF/00000080
acpid
`

// powerDrivers are what it needs of the kernel's modules, as an archive that
// follows another initial RAM disk. They are in the package that the kernel came
// in.
func powerDrivers(t *testing.T) []byte {
	t.Helper()
	debs, err := filepath.Glob("../build/guests/packages/linux-image-*-amd64_*.deb")
	if err != nil {
		t.Fatal(err)
	}
	var w cpio.Writer
	for _, module := range []string{"drivers/acpi/button.ko", "drivers/input/evdev.ko"} {
		var data []byte
		for _, deb := range debs {
			if cloud, _ := filepath.Match("linux-image-*-cloud-*", filepath.Base(deb)); cloud {
				continue
			}
			data, err = exec.Command("sh", "-c", `dpkg-deb --fsys-tarfile "$0" | tar -xO --wildcards "*/kernel/$1"`, deb, module).Output()
		}
		if err != nil || len(data) == 0 {
			t.Fatalf("no module %s in %q: %v", module, debs, err)
		}
		w.File(path.Base(module), 0o644, data)
	}
	return w.End()
}

// fromGuests is a path as it is from the folder of the guests' files.
func fromGuests(t *testing.T, to string) string {
	t.Helper()
	guests, err := filepath.EvalSymlinks("../build/guests")
	if err == nil {
		guests, err = filepath.Abs(guests)
	}
	if err == nil {
		to, err = filepath.Rel(guests, to)
	}
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// Debian's kernel on a q35 uses configuration space as memory, and a disk at
// AHCI that interrupts by messages, whether Ringo starts it or SeaBIOS and GRUB
// do from that disk. The power button switches it off.
func TestLinuxOnAQ35(t *testing.T) {
	t.Parallel()
	const cmdline = "console=ttyS0 disks=1"
	direct := diskMachine(t, ioguest.Generic, "disks=1", powerDrivers(t), "")
	disk := grubCD(t, "linux /boot/linux "+cmdline+"\ninitrd /boot/initrd", map[string]string{"linux": "vmlinuz-generic", "initrd": fromGuests(t, direct[1].Path)})
	b, err := os.ReadFile(disk)
	if err != nil {
		t.Fatal(err)
	}
	const mib = 1 << 20
	keys := "machine = \"q35\"\ncpus = 2\n" + `disk = [{ file = "` + filepath.Base(disk) + `", bus = "ahci" }]` + "\n"
	for _, s := range []struct{ name, keys, expect string }{
		// The second serial line is found by the ACPI tables.
		{"loaded", "serial = [{ port = 2, to = \"log\" }]\nkernel = \"vmlinuz-generic\"\ninitrd = \"disks.cpio\"\ncmdline = \"" + cmdline + "\"\n", `MMCONFIG at \[mem 0xe0000000-0xefffffff\] reserved in E820(?s).*00:\w\w: ttyS1 at I/O 0x2f8 \(irq = 3`},
		{"SeaBIOS and GRUB", "boot = \"disk\"\n", `MMCONFIG at \[mem 0xb0000000-0xbfffffff\] reserved in E820`},
	} {
		t.Run(s.name, func(t *testing.T) {
			modules := firmware(t, keys+s.keys, disk)
			if s.name == "loaded" {
				modules = machine(t, "memory = \"192M\"\n"+keys+s.keys, disk, direct[1].Path, "../build/guests/vmlinuz-generic")
			}
			c := boot(t, emu.Options{MemMiB: 768, Modules: modules}).Expect(s.expect)
			c.ExpectWithin(slowTime, disksPrompt)
			c.Send("head -c 1048576 /dev/sda | md5sum\n").Expect(fmt.Sprintf("%x", md5.Sum(b[:mib]))).Expect(disksPrompt)
			c.Send("grep PCI-MSI /proc/interrupts\n").Expect(` ahci\[0000:00:1f\.2\]`).Expect(disksPrompt)
			c.Send(powerDaemon + "pidof acpid\n").Expect(`\n\d+\s`).Expect(disksPrompt)
			if bad := complaint.FindString(c.vm.Output()); bad != "" {
				t.Error(bad)
			}
			c.Send(escape).Expect(monitor).Send("vm power pc; vm wait pc 60\n").Expect(`ended: powered off`).Expect(`ringo> `)
			c.Send("poweroff\n").Exit(emu.Stopped, 0)
		})
	}
}

// Debian's disk boots from AHCI and from virtio as well, on a q35 as on the older
// board.
func TestDebianFromOtherDisks(t *testing.T) {
	t.Parallel()
	for _, s := range []struct{ bus, board, driver string }{
		{"ahci", "q35", `ata\d\.00: ATA-\d+: RINGO DISK`},
		{"virtio", "pc", `virtio_blk virtio\d: \[vda\]`},
	} {
		t.Run(s.bus+", "+s.board, func(t *testing.T) {
			keys := fmt.Sprintf("machine = %q\nboot = \"disk\"\ndisk = [{ file = \"debian.img\", bus = %q }]\n", s.board, s.bus)
			debian(boot(t, emu.Options{MemMiB: 768, Modules: firmware(t, keys, "../build/guests/debian.img")}), s.driver)
		})
	}
}

// The machine that is shipped has an address on the network by either adapter,
// of which virtio's interrupts by messages.
func TestShippedQ35(t *testing.T) {
	t.Parallel()
	c := boot(t, emu.Options{MemMiB: 768, Modules: described(t, "../iso/q35.toml")}).Expect(`Brought up 1 node, 2 CPUs`)
	c.Expect(`MMCONFIG at \[mem 0xe0000000-0xefffffff\] reserved in E820`).Expect(`net: eth0 is 10\.77`).Expect(`net: eth1 is 10\.77`).Expect(busybox)
	c.Send("grep PCI /proc/interrupts\n").Expect(`PCI-MSI.* virtio0-input`).Expect(busybox)
	c.Send(escape).Expect(monitor).Send("vm destroy q35; poweroff\n").Exit(emu.Stopped, 0)
}
