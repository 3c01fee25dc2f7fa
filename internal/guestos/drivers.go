package guestos

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Driver is a kernel module.
type Driver struct {
	File string // a name that sorts in the order of loading
	Data []byte
}

// Drivers are the wanted modules of the kernel g that the store has, which must be
// there, and what they depend on, in the order of loading. The names are the
// kernel's, with underscores. They come out of the kernel's package, and are kept
// beside it.
func (s Store) Drivers(g *Guest, wanted []string) ([]Driver, error) {
	source, ok := s.Have(g)
	if !ok || g.debian == nil {
		return nil, fmt.Errorf("the kernel is not there: ringo guest fetch %s", g.Name)
	}
	dir := filepath.Join(s.Dir(), "drivers", strings.NewReplacer(" ", "_", ":", "-").Replace(source)+"-"+digest([]byte(strings.Join(wanted, " "))))
	if _, err := os.Stat(dir); err != nil {
		if err := s.keepDrivers(g, source, wanted, dir); err != nil {
			return nil, fmt.Errorf("drivers of guest %s: %w", g.Name, err)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.ko"))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	var list []Driver
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		list = append(list, Driver{filepath.Base(f), b})
	}
	return list, nil
}

// keepDrivers puts modules of the package source into the folder to, which is
// there only when all of them are.
func (s Store) keepDrivers(g *Guest, source string, wanted []string, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(s.Dir(), ".drivers-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	debs, err := s.download(g, []*pkg{&g.debian.pkg}, tmp)
	if err != nil {
		return err
	}
	came, err := g.debian.source(debs[0])
	if err != nil {
		return err
	}
	if came != source {
		return fmt.Errorf("the kernel is of %s, and Debian has %s by now: ringo guest fetch -f %s", source, came, g.Name)
	}
	_, modules, err := kernelFiles(debs[0], wanted)
	if err != nil {
		return err
	}
	out := filepath.Join(tmp, "out")
	if err := os.Mkdir(out, 0o777); err != nil {
		return err
	}
	for i, m := range modules {
		if err := os.WriteFile(filepath.Join(out, m.file(i)), m.data, 0o666); err != nil {
			return err
		}
	}
	err = os.Rename(out, to)
	if _, there := os.Stat(to); there == nil {
		return nil // somebody else may have been faster
	}
	return err
}

// file is the name of the module that is loaded behind i others.
func (m module) file(i int) string { return fmt.Sprintf("%02d-%s.ko", i, m.name) }
