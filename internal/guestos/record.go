package guestos

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// recordSuffix is behind a file's name in that of its record.
const recordSuffix = ".from"

// record is the one line that says how a file in build/guests was made.
type record struct {
	sum    string // SHA-256 of the file
	recipe string // see Store.recipe; a word
	source string // package and version
}

func (r record) write(file string) error {
	return os.WriteFile(file+recordSuffix, fmt.Appendf(nil, "%s %s %s\n", r.sum, r.recipe, r.source), 0o666)
}

// readRecord reads the record of a file.
func readRecord(file string) (record, error) {
	b, err := os.ReadFile(file + recordSuffix)
	if err != nil {
		return record{}, err
	}
	f := strings.SplitN(strings.TrimSpace(string(b)), " ", 3)
	if len(f) != 3 {
		return record{}, fmt.Errorf("%s: want three fields", file+recordSuffix)
	}
	return record{f[0], f[1], f[2]}, nil
}

// lockHeader begins iso/guests.lock.
const lockHeader = "# The packages that Ringo was tested with, and the SHA-256 of the file taken from each, or of\n" +
	"# the package of a guest that is made of several.\n" +
	"# ringo guest fetch -lock writes this file.\n"

// locked is a line of iso/guests.lock: a guest, or one of its packages, as in
// "debian/bash"; package and version; and the checksum of the guest's file in
// the package, or of the whole package.
type locked struct{ name, source, sum string }

func (s Store) lockFile() string { return filepath.Join(s.Root, "iso", "guests.lock") }

// readLock reads iso/guests.lock, which may not be there. It goes by name.
func (s Store) readLock() (map[string]locked, error) {
	lock := make(map[string]locked)
	f, err := os.Open(s.lockFile())
	if errors.Is(err, fs.ErrNotExist) {
		return lock, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	scan := bufio.NewScanner(f)
	for n := 1; scan.Scan(); n++ {
		line, _, _ := strings.Cut(scan.Text(), "#")
		w := strings.Fields(line)
		switch len(w) {
		case 0:
		case 4:
			lock[w[0]] = locked{w[0], w[1] + " " + w[2], w[3]}
		default:
			return nil, fmt.Errorf("%s: line %d: want guest, package, version and SHA-256", s.lockFile(), n)
		}
	}
	return lock, scan.Err()
}

// agree compares what came for g with the lock, or writes it there if o says
// so.
func (s Store) agree(g *Guest, o Options, came ...locked) error {
	lock, err := s.readLock()
	if err != nil {
		return err
	}
	if o.Lock {
		return s.writeLock(g, lock, came)
	}
	for _, c := range came {
		switch l, ok := lock[c.name]; {
		case !ok:
			s.logf("%s: note: %s has not been tested with Ringo; iso/guests.lock has no version of it", g.Name, c.source)
		case l.source != c.source:
			s.logf("%s: note: Ringo was tested with %s; this is %s", g.Name, l.source, c.source)
		case l.sum != c.sum:
			return fmt.Errorf("the file in %s has SHA-256 %s, but iso/guests.lock has %s for it", c.source, c.sum, l.sum)
		}
	}
	return nil
}

// writeLock notes what came for g in iso/guests.lock, in place of what was
// there.
func (s Store) writeLock(g *Guest, lock map[string]locked, came []locked) error {
	maps.DeleteFunc(lock, func(name string, _ locked) bool { return owner(name) == g.Name })
	for _, c := range came {
		lock[c.name] = c
	}
	text := lockHeader
	for _, g := range Guests {
		for _, name := range slices.Sorted(maps.Keys(lock)) {
			if owner(name) == g.Name {
				text += name + " " + lock[name].source + " " + lock[name].sum + "\n"
			}
		}
	}
	return os.WriteFile(s.lockFile(), []byte(text), 0o666)
}

// owner is the guest of a name in the lock.
func owner(name string) string {
	guest, _, _ := strings.Cut(name, "/")
	return guest
}
