package media

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/ringo-vmm/ringo/iso"
)

// PXE makes the folder dir what a network boot server serves: c, iPXE's script
// boot.ipxe, ringo.efi for UEFI firmware, and an example of a server's
// configuration. Files of other names in dir stay.
func PXE(dir string, c Content) error {
	if err := c.Check(); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	if err := c.put(dir); err != nil {
		return err
	}
	if err := fill(filepath.Join(dir, "boot.ipxe"), "boot.ipxe.tmpl", ipxeScript(c)); err != nil {
		return err
	}
	if err := efi(filepath.Join(dir, "ringo.efi"), c); err != nil {
		return err
	}
	return fs.WalkDir(iso.Files, "pxe", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := iso.Files.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, path.Base(name)), b, 0o666)
	})
}

// ipxeData is what iso/boot.ipxe.tmpl is filled in with.
type ipxeData struct {
	Args    string
	Modules []grubModule
}

func ipxeScript(c Content) ipxeData {
	d := ipxeData{Args: strings.Join(strings.Fields(c.Append), " ")}
	for _, m := range c.Modules {
		d.Modules = append(d.Modules, grubModule{m.Name(), m.Args})
	}
	return d
}
