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

// Counters writes boot modules for machines in which the guest Counter runs:
// counter-0, counter-1, and so on, each with keys of its own in its
// configuration. They do not start by themselves.
func Counters(dir string, keys []string) ([]media.Module, error) {
	image, err := guests.Counter.Build()
	if err != nil {
		return nil, err
	}
	modules := []media.Module{{Path: filepath.Join(dir, config.ModuleName)}, {Path: filepath.Join(dir, guests.Counter.Name+".bin")}}
	if err := os.WriteFile(modules[1].Path, image, 0o666); err != nil {
		return nil, err
	}
	var text strings.Builder
	for i, k := range keys {
		name := fmt.Sprintf("%s-%d", guests.Counter.Name, i)
		fmt.Fprintf(&text, strings.TrimSpace(machine)+"\n%s\n\n", name, guests.Counter.Memory>>20, modules[1].Name(), guests.LoadAt, guests.Counter.Mode.Bits(), k)
	}
	return modules, os.WriteFile(modules[0].Path, []byte(text.String()), 0o666)
}
