package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/ringo-vmm/ringo/boot"
	"github.com/ringo-vmm/ringo/internal/guestos"
	"github.com/ringo-vmm/ringo/internal/media"
	"github.com/ringo-vmm/ringo/vmm/config"
)

// defaultConfig is the configuration without -config: a file of the
// repository. Empty is none: Ringo then starts with its monitor.
const defaultConfig = "iso/default.toml"

// noConfig as -config asks for no configuration.
const noConfig = "none"

// hostMiB is the memory for Ringo itself, beside that of its machines.
const hostMiB = 512

// vmConfig is a configuration with the files that it names, ready to be boot
// modules.
type vmConfig struct {
	modules []media.Module
	memMiB  int
	dir     string // temporary, with the configuration under the name that the kernel looks for
}

// loadConfig reads the configuration in the file name and gets the guests that
// it names. It prints a line for each mistake; machines that have none are
// enough to go on with, as the kernel does.
func loadConfig(name string) (*vmConfig, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, usageError("-config: " + err.Error())
	}
	conf, errs := config.Parse(text)
	for _, err := range errs {
		fmt.Fprintf(os.Stderr, "ringo: %s: %v\n", name, err)
	}
	if err := fetchFor(name, conf); err != nil {
		return nil, err
	}
	v := &vmConfig{memMiB: hostMiB}
	for _, image := range conf.Network.Images() {
		if err := v.add(name, image); err != nil {
			fmt.Fprintf(os.Stderr, "ringo: %s: %s: %v\n", name, image.Key, err)
		}
	}
	good := 0
	for _, vm := range conf.VMs {
		v.memMiB += int(vm.Memory >> 20)
		bad := false
		for _, image := range vm.Images() {
			if err := v.add(name, image); err != nil {
				fmt.Fprintf(os.Stderr, "ringo: %s: %v\n", name, vm.Errorf(image.Key, "%v", err))
				bad = true
			}
		}
		if !bad {
			good++
		}
	}
	switch {
	case good == 0:
		return nil, usageError(name + ": no machine to start")
	case len(v.modules) >= boot.MaxModules:
		return nil, usageError(fmt.Sprintf("%s: %d files; a boot loader passes %d", name, len(v.modules), boot.MaxModules-1))
	}
	return v, v.stage(name)
}

// add adds a file that the configuration in the file name names, unless it is
// there already.
func (v *vmConfig) add(name string, image config.Image) error {
	path, err := imagePath(name, image)
	if err == nil {
		err = isFile(path)
	}
	if err == nil && !slices.Contains(v.modules, media.Module{Path: path}) {
		v.modules = append(v.modules, media.Module{Path: path})
	}
	return err
}

// imagePath is where a file is that the configuration in the file name names.
func imagePath(name string, image config.Image) (string, error) {
	if filepath.IsAbs(image.Path) {
		return filepath.Clean(image.Path), nil
	}
	return filepath.Abs(filepath.Join(filepath.Dir(name), image.Path))
}

// isFile returns an error if there is no file of that path.
func isFile(path string) error {
	fi, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no file %s", path)
	case err != nil:
		return err
	case !fi.Mode().IsRegular():
		return fmt.Errorf("%s is not a file", path)
	}
	return nil
}

// fetchFor gets the guests that the configuration in the file name needs and
// that are not there. Outside of the repository there are none.
func fetchFor(name string, conf *config.Config) error {
	root, err := findRoot()
	if err != nil {
		return nil
	}
	store := guestStore(root)
	images := conf.Network.Images()
	for _, vm := range conf.VMs {
		images = append(images, vm.Images()...)
	}
	var missing []*guestos.Guest
	for _, image := range images {
		path, err := imagePath(name, image)
		if err != nil {
			continue
		}
		g := store.ByPath(path)
		if g == nil || slices.Contains(missing, g) {
			continue
		}
		if _, ok := store.Have(g); !ok {
			missing = append(missing, g)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fetchGuests(root, missing, guestos.Options{})
}

// stage gives the configuration its name as a module, the first.
func (v *vmConfig) stage(name string) error {
	target, err := filepath.Abs(name)
	if err != nil {
		return err
	}
	if v.dir, err = os.MkdirTemp("", "ringo-config-"); err != nil {
		return err
	}
	link := filepath.Join(v.dir, config.ModuleName)
	v.modules = append([]media.Module{{Path: link}}, v.modules...)
	return os.Symlink(target, link)
}

// remove removes what stage made.
func (v *vmConfig) remove() {
	if v != nil && v.dir != "" {
		os.RemoveAll(v.dir)
	}
}
