//go:build boot

package test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/ringo-vmm/ringo/internal/emu"
)

// complaint is what Linux says of firmware and devices that are not right.
var complaint = regexp.MustCompile(`(?m)^.*(ACPI Error|ACPI BIOS|Firmware Bug|MPTABLE:|BIOS bug|Call Trace|BUG:|nobody cared).*$`)

// systems are what a PC boots, and tests that do so on a kind of machine.
var systems = []struct {
	name string
	test func(t *testing.T, on string)
}{
	{"SeaBIOS without a disk", withoutADisk},
	{"U-Boot", uBoot},
	{"iPXE", iPXE},
	{"SYSLINUX from a floppy", syslinuxFromFloppy},
	{"GNU Mach", gnuMach},
	{"GNU Mach by GRUB, CD", gnuMachByGRUB(`boot = "cd"`, `cd = true`)},
	{"GNU Mach by GRUB, IDE disk", gnuMachByGRUB(`boot = "disk"`, `bus = "ide"`)},
	{"GNU Mach by GRUB, AHCI disk", gnuMachByGRUB(`boot = "disk"`, `bus = "ahci"`)},
	{"memtest86+", memtest(1, `Using: Core #0`)},
	{"memtest86+ on two processors", memtest(2, `Using: All Cores`)},
	{"Debian from a disk", debianFromDisk},
	{"Debian's installer", installer},
}

// boots runs the tests of all systems.
func boots(t *testing.T, on string) {
	for _, s := range systems {
		t.Run(s.name+", "+on, func(t *testing.T) {
			aside(t, on)
			s.test(t, on)
		})
	}
}

// What a PC boots comes up in a machine of Ringo's too.
func TestSystems(t *testing.T) {
	t.Parallel()
	boots(t, "qemu-svm")
}

// With Intel's VMX they do the same.
func TestSystemsWithVMX(t *testing.T) {
	t.Parallel()
	boots(t, "bochs-vmx")
}

// SeaBIOS finds the machine's devices, and nothing to boot from; its screen can be
// read in the monitor.
func withoutADisk(t *testing.T, on string) {
	c := boot(t, emu.Options{Machine: on, Modules: described(t, "../iso/bios.toml")}).Expect(`No bootable device`)
	c.Send(escape).Expect(monitor).Send("vm screen\n").Expect(`SeaBIOS \(version`).Expect(`Booting from Hard Disk`).Expect(`No bootable device`).Expect(`ringo> `)
	c.Send("vm destroy pc\n").Expect(`ringo> `)
	if m := guestMemory.FindStringSubmatch(used(c)); m != nil {
		t.Errorf("the guest still has %s", m[1])
	}
	c.Send("poweroff\n").Exit(emu.Stopped, 0)
}

// bootFile boots a file of the guests' in a machine with more keys.
func bootFile(t *testing.T, on, file, keys string) *console {
	t.Helper()
	return boot(t, emu.Options{Machine: on, Modules: machine(t, "memory = \"128M\"\n"+keys, "../build/guests/"+file)})
}

// powerOff ends a machine whose console shows a guest's.
func (c *console) powerOff() {
	c.Helper()
	c.Send(escape).Expect(monitor).Send("poweroff\n").Exit(emu.Stopped, 0)
}

// Firmware of another kind comes up to its prompt. It clears the microcode's
// revision, as one does on Intel's processors; on AMD's that faults.
func uBoot(t *testing.T, on string) {
	c := bootFile(t, on, "u-boot.rom", "firmware = \"u-boot.rom\"\nmsr.\"0x8b\" = 0")
	// Without a key it would look for disks, which takes it a minute of its time.
	c.Expect(`Hit any key to stop autoboot`).Send("\n").Expect(`=> `)
	c.Send("version\n").Expect(`U-Boot 20`).Expect(`=> `).powerOff()
}

func iPXE(t *testing.T, on string) {
	bootFile(t, on, "ipxe.lkrn", "kernel = \"ipxe.lkrn\"\nboot = \"linux16\"").Expect(`iPXE(?s).*Features`).powerOff()
}

// GNU Mach finds the machine's devices, and that nobody gave it a system to run.
func gnuMach(t *testing.T, on string) {
	bootFile(t, on, "gnumach", "kernel = \"gnumach\"\ncmdline = \"console=com0\"\nrestart = false").Expect(`GNU Mach 1\.8`).Expect(`panic .*bootstrap`).powerOff()
}

// gnuMachByGRUB is GNU Mach from a medium, which GRUB reads and starts it from by
// multiboot.
func gnuMachByGRUB(order, disk string) func(t *testing.T, on string) {
	return func(t *testing.T, on string) {
		iso := grubCD(t, "multiboot /boot/gnumach console=com0", map[string]string{"gnumach": "gnumach"})
		keys := "restart = false\n" + order + "\ndisk = [{ file = \"guest.iso\", " + disk + " }]"
		boot(t, emu.Options{Machine: on, MemMiB: 512, Modules: firmware(t, keys, iso)}).Expect(`GNU Mach 1\.8`).Expect(`panic .*bootstrap`).powerOff()
	}
}

// memtest is memtest86+, which finds processors by the ACPI tables. Its first tests
// find no error.
func memtest(cpus int, uses string) func(t *testing.T, on string) {
	return func(t *testing.T, on string) {
		keys := fmt.Sprintf("cpus = %d\nmemory = \"32M\"\nkernel = \"memtest.bin\"\ncmdline = \"console=ttyS0,115200\"\n", cpus)
		c := boot(t, emu.Options{Machine: on, Modules: machine(t, keys, "../build/guests/memtest.bin")})
		c.Expect(fmt.Sprintf(`CPU: %d Cores %d Threads`, cpus, cpus)).Expect(uses).Expect(`#[4-9] +\[`)
		if errors := regexp.MustCompile(`Errors: +[1-9]`).FindString(c.vm.Output()); errors != "" {
			t.Error(errors)
		}
		c.powerOff()
	}
}

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

// Debian comes up from its disk as on a PC.
func debianFromDisk(t *testing.T, on string) {
	debian(boot(t, emu.Options{Machine: on, MemMiB: 768, Modules: described(t, "../iso/debian.toml")}), `ata1\.00: ATA-\d: RINGO DISK`)
}

// debian comes up from a disk that its kernel reports as driver says: firmware,
// GRUB, the kernel, System V's init and a login; and what is done there ends up on
// the disk.
func debian(c *console, driver string) {
	c.Helper()
	c.Expect(`Booting from Hard Disk`).Expect(driver).Expect(`EXT4-fs \([sv]da1\): mounted`).Expect(`INIT: Entering runlevel: 2`).Expect(`Debian GNU/Linux 12 debian ttyS0`)
	c.Expect(`debian login: `).Send("root\n").Expect(`# `)
	c.Send("uname -a; cat /etc/debian_version\n").Expect(`Linux debian 6\.\d+.* x86_64 GNU/Linux\s+12\.\d+\s`).Expect(`# `)
	c.Send("echo $((6*7))ab > /root/kept; sync; echo 3 > /proc/sys/vm/drop_caches; cat /root/kept\n").Expect(`42ab`).Expect(`# `)
	c.Send("poweroff\n").Expect(`INIT: Switching to runlevel: 0`).Expect(`vm \w+: ended: powered off`).Expect(`ringo> `)
	if bad := complaint.FindString(c.vm.Output()); bad != "" {
		c.Error(bad)
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

// SYSLINUX comes up from a floppy, takes what is typed and starts memtest86+.
func syslinuxFromFloppy(t *testing.T, on string) {
	image := floppy(t, "PROMPT 1\nTIMEOUT 0\nDEFAULT nothing\nSAY A floppy disk.\nLABEL memory\nLINUX memtest.bin\nAPPEND console=ttyS0,115200\n", "memtest.bin")
	c := boot(t, emu.Options{Machine: on, Modules: firmware(t, `boot = "floppy"`+"\n"+`disk = [{ file = "floppy.img", bus = "floppy" }]`, image)})
	c.Expect(`Booting from Floppy`).Send(escape).Expect(monitor)
	onScreen(c, `A floppy disk\.\s+boot:`)
	c.Send("vm attach pc\n").Expect(`\[pc`).Send("absent\nmemory\n").Expect(`(?i)memtest86\+ v\d`).powerOff()
}

// Debian's installer for 32-bit processors asks its first question.
func installer(t *testing.T, on string) {
	keys := "memory = \"512M\"\nkernel = \"installer-linux\"\ninitrd = \"installer-initrd.gz\"\ncmdline = \"console=ttyS0 cryptomgr.notests\"\n"
	c := boot(t, emu.Options{Machine: on, MemMiB: 1152, Modules: machine(t, keys, "../build/guests/installer-linux", "../build/guests/installer-initrd.gz")})
	c.Expect(`Linux version \S+-686 `).Expect(`(Select|Choose) (a )?language`).powerOff()
}
