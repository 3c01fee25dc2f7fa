// Package media makes what a machine boots Ringo from: the hybrid ISO for
// discs and USB sticks (iso.go), the folder of a network boot server (pxe.go),
// and a written and verified USB stick (usb.go). cmd/ringo and the boot tests
// call it. The boot loaders' configurations are in package iso.
package media

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"

	"github.com/ringo-vmm/ringo/iso"
)

// Content is what a boot loader loads.
type Content struct {
	ELF     string // path of the kernel image
	Append  string // the kernel's command line
	Modules []Module
}

// Module is a file that the boot loader puts into memory beside the kernel.
// The first word of the string that reaches the kernel is its name, behind
// whatever path or address the loader knew it by; the rest is Args. QEMU's PVH
// loader alone passes no string.
type Module struct {
	Path string // the file on the host
	Args string
}

// Name is what the module is called on every medium: its file's last element.
func (m Module) Name() string { return filepath.Base(m.Path) }

// plain is what may stand in a command line. Quotes, backslashes and the boot
// loaders' own signs are changed on the way by one or another of them.
var plain = regexp.MustCompile(`^[A-Za-z0-9 .,_:=/+@%~^!?*()\[\]-]*$`)

var moduleName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._+-]*$`)

// Check returns an error if a boot loader could not pass c on unchanged.
func (c Content) Check() error {
	if !plain.MatchString(c.Append) {
		return fmt.Errorf("command line %q: no boot loader passes quotes, backslashes or $;&|<>{}#", c.Append)
	}
	seen := map[string]bool{"ringo.elf": true}
	for _, m := range c.Modules {
		switch name := m.Name(); {
		case !moduleName.MatchString(name):
			return fmt.Errorf("module %s: a module's name may have letters, digits and ._+- only", m.Path)
		case seen[name]:
			return fmt.Errorf("module %s: two files of that name", m.Path)
		case !plain.MatchString(m.Args):
			return fmt.Errorf("arguments %q of module %s: no boot loader passes quotes, backslashes or $;&|<>{}#", m.Args, m.Path)
		default:
			seen[name] = true
		}
	}
	return nil
}

// put copies the kernel and the modules into dir.
func (c Content) put(dir string) error {
	if err := copyFile(filepath.Join(dir, "ringo.elf"), c.ELF); err != nil {
		return err
	}
	for _, m := range c.Modules {
		if err := copyFile(filepath.Join(dir, m.Name()), m.Path); err != nil {
			return err
		}
	}
	return nil
}

// copyFile replaces to as a whole, so that a reader finds the old file or the
// new one.
func copyFile(to, from string) error {
	r, err := os.Open(from)
	if err != nil {
		return err
	}
	defer r.Close()
	tmp := to + ".tmp"
	w, err := os.Create(tmp)
	if err != nil {
		return err
	}
	defer os.Remove(tmp)
	if _, err := io.Copy(w, r); err != nil {
		w.Close()
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.Rename(tmp, to)
}

// fill writes the named template of package iso, filled in, to the file to.
func fill(to, name string, data any) error {
	t, err := template.ParseFS(iso.Files, name)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		return err
	}
	return os.WriteFile(to, b.Bytes(), 0o666)
}

// run runs a program that makes an image and returns the end of what it said
// if it fails.
func run(name string, args ...string) error {
	out, err := exec.Command(name, args...).CombinedOutput()
	if err == nil {
		return nil
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return fmt.Errorf("%s: %w\n%s", name, err, strings.Join(lines[max(0, len(lines)-5):], "\n"))
}
