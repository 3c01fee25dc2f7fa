//go:build boot

package test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/internal/emu"
	"github.com/ringo-vmm/ringo/internal/media"
	"github.com/ringo-vmm/ringo/vmm/config"
)

// machine is a machine that has the keys, and its boot modules. Two of the same
// name are one.
func machine(t *testing.T, keys string, files ...string) []media.Module {
	t.Helper()
	path := filepath.Join(t.TempDir(), config.ModuleName)
	if err := os.WriteFile(path, []byte("[[vm]]\nname = \"pc\"\n"+keys+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	modules := []media.Module{{Path: path}}
	for _, f := range files {
		modules = append(modules, media.Module{Path: f})
	}
	return modules
}

// firmware is a machine with SeaBIOS and more keys, and its boot modules.
func firmware(t *testing.T, keys string, files ...string) []media.Module {
	t.Helper()
	keys = "memory = \"192M\"\nfirmware = \"bios-256k.bin\"\nvgabios = \"vgabios-stdvga.bin\"\n" + keys
	return machine(t, keys, append(files, "../build/guests/bios-256k.bin", "../build/guests/vgabios-stdvga.bin")...)
}

// GRUB comes up from a CD and from a disk, and starts Ringo, which stands in a
// guest as on a machine.
func TestGRUBFromCDAndDisk(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string]string{
		"CD":        `boot = "cd,disk"` + "\n" + `disk = [{ file = "ringo.iso", cd = true }]`,
		"disk":      `boot = "disk,cd"` + "\n" + `disk = [{ file = "ringo.iso" }]`,
		"AHCI disk": `boot = "disk"` + "\n" + `disk = [{ file = "ringo.iso", bus = "ahci" }]`,
		"AHCI CD":   `boot = "cd"` + "\n" + `disk = [{ file = "ringo.iso", bus = "ahci", cd = true }]`,
	} {
		t.Run(name, func(t *testing.T) {
			c := boot(t, emu.Options{MemMiB: 512, Modules: firmware(t, keys, hybridISO)}).Expect(`SeaBIOS`).Expect(`boot: multiboot 2 by GRUB`).Expect(`ringo> `)
			c.Send("version\n").Expect(`go1\.`).Expect(`ringo> `)
			c.Send(escape).Expect(monitor).Send("vm destroy pc; poweroff\n").Exit(emu.Stopped, 0)
		})
	}
}

// bootSector reads a sector of the last track by INT 13h, and prints the text
// in it by INT 10h.
var bootSector = []byte{
	0x31, 0xc0, // xor ax, ax
	0x8e, 0xd8, // mov ds, ax
	0x8e, 0xc0, // mov es, ax
	0xb8, 0x01, 0x02, // mov ax, 0201h: read one sector
	0xbb, 0x00, 0x7e, // mov bx, 7e00h
	0xb9, 0x02, 0x4f, // mov cx, 4f02h: cylinder 79, sector 2
	0xb6, 0x01, // mov dh, 1
	0xcd, 0x13, // int 13h
	0xbe, 0x00, 0x7e, // mov si, 7e00h
	0xac,       // next: lodsb
	0x84, 0xc0, // test al, al
	0x74, 0x09, // jz stop
	0xb4, 0x0e, // mov ah, 0eh
	0xbb, 0x07, 0x00, // mov bx, 7
	0xcd, 0x10, // int 10h
	0xeb, 0xf2, // jmp next
	0xf4,       // stop: hlt
	0xeb, 0xfd, // jmp stop
}

// A floppy boots, and BIOS calls reach its last track.
func TestFloppyBoots(t *testing.T) {
	const size, sectorSize, sector = 1474560, 512, (79*2+1)*18 + 1
	image := make([]byte, size)
	copy(image, bootSector)
	copy(image[sectorSize-2:], []byte{0x55, 0xaa})
	copy(image[sector*sectorSize:], "this is the last track\x00")
	path := filepath.Join(t.TempDir(), "floppy.img")
	if err := os.WriteFile(path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	c := boot(t, emu.Options{Modules: firmware(t, `boot = "floppy"`+"\n"+`disk = [{ file = "floppy.img", bus = "floppy" }]`, path)})
	c.Expect(`Booting from Floppy`).Expect(`this is the last track`)
	c.Send(escape).Expect(monitor).Send("poweroff\n").Exit(emu.Stopped, 0)
}

// onScreen waits until the text on the machine's display matches. The terminal
// is the monitor's.
func onScreen(c *console, expr string) {
	c.Helper()
	re := regexp.MustCompile(expr)
	text := ""
	for deadline := time.Now().Add(c.wait); time.Now().Before(deadline); {
		// What is typed may come back with lines of the log in between.
		before := len(c.vm.Output())
		c.Send("vm screen\n").Expect(`ringo> `)
		if text = strings.ReplaceAll(c.vm.Output()[before:], "\r\n", "\n"); re.MatchString(text) {
			return
		}
	}
	c.Fatalf("no %q on the display:\n%s", expr, text)
}

// The display is shown on the terminal, and what is typed there are keys: GRUB
// takes a command line, and shows what it answers.
func TestDisplayAndKeyboard(t *testing.T) {
	c := boot(t, emu.Options{MemMiB: 512, Modules: firmware(t, "boot = \"cd\"\n"+`disk = [{ file = "ringo.iso", cd = true }]`, hybridISO)})
	c.Expect(`SeaBIOS`).Send(escape).Expect(monitor)
	typeAt := func(keys string) {
		c.Send("vm display pc\n").Expect(`\[pc; Ctrl-\] leads to the monitor and back\]`).Send(keys + escape).Expect(monitor)
	}
	onScreen(c, `executed automatically`)
	typeAt("c")
	onScreen(c, `grub>`)
	typeAt("echo Hello, $root: 6*7\n")
	onScreen(c, `(?m)^grub> echo Hello, \$root: 6\*7\s+^Hello, \S+: 6\*7`)
	// The display is drawn anew for whoever comes to it.
	c.Send("vm display pc\n").Expect(`Hello,`).Send(escape).Expect(monitor)
	c.Send("vm destroy pc; poweroff\n").Exit(emu.Stopped, 0)
}
