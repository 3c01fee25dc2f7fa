package media

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// grubModules are the parts of GRUB that the images carry. With all of them an
// image is four times as large. The part_ ones are what GRUB's EFI program
// looks for by itself when it starts from a disc.
const grubModules = "normal multiboot2 serial terminal all_video echo sleep test minicmd halt reboot search" +
	" iso9660 fat part_gpt part_msdos part_acorn part_amiga part_apple part_bsd part_dfly part_dvh part_plan part_sun part_sunpc"

// Forever as a number of seconds makes GRUB's menu wait for a key.
const Forever = -1

// menuEntry is a line of GRUB's menu.
type menuEntry struct{ Title, Args string }

// grubConfig is what iso/grub.cfg.tmpl is filled in with.
type grubConfig struct {
	Seconds int
	Entries []menuEntry
	Modules []grubModule
}

type grubModule struct{ Name, Args string }

// config writes the menu that starts c after the given number of seconds.
func (c Content) config(to string, seconds int) error {
	g := grubConfig{Seconds: seconds, Entries: []menuEntry{
		{"Ringo", grubWords(c.Append)},
		{"Ringo, verbose", grubWords(c.Append + " verbose")},
	}}
	for _, m := range c.Modules {
		g.Modules = append(g.Modules, grubModule{m.Name(), grubWords(m.Args)})
	}
	return fill(to, "grub.cfg.tmpl", g)
}

// grubWords quotes each word of a command line for GRUB's shell, in which
// some of the characters that Check lets through mean something.
func grubWords(s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		words[i] = "'" + w + "'"
	}
	return strings.Join(words, " ")
}

// ISO writes to the file out an image that starts c by GRUB and multiboot 2,
// on BIOS and on UEFI, from a disc or written as it is to a disk or a USB
// stick. GRUB's menu waits the given number of seconds.
func ISO(out string, c Content, seconds int) error {
	if err := c.Check(); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(filepath.Dir(out), ".iso-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	boot := filepath.Join(dir, "tree", "boot")
	if err := os.MkdirAll(filepath.Join(boot, "grub"), 0o777); err != nil {
		return err
	}
	if err := c.put(boot); err != nil {
		return err
	}
	if err := c.config(filepath.Join(boot, "grub", "grub.cfg"), seconds); err != nil {
		return err
	}
	image := filepath.Join(dir, "image.iso")
	err = run("grub-mkrescue", append(grubOptions(), "-o", image, filepath.Join(dir, "tree"), "--", "-volid", "RINGO")...)
	if err != nil {
		return err
	}
	return os.Rename(image, out)
}

// efi writes to the file out an EFI program that is GRUB with c inside it.
func efi(out string, c Content) error {
	dir, err := os.MkdirTemp(filepath.Dir(out), ".efi-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	menu := filepath.Join(dir, "grub.cfg")
	if err := c.config(menu, 0); err != nil {
		return err
	}
	if err := c.put(dir); err != nil {
		return err
	}
	image := filepath.Join(dir, "image.efi")
	args := append(grubOptions(), "-O", "x86_64-efi", "-o", image, "boot/grub/grub.cfg="+menu, "boot/ringo.elf="+filepath.Join(dir, "ringo.elf"))
	for _, m := range c.Modules {
		args = append(args, "boot/"+m.Name()+"="+filepath.Join(dir, m.Name()))
	}
	if err := run("grub-mkstandalone", args...); err != nil {
		return err
	}
	return os.Rename(image, out)
}

func grubOptions() []string {
	return []string{"--install-modules=" + grubModules, "--locales=", "--fonts=", "--themes="}
}

// Size is a file's length in words, for people.
func Size(name string) string {
	fi, err := os.Stat(name)
	if err != nil {
		return "no file"
	}
	return fmt.Sprintf("%.1f MiB", float64(fi.Size())/(1<<20))
}
