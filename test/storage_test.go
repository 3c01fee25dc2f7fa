//go:build boot

package test

import (
	"crypto/md5"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/internal/bench/ioguest"
	"github.com/ringo-vmm/ringo/internal/cpio"
	"github.com/ringo-vmm/ringo/internal/elfdeps"
	"github.com/ringo-vmm/ringo/internal/emu"
	"github.com/ringo-vmm/ringo/internal/guestos"
	"github.com/ringo-vmm/ringo/internal/media"
)

var fileMiB = flag.Int("file", 0, "how many MiB TestVirtioDevicesTogether writes at least")

var kills = flag.Int("kills", 3, "how often TestKillsLoseNoFlush destroys a machine that writes")

// disksPrompt is the shell's of the guest with disks.
const disksPrompt = `/ # `

// diskMachine is a machine with one of Debian's kernels, drivers for disks, more
// words for its command line, more files for its initial RAM disk, and more keys.
func diskMachine(t *testing.T, kernel, cmdline string, more []byte, keys string, files ...string) []media.Module {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	made, err := ioguest.Make(guestos.Store{Root: root, Log: os.Stderr}, kernel)
	if err != nil {
		t.Fatal(err)
	}
	all, err := os.ReadFile(made)
	if err != nil {
		t.Fatal(err)
	}
	initrd := filepath.Join(t.TempDir(), "disks.cpio")
	if err := os.WriteFile(initrd, append(all, more...), 0o600); err != nil {
		t.Fatal(err)
	}
	keys = fmt.Sprintf("memory = \"256M\"\nkernel = \"vmlinuz-%s\"\ninitrd = \"disks.cpio\"\ncmdline = \"console=ttyS0 quiet %s\"\n", kernel, cmdline) + keys
	return machine(t, keys, append(files, initrd, "../build/guests/vmlinuz-"+kernel)...)
}

// journalMiB is more than mke2fs makes the journal of a small file system.
const journalMiB = 24

// fileSystem is an image with an empty ext4 file system of so many MiB.
func fileSystem(t *testing.T, mib int) string {
	t.Helper()
	image := filepath.Join(t.TempDir(), "ext4.img")
	if out, err := exec.Command("/sbin/mke2fs", "-q", "-F", "-t", "ext4", "-m", "0", image, fmt.Sprint(mib, "M")).CombinedOutput(); err != nil {
		t.Fatalf("mke2fs: %v\n%s", err, out)
	}
	return image
}

// compact makes a qcow2 image of a raw one.
func compact(t *testing.T, image string) string {
	t.Helper()
	small := strings.TrimSuffix(image, ".img") + ".qcow2"
	if out, err := exec.Command("qemu-img", "convert", "-O", "qcow2", image, small).CombinedOutput(); err != nil {
		t.Fatalf("qemu-img: %v\n%s", err, out)
	}
	return small
}

// fsck is Debian's e2fsck with its libraries, as an archive that follows another
// initial RAM disk.
func fsck(t *testing.T) []byte {
	t.Helper()
	const program = "/sbin/e2fsck"
	libraries, err := elfdeps.Of(program, elfdeps.Folders)
	if err != nil {
		t.Fatal(err)
	}
	var w cpio.Writer
	for _, dir := range []string{"lib", "lib64", "lib/x86_64-linux-gnu"} {
		w.Dir(dir, 0o755)
	}
	add := func(from, to string) {
		b, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		w.File(strings.TrimPrefix(to, "/"), 0o755, b)
	}
	add(program, "bin/e2fsck")
	for _, library := range libraries {
		add(library, library)
	}
	return w.End()
}

// virtioKeys are those of a machine with all of virtio's devices: a disk of a file
// and a mode, a network adapter, a console that is the machine's, entropy and a
// balloon. COM1 is left to Ringo's log.
const virtioKeys = `rng = true
balloon = true
virtio = %q
[[vm.disk]]
file = %q
bus = "virtio"
mode = %q
[[vm.net]]
[[vm.serial]]
bus = "virtio"
`

// getAddress has the guest of disks ask for an address, by busybox's DHCP client.
const getAddress = `ip link set eth0 up
printf '#!/bin/sh\n[ $1 != bound ] || ip addr add $ip/$mask dev eth0\n' > /tmp/dhcp; chmod +x /tmp/dhcp
udhcpc -q -n -i eth0 -s /tmp/dhcp
`

// Debian's kernel for clouds uses virtio's disk, network adapter, console and
// entropy source together, at PCI and at ACPI's addresses, with either vendor's
// extension; a file outlives the guest's reboot. The shell is on the virtio
// console. On Bochs 256 MiB take minutes alone, so it has less except in a soak, and the
// disk as a qcow2 image, which its firmware has soon read.
func TestVirtioDevicesTogether(t *testing.T) {
	t.Parallel()
	const pci, mmio = `PCI-MSI.* virtio\d-req\.0`, `IO-APIC.* virtio\d`
	for _, s := range []struct {
		machine, virtio, interrupts string
		qcow2                       bool
		mib                         int
	}{
		{"qemu-svm", "pci", pci, false, 256},
		{"qemu-svm", "mmio", mmio, true, 16},
		{"bochs-vmx", "pci", pci, true, 32},
		{"bochs-vmx", "mmio", mmio, true, 16},
	} {
		t.Run(s.machine+", "+s.virtio, func(t *testing.T) {
			aside(t, s.machine)
			mib := max(s.mib, *fileMiB)
			image, mode := fileSystem(t, mib+mib/8+journalMiB), "write"
			if s.qcow2 {
				image, mode = compact(t, image), "overlay"
			}
			keys := fmt.Sprintf(virtioKeys, s.virtio, filepath.Base(image), mode)
			modules := diskMachine(t, ioguest.Cloud, "console=hvc0 disks=1", nil, keys, image)
			c := boot(t, emu.Options{Machine: s.machine, MemMiB: 512 + 2*mib, Modules: modules})
			c.ExpectWithin(slowTime, disksPrompt)
			c.Send("cat /sys/class/tty/console/active; tty\n").Expect(`\n/dev/hvc0\s`).Expect(disksPrompt)
			c.Send("cat /sys/block/vda/serial; grep virtio /proc/interrupts\n").Expect(`RINGO0`).Expect(s.interrupts).Expect(disksPrompt)
			c.Send("cat /sys/class/misc/hw_random/rng_current; head -c 64 /dev/hwrng | wc -c\n").Expect(`virtio_rng\.\d`).Expect(`\n64\s`).Expect(disksPrompt)
			c.Send(getAddress + "ping -c 1 10.77.0.1\n").Expect(`1 packets received`).Expect(disksPrompt)
			start := time.Now()
			c.Send(fmt.Sprintf("mount /dev/vda /mnt; head -c 1048576 /dev/urandom > /tmp/s; for i in $(seq %d); do cat /tmp/s; done > /mnt/f\n", mib)).Expect(disksPrompt)
			c.Send("umount /mnt; mount /dev/vda /mnt; md5sum /mnt/f\n")
			want := c.Match(`\n([0-9a-f]{32}) `)[1]
			t.Logf("%d MiB written and read in %v", mib, time.Since(start).Round(time.Second))
			c.Expect(disksPrompt).Send("umount /mnt; reboot -f\n")
			c.ExpectWithin(slowTime, disksPrompt)
			c.Send("mount /dev/vda /mnt; ls -l /mnt/f; md5sum /mnt/f\n").Expect(fmt.Sprintf(` %d .*/mnt/f`, mib<<20))
			if got := c.Match(`\n([0-9a-f]{32}) `)[1]; got != want {
				t.Errorf("the file is %s, was %s", got, want)
			}
			c.Expect(disksPrompt).Send(escape).Expect(monitor)
			c.Send("disk\n").Expect(`pc +1 virtio +` + mode + ` .* 0  ext4\.`).Expect(`ringo> `)
			c.Send("poweroff\n").Exit(emu.Stopped, 0)
		})
	}
}

// IDE, AHCI and virtio show the same image; what is written at one changes
// neither the image nor what others see, and goes back to a snapshot while the
// machine runs.
func TestCopyOnWriteAndSnapshots(t *testing.T) {
	t.Parallel()
	const mib = 4
	image := filepath.Join(t.TempDir(), "same.img")
	content := make([]byte, mib<<20)
	rng := rand.NewChaCha8([32]byte{1})
	rng.Read(content)
	if err := os.WriteFile(image, content, 0o600); err != nil {
		t.Fatal(err)
	}
	was := fmt.Sprintf("%x", md5.Sum(content))
	keys := ""
	for _, bus := range []string{"ide", "ahci", "virtio"} {
		keys += fmt.Sprintf("[[vm.disk]]\nfile = \"same.img\"\nbus = %q\n", bus)
	}
	c := boot(t, emu.Options{MemMiB: 768, Modules: diskMachine(t, ioguest.Generic, "disks=3", nil, keys, image)}).Expect(`busybox: ready`).Expect(disksPrompt)
	// sums are those of the disks, read around the page cache: of IDE and AHCI
	// in the order in which Linux finds them, then of virtio.
	sums := func() (ata [2]string, virtio string) {
		c.Helper()
		c.Send("for d in sda sdb vda; do dd if=/dev/$d bs=64k iflag=direct 2>/dev/null | md5sum; done\n")
		m := c.Match(`(?s)\n([0-9a-f]{32}) .*?\n([0-9a-f]{32}) .*?\n([0-9a-f]{32}) `)
		c.Expect(disksPrompt)
		return [2]string{m[1], m[2]}, m[3]
	}
	// monitored runs a command of the monitor, and comes back. The last lines of
	// the console are shown again then.
	times := 0
	monitored := func(command, says string) {
		c.Helper()
		c.Send(escape).Expect(monitor).Send(command + "\n").Expect(says).Expect(`ringo> `)
		times++
		c.Send("vm attach pc\n").Expect(`\[pc`).Send(fmt.Sprintf("echo $((%d*1000)) back\n", times))
		c.Expect(fmt.Sprintf(`\n%d000 back`, times)).Expect(disksPrompt)
	}
	others := [2]string{was, was}
	if ata, virtio := sums(); ata != others || virtio != was {
		t.Errorf("IDE and AHCI %s, virtio %s, want %s", ata, virtio, was)
	}
	change := func() string {
		c.Helper()
		c.Send("dd if=/dev/urandom of=/dev/vda bs=4k seek=33 count=100 oflag=direct 2>/dev/null\n").Expect(disksPrompt)
		ata, virtio := sums()
		if ata != others {
			t.Errorf("a write at virtio shows at IDE or AHCI: %s", ata)
		}
		return virtio
	}
	first := change()
	monitored("disk snapshot pc 3", `snapshot 1`)
	if second := change(); first == was || second == first {
		t.Errorf("the disk is %s, %s and %s", was, first, second)
	}
	monitored("disk revert pc 3", `as at snapshot 1`)
	if _, got := sums(); got != first {
		t.Errorf("back at the snapshot it is %s, was %s", got, first)
	}
	monitored("disk commit pc 3", `pc uses same\.img too`)
	monitored("disk discard pc 3", `discarded`)
	if _, got := sums(); got != was {
		t.Errorf("after all is discarded it is %s, was %s", got, was)
	}
	c.Send(escape).Expect(monitor).Send("poweroff\n").Exit(emu.Stopped, 0)
}

// A machine that writes to a file system is destroyed again and again. Each time
// the journal alone makes the file system whole, and what the guest was told
// to be on the disk is there.
// Two machines of one processor each do half of it side by side.
func TestKillsLoseNoFlush(t *testing.T) {
	t.Parallel()
	for _, times := range []int{(*kills + 1) / 2, *kills / 2} {
		t.Run(fmt.Sprintf("%d kills", times), func(t *testing.T) {
			t.Parallel()
			killsLoseNoFlush(t, times)
		})
	}
}

// killsLoseNoFlush destroys a machine so many times.
func killsLoseNoFlush(t *testing.T, kills int) {
	keys := "[[vm.disk]]\nfile = \"ext4.img\"\nbus = \"virtio\"\nmode = \"write\"\n"
	c := boot(t, emu.Options{MemMiB: 768, Modules: diskMachine(t, ioguest.Cloud, "disks=1", fsck(t), keys, fileSystem(t, 64))})
	const count = `acked (\d+)\.`
	acked, replayed := 0, 0
	c.Expect(`busybox: ready`).Expect(disksPrompt)
	for i := range kills + 1 {
		c.Send("e2fsck -p /dev/vda; echo replay $?.\n")
		m := c.Match(`(?s)\n(.*)\nreplay (\d+)\.`)
		if strings.Contains(m[1], "recovering journal") {
			replayed++
		}
		// 1 is that it has repaired something, which the journal does not count as.
		if m[2] != "0" {
			t.Errorf("after %d kills e2fsck -p says %s", i, m[0])
		}
		c.Expect(disksPrompt).Send("e2fsck -fn /dev/vda; echo check $?.\n")
		if m := c.Match(`(?s)\n(.*)\ncheck (\d+)\.`); m[2] != "0" {
			t.Fatalf("after %d kills e2fsck -fn says %s", i, m[0])
		}
		c.Expect(disksPrompt).Send("mount /dev/vda /mnt; n=$(($(cat /mnt/count 2>/dev/null)+0)); echo found $n.\n")
		found, _ := strconv.Atoi(c.Match(`\nfound (\d+)\.`)[1])
		if found < acked {
			t.Fatalf("after %d kills there are %d of %d flushes", i, found, acked)
		}
		c.Expect(disksPrompt)
		if i == kills {
			break
		}
		c.Send("(while :; do for i in 1 2 3 4 5; do cp /bin/busybox /mnt/f$i; mkdir /mnt/d$i; rm -rf /mnt/f$((i%3)) /mnt/d$((i%3)); done; done) 2>/dev/null &\n").Expect(disksPrompt)
		c.Send("while :; do n=$((n+1)); printf '%10d' $n | dd of=/mnt/count conv=notrunc,fsync 2>/dev/null; echo acked $n.; done\n")
		for range 5 + i%7 {
			c.Expect(count)
		}
		c.Send(escape).Expect(monitor).Send("vm destroy pc\n").Expect(`ringo> `)
		c.Send("vm console pc 12\n")
		for _, m := range regexp.MustCompile(count).FindAllStringSubmatch(c.Match(`(?s)acked(.*)ringo> `)[0], -1) {
			n, _ := strconv.Atoi(m[1])
			acked = max(acked, n)
		}
		// What the machine said before it was destroyed is shown again first.
		c.Send("vm start pc; vm attach pc\n").Expect(`\[pc`).Expect(fmt.Sprintf(`acked %d\.(?s).*busybox: ready.*`, acked) + disksPrompt)
	}
	t.Logf("%d kills, %d journals replayed, %d flushes", kills, replayed, acked)
	if replayed != kills {
		t.Errorf("%d of %d kills left a journal to replay", replayed, kills)
	}
	c.Send(escape).Expect(monitor).Send("poweroff\n").Exit(emu.Stopped, 0)
}
