//go:build boot

package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/ringo-vmm/ringo/internal/emu"
)

// complaint is what Linux says of firmware and devices that are not right.
var complaint = regexp.MustCompile(`(?m)^.*(ACPI Error|ACPI BIOS|Firmware Bug|MPTABLE:|BIOS bug|Call Trace|BUG:|nobody cared).*$`)

// grubCD is a CD that starts what the menu's entry says, with files in /boot
// by the names of the guests' files that they are.
func grubCD(t *testing.T, entry string, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	tree := filepath.Join(dir, "tree", "boot", "grub")
	if err := os.MkdirAll(tree, 0o700); err != nil {
		t.Fatal(err)
	}
	menu := "serial --unit=0 --speed=115200\nterminal_output serial\nset timeout=0\nmenuentry guest {\n" + entry + "\n}\n"
	if err := os.WriteFile(filepath.Join(tree, "grub.cfg"), []byte(menu), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, from := range files {
		b, err := os.ReadFile("../build/guests/" + from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "tree", "boot", name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	iso := filepath.Join(dir, "guest.iso")
	if out, err := exec.Command("grub-mkrescue", "-o", iso, filepath.Join(dir, "tree")).CombinedOutput(); err != nil {
		t.Fatalf("grub-mkrescue: %v\n%s", err, out)
	}
	return iso
}

// Debian comes up from its disk as on a PC: firmware, GRUB, the kernel, System
// V's init and a login; and what is done there ends up on the disk.
func TestDebianFromDisk(t *testing.T) {
	c := boot(t, emu.Options{MemMiB: 768, Modules: described(t, "../iso/debian.toml")})
	c.Expect(`Booting from Hard Disk`).Expect(`ata1\.00: ATA-\d: RINGO DISK`).Expect(`EXT4-fs \(sda1\): mounted`).Expect(`INIT: Entering runlevel: 2`).Expect(`Debian GNU/Linux 12 debian ttyS0`)
	c.Expect(`debian login: `).Send("root\n").Expect(`# `)
	c.Send("uname -a; cat /etc/debian_version\n").Expect(`Linux debian 6\.\d+.* x86_64 GNU/Linux\s+12\.\d+\s`).Expect(`# `)
	c.Send("echo $((6*7))ab > /root/kept; sync; echo 3 > /proc/sys/vm/drop_caches; cat /root/kept\n").Expect(`42ab`).Expect(`# `)
	c.Send("poweroff\n").Expect(`INIT: Switching to runlevel: 0`).Expect(`vm debian: ended: powered off`).Expect(`ringo> `)
	if bad := complaint.FindString(c.vm.Output()); bad != "" {
		t.Error(bad)
	}
	c.Send("poweroff\n").Exit(emu.Stopped, 0)
}

// floppy is a floppy disk that SYSLINUX boots, with the given files beside its
// menu.
func floppy(t *testing.T, menu string, files ...string) string {
	t.Helper()
	const size = 1474560
	dir := t.TempDir()
	image, config := filepath.Join(dir, "floppy.img"), filepath.Join(dir, "syslinux.cfg")
	for name, b := range map[string][]byte{image: make([]byte, size), config: []byte(menu)} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	steps := [][]string{{"mformat", "-i", image, "-f", "1440", "::"}, {"syslinux", "--install", image}, {"mcopy", "-i", image, config, "::"}}
	for _, f := range files {
		steps = append(steps, []string{"mcopy", "-i", image, "../build/guests/" + f, "::"})
	}
	for _, s := range steps {
		if out, err := exec.Command(s[0], s[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", s[0], err, out)
		}
	}
	return image
}

// SYSLINUX comes up from a floppy, takes what is typed and starts memtest86+,
// with either engine.
func TestSYSLINUXFromFloppy(t *testing.T) {
	image := floppy(t, "PROMPT 1\nTIMEOUT 0\nDEFAULT nothing\nSAY A floppy disk.\nLABEL memory\nLINUX memtest.bin\nAPPEND console=ttyS0,115200\n", "memtest.bin")
	for _, machine := range []string{"qemu-svm", "bochs-vmx"} {
		t.Run(machine, func(t *testing.T) {
			c := boot(t, emu.Options{Machine: machine, Modules: firmware(t, `boot = "floppy"`+"\n"+`disk = [{ file = "floppy.img", bus = "floppy" }]`, image)})
			c.Expect(`Booting from Floppy`).Send(escape).Expect(monitor)
			onScreen(c, `A floppy disk\.\s+boot:`)
			c.Send("vm attach pc\n").Expect(`\[pc`).Send("absent\nmemory\n").Expect(`(?i)memtest86\+ v\d`)
			c.Send(escape).Expect(monitor).Send("poweroff\n").Exit(emu.Stopped, 0)
		})
	}
}

// GNU Mach, whom GRUB starts by multiboot, finds the machine's devices, and
// that nobody gave it a system to run.
func TestGNUMachByGRUB(t *testing.T) {
	iso := grubCD(t, "multiboot /boot/gnumach console=com0", map[string]string{"gnumach": "gnumach"})
	c := boot(t, emu.Options{MemMiB: 512, Modules: firmware(t, "restart = false\nboot = \"cd\"\n"+`disk = [{ file = "guest.iso", cd = true }]`, iso)})
	c.Expect(`GNU Mach 1\.8`).Expect(`panic .*bootstrap`)
	c.Send(escape).Expect(monitor).Send("poweroff\n").Exit(emu.Stopped, 0)
}

// memtest86+ finds two processors by the ACPI tables, and both test.
func TestMemtestOnTwoProcessors(t *testing.T) {
	keys := "cpus = 2\nmemory = \"32M\"\nkernel = \"memtest.bin\"\ncmdline = \"console=ttyS0,115200\"\n"
	c := boot(t, emu.Options{Modules: machine(t, keys, "../build/guests/memtest.bin")})
	c.Expect(`CPU: 2 Cores 2 Threads`).Expect(`Using: All Cores`)
	c.Send(escape).Expect(monitor).Send("poweroff\n").Exit(emu.Stopped, 0)
}

// Debian's installer for 32-bit processors asks its first question.
func TestInstallerAsksForALanguage(t *testing.T) {
	keys := "memory = \"512M\"\nkernel = \"installer-linux\"\ninitrd = \"installer-initrd.gz\"\ncmdline = \"console=ttyS0\"\n"
	c := boot(t, emu.Options{MemMiB: 1152, Modules: machine(t, keys, "../build/guests/installer-linux", "../build/guests/installer-initrd.gz")})
	c.Expect(`Linux version \S+-686 `).Expect(`(Select|Choose) (a )?language`)
	c.Send(escape).Expect(monitor).Send("poweroff\n").Exit(emu.Stopped, 0)
}
