//go:build boot

package test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/ringo-vmm/ringo/internal/emu"
)

// TestEveryWayIn boots the images that users get, in each way and on each
// kind of machine, to the monitor's prompt, and powers off at the keyboard.
func TestEveryWayIn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		o    emu.Options
	}{
		{"multiboot 1, q35", emu.Options{Machine: "qemu-svm", Boot: emu.BootKernel}},
		{"multiboot 1, pc", emu.Options{Machine: "qemu-svm-pc", Boot: emu.BootKernel}},
		{"PVH, q35", emu.Options{Machine: "qemu-svm", Boot: emu.BootPVH}},
		{"PVH, pc", emu.Options{Machine: "qemu-svm-pc", Boot: emu.BootPVH}},
		{"CD, BIOS", emu.Options{Machine: "qemu-svm", Boot: emu.BootISO, Image: hybridISO}},
		{"CD, BIOS, pc", emu.Options{Machine: "qemu-svm-pc", Boot: emu.BootISO, Image: hybridISO}},
		{"USB stick, BIOS", emu.Options{Machine: "qemu-svm", Boot: emu.BootUSB, Image: hybridISO}},
		{"network, BIOS", emu.Options{Machine: "qemu-svm", Boot: emu.BootPXE, Image: pxeFolder}},
		{"CD, UEFI", emu.Options{Machine: "qemu-svm", Boot: emu.BootUEFI, Image: hybridISO}},
		{"USB stick, UEFI", emu.Options{Machine: "qemu-svm", Boot: emu.BootUEFIUSB, Image: hybridISO}},
		{"network, UEFI", emu.Options{Machine: "qemu-svm", Boot: emu.BootUEFIPXE, Image: pxeFolder}},
		{"CD, Bochs VMX", emu.Options{Machine: "bochs-vmx", Boot: emu.BootISO, Image: hybridISO}},
		{"CD, Bochs SVM", emu.Options{Machine: "bochs-svm", Boot: emu.BootISO, Image: hybridISO}},
	} {
		t.Run(c.name, func(t *testing.T) {
			boot(t, c.o).Expect(`ringo> `).Send("poweroff\n").Exit(emu.Stopped, 0)
		})
	}
}

// TestRunCommand is the tool itself on a real machine: text typed, text
// expected, exit status.
func TestRunCommand(t *testing.T) {
	out, err := exec.Command(ringoTool, "run", "-tamago", *tamago, "-config", "none", "-send", `help\n`, "-expect", `(?s)ringo> .*poweroff`).Output()
	if err != nil || !strings.Contains(string(out), "ringo> ") {
		t.Errorf("%v\n%s", err, out)
	}
}
