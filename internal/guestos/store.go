package guestos

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Store is where fetched guests are kept: the folder build/guests of a copy of
// Ringo's repository. Two processes must not fetch into it at once.
type Store struct {
	Root string    // the repository
	Log  io.Writer // gets a line for each step
	Live bool      // Log is a terminal: a line there may be written over
}

// Dir is the folder.
func (s Store) Dir() string { return filepath.Join(s.Root, "build", "guests") }

// Path is where g is, or will be.
func (s Store) Path(g *Guest) string { return filepath.Join(s.Dir(), g.File) }

// ByPath is the guest whose file that path is, nil if there is none. The path
// is absolute.
func (s Store) ByPath(path string) *Guest {
	for _, g := range Guests {
		if filepath.Clean(path) == s.Path(g) {
			return g
		}
	}
	return nil
}

// Have says what g's file was made from, if it is there, as it was made, and
// as it would be made today.
func (s Store) Have(g *Guest) (source string, ok bool) {
	r, err := readRecord(s.Path(g))
	if err != nil || r.recipe != s.recipe(g) {
		return "", false
	}
	b, err := os.ReadFile(s.Path(g))
	if err != nil || sum(b) != r.sum {
		return "", false
	}
	return r.source, true
}

// recipe stands for all that decides what g's file will be, beside the
// source.
func (s Store) recipe(g *Guest) string {
	switch {
	case g.system != nil:
		return g.system.recipe()
	case g.ramdisk != nil:
		return g.ramdisk.recipe()
	case g.debian == nil:
		return s.urootRecipe()
	case g.debian.recipe != "":
		return g.debian.recipe
	}
	return "-"
}

// Options change how a guest is fetched.
type Options struct {
	Deb   string // the package to take it from; apt-get gets it if empty
	Again bool   // even if it is there
	Lock  bool   // note what came in iso/guests.lock as tested
}

// Fetch gets g, if it is not there. A version that iso/guests.lock does not
// have is used, and Log gets a line that says so; a file that differs from one
// of the same version is refused.
func (s Store) Fetch(g *Guest, o Options) error {
	if source, ok := s.Have(g); ok && !o.Again && o.Deb == "" && !o.Lock {
		s.logf("%s: %s is there: %s", g.Name, g.File, source)
		return nil
	}
	if err := os.MkdirAll(s.Dir(), 0o777); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(s.Dir(), ".fetch-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	start := time.Now()
	var source string
	var made []byte
	switch {
	case g.system != nil:
		source, made, err = s.fromPackages(g, o, tmp)
	case g.ramdisk != nil:
		source, made, err = s.fromKernels(g, o, tmp)
	case g.debian != nil:
		source, made, err = s.fromDebian(g, o, tmp)
	default:
		source, made, err = s.uroot(g, tmp)
	}
	if err != nil {
		return fmt.Errorf("guest %s: %w", g.Name, err)
	}
	if err := s.keep(g, source, made, tmp); err != nil {
		return fmt.Errorf("guest %s: %w", g.Name, err)
	}
	s.logf("%s: %s made in %.1f s: %s, %s", g.Name, g.File, time.Since(start).Seconds(), source, mebibytes(int64(len(made))))
	return nil
}

// keep puts what was made in its place, with its record. Whoever looks in
// between finds a record that does not fit, and fetches again.
func (s Store) keep(g *Guest, source string, made []byte, tmp string) error {
	file := filepath.Join(tmp, g.File)
	if err := os.WriteFile(file, made, 0o666); err != nil {
		return err
	}
	if err := (record{sum(made), s.recipe(g), source}).write(file); err != nil {
		return err
	}
	if err := os.Rename(file+recordSuffix, s.Path(g)+recordSuffix); err != nil {
		return err
	}
	return os.Rename(file, s.Path(g))
}

// packages is where Debian packages are kept: some are made into several
// guests.
func (s Store) packages() string { return filepath.Join(s.Dir(), "packages") }

// keepPackages moves what apt-get downloaded there.
func (s Store) keepPackages(from string) error {
	if err := os.MkdirAll(s.packages(), 0o777); err != nil {
		return err
	}
	debs, err := filepath.Glob(filepath.Join(from, "*.deb"))
	for _, d := range debs {
		err = errors.Join(err, os.Rename(d, filepath.Join(s.packages(), filepath.Base(d))))
	}
	return err
}

// is reports whether a file is there and has the checksum.
func is(file, checksum string) bool {
	b, err := os.ReadFile(file)
	return err == nil && sum(b) == checksum
}

// logf prints a line about the work.
func (s Store) logf(format string, args ...any) {
	fmt.Fprintf(s.Log, "ringo guest: "+format+"\n", args...)
}

// mebibytes is a number of bytes for people.
func mebibytes(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
