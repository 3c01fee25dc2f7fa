package microguests

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ringo-vmm/ringo/internal/media"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/guests"
)

// Write writes guests and the configuration of a virtual machine for each into
// the folder dir, and returns the boot modules that they are. The machines do
// not start by themselves, and start once each.
func Write(dir string, list []guests.Guest) ([]media.Module, error) {
	var text strings.Builder
	modules := []media.Module{{Path: filepath.Join(dir, config.ModuleName)}}
	for _, g := range withWitness(list) {
		image, err := g.Build()
		if err != nil {
			return nil, err
		}
		m := media.Module{Path: filepath.Join(dir, g.Name+".bin")}
		if err := os.WriteFile(m.Path, image, 0o666); err != nil {
			return nil, err
		}
		modules = append(modules, m)
		fmt.Fprintf(&text, machine, g.Name, g.Memory>>20, m.Name(), guests.LoadAt, g.Mode.Bits())
	}
	return modules, os.WriteFile(modules[0].Path, []byte(text.String()), 0o666)
}

// machine is the configuration of a guest's machine.
const machine = `[[vm]]
name      = %q
memory    = "%dM"
kernel    = %q
boot      = "flat"
address   = %#x
mode      = %d
autostart = false
restart   = false

`
