package media

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// program puts a shell script of that name into PATH, alone.
func program(t *testing.T, name, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script), 0o777); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":/usr/bin:/bin")
}

func TestCheckRefusesWhatALoaderWouldChange(t *testing.T) {
	for _, c := range []struct {
		name    string
		content Content
		err     string
	}{
		{"plain words", Content{Append: "log=debug console=com1,115200 mem=1-2"}, ""},
		{"quotes", Content{Append: `a="b c"`}, "command line"},
		{"a dollar", Content{Append: "a=$b"}, "command line"},
		{"a line of its own", Content{Append: "a\nreboot"}, "command line"},
		{"a module", Content{Modules: []Module{{"/x/linux-6.1", "guest=a"}}}, ""},
		{"module arguments", Content{Modules: []Module{{"/x/a", "b;c"}}}, "arguments"},
		{"a module's name", Content{Modules: []Module{{"/x/a b", ""}}}, "letters, digits"},
		{"a name that is an option", Content{Modules: []Module{{"/x/-o", ""}}}, "letters, digits"},
		{"two modules of a name", Content{Modules: []Module{{"/x/a", ""}, {"/y/a", ""}}}, "two files"},
		{"a module named as the kernel", Content{Modules: []Module{{"/x/ringo.elf", ""}}}, "two files"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.content.Check()
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("Check: %v, want error with %q", err, c.err)
			}
		})
	}
}

func TestGRUBMenuHasAnEntryForNormalAndVerbose(t *testing.T) {
	out := filepath.Join(t.TempDir(), "grub.cfg")
	c := Content{Append: "log=debug  idle=~a", Modules: []Module{{"/x/vms.toml", ""}, {"/y/linux", "a *"}}}
	if err := c.config(out, 3); err != nil {
		t.Fatal(err)
	}
	got := readFile(t, out)
	const modules = "\n\tmodule2 /boot/vms.toml vms.toml \n\tmodule2 /boot/linux linux 'a' '*'\n}\n"
	for _, want := range []string{
		"set timeout=3\n",
		"menuentry 'Ringo' {\n\tmultiboot2 /boot/ringo.elf 'log=debug' 'idle=~a'" + modules,
		"menuentry 'Ringo, verbose' {\n\tmultiboot2 /boot/ringo.elf 'log=debug' 'idle=~a' 'verbose'" + modules,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestISOKeepsTheOldImageWhenGRUBFails(t *testing.T) {
	dir := t.TempDir()
	elf := writeFile(t, filepath.Join(dir, "k.elf"), "kernel")
	out := writeFile(t, filepath.Join(dir, "ringo.iso"), "old")
	program(t, "grub-mkrescue", "echo first; for i in 2 3 4 5; do echo $i; done; echo no xorriso >&2; exit 3\n")
	err := ISO(out, Content{ELF: elf}, 0)
	if err == nil || !strings.Contains(err.Error(), "exit status 3") || !strings.HasSuffix(err.Error(), "no xorriso") || strings.Contains(err.Error(), "first") {
		t.Errorf("ISO: %v, want the exit status and the last five lines", err)
	}
	if got := readFile(t, out); got != "old" {
		t.Errorf("the image became %q", got)
	}
	if left, _ := os.ReadDir(dir); len(left) != 2 {
		t.Errorf("left behind: %v", left)
	}
}

func TestISOHandsGRUBTheKernelItsModulesAndTheMenu(t *testing.T) {
	dir := t.TempDir()
	c := Content{
		ELF:     writeFile(t, filepath.Join(dir, "k.elf"), "kernel"),
		Modules: []Module{{Path: writeFile(t, filepath.Join(dir, "m/vms.toml"), "module")}},
	}
	// The fake image is what the tree holds.
	program(t, "grub-mkrescue", `
while [ "$1" != -o ]; do shift; done
out=$2; cd "$3" && cat boot/ringo.elf boot/vms.toml boot/grub/grub.cfg >"$out"`)
	out := filepath.Join(dir, "ringo.iso")
	if err := ISO(out, c, Forever); err != nil {
		t.Fatal(err)
	}
	got := readFile(t, out)
	if !strings.HasPrefix(got, "kernelmodule") || !strings.Contains(got, "set timeout=-1\n") {
		t.Errorf("image is %q", got)
	}
}

func TestPXEFolderIsWhatAServerNeeds(t *testing.T) {
	dir := t.TempDir()
	c := Content{
		ELF:     writeFile(t, filepath.Join(dir, "k.elf"), "kernel"),
		Append:  "log=debug",
		Modules: []Module{{writeFile(t, filepath.Join(dir, "vms.toml"), "module"), "x=1"}},
	}
	program(t, "grub-mkstandalone", `
for a in "$@"; do case "$a" in boot/*) echo "${a%%=*}";; esac; done >list
while [ "$1" != -o ]; do shift; done
mv list "$2"`)
	t.Chdir(t.TempDir())
	pxe := filepath.Join(dir, "pxe")
	if err := PXE(pxe, c); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"ringo.elf":    "kernel",
		"vms.toml":     "module",
		"boot.ipxe":    "\nkernel ringo.elf log=debug\nmodule vms.toml vms.toml x=1\nboot\n",
		"ringo.efi":    "boot/grub/grub.cfg\nboot/ringo.elf\nboot/vms.toml\n",
		"dnsmasq.conf": "dhcp-boot=tag:uefi,ringo.efi\n",
		"README.txt":   "TFTP",
	} {
		if got := readFile(t, filepath.Join(pxe, name)); !strings.Contains(got, want) {
			t.Errorf("%s: no %q in %q", name, want, got)
		}
	}
	if got := readFile(t, filepath.Join(pxe, "boot.ipxe")); !strings.HasPrefix(got, "#!ipxe\n") {
		t.Errorf("boot.ipxe starts with %q", got[:10])
	}
}
