//go:build boot

package test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/ringo-vmm/ringo/internal/emu"
	"github.com/ringo-vmm/ringo/internal/media"
	"github.com/ringo-vmm/ringo/vmm/config"
)

// SeaBIOS finds the machine's devices, and nothing to boot from, with either
// engine; its screen can be read in the monitor.
func TestFirmwareWithoutADisk(t *testing.T) {
	for _, machine := range []string{"qemu-svm", "bochs-vmx"} {
		t.Run(machine, func(t *testing.T) {
			c := boot(t, emu.Options{Machine: machine, Modules: described(t, "../iso/bios.toml")}).Expect(`No bootable device`)
			c.Send(escape).Expect(monitor).Send("vm screen\n").Expect(`SeaBIOS \(version`).Expect(`Booting from Hard Disk`).Expect(`No bootable device`).Expect(`ringo> `)
			c.Send("vm destroy pc\n").Expect(`ringo> `)
			if m := guestMemory.FindStringSubmatch(used(c)); m != nil {
				t.Errorf("the guest still has %s", m[1])
			}
			c.Send("poweroff\n").Exit(emu.Stopped, 0)
		})
	}
}

// firmware is a machine with SeaBIOS and more keys, and its boot modules. Two of
// the same name are one.
func firmware(t *testing.T, keys string, files ...string) []media.Module {
	t.Helper()
	text := fmt.Sprintf("[[vm]]\nname = \"pc\"\nmemory = \"128M\"\nfirmware = \"bios-256k.bin\"\nvgabios = \"vgabios-stdvga.bin\"\n%s\n", keys)
	path := filepath.Join(t.TempDir(), config.ModuleName)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	modules := []media.Module{{Path: path}}
	for _, f := range append(files, "../build/guests/bios-256k.bin", "../build/guests/vgabios-stdvga.bin") {
		modules = append(modules, media.Module{Path: f})
	}
	return modules
}

// GRUB comes up from a CD and from a disk, and starts Ringo, which stands in a
// guest as on a machine.
func TestGRUBFromCDAndDisk(t *testing.T) {
	for name, keys := range map[string]string{
		"CD":   `boot = "cd,disk"` + "\n" + `disk = [{ file = "ringo.iso", cd = true }]`,
		"disk": `boot = "disk,cd"` + "\n" + `disk = [{ file = "ringo.iso" }]`,
	} {
		t.Run(name, func(t *testing.T) {
			c := boot(t, emu.Options{MemMiB: 512, Modules: firmware(t, keys, hybridISO)}).Expect(`SeaBIOS`).Expect(`boot: multiboot 2 by GRUB`).Expect(`ringo> `)
			c.Send("version\n").Expect(`go1\.`).Expect(`ringo> `)
			c.Send(escape).Expect(monitor).Send("vm destroy pc; poweroff\n").Exit(emu.Stopped, 0)
		})
	}
}
