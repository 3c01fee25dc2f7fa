package toolchain

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// additions is where the files that Ringo adds to the standard library live,
// relative to the repository root. The leading underscore hides them from ./...
const additions = "internal/toolchain/_goroot"

// linkGOROOT makes a GOROOT at dir that is the stock one at stock, by symbolic
// links, plus the files below add. A folder that gets an added file becomes a
// real folder of links; all else is one link. No stock file is copied, edited
// or hidden: an addition that has the name of a stock file is an error.
//
// It is a tree and not go build's -overlay, because an overlaid package of
// std cannot contain assembly and go vet does not know it.
func linkGOROOT(dir, stock, add string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := linkDir(dir, stock, add); err != nil {
		return fmt.Errorf("GOROOT tree %s: %w", dir, err)
	}
	return nil
}

// linkDir makes dir the union of the folders stock and add, either of which
// may be missing.
func linkDir(dir, stock, add string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	added, err := readDir(add)
	if err != nil {
		return err
	}
	stocked, err := readDir(stock)
	if err != nil {
		return err
	}
	for name := range stocked {
		if _, both := added[name]; !both {
			if err := os.Symlink(filepath.Join(stock, name), filepath.Join(dir, name)); err != nil {
				return err
			}
		}
	}
	for name, isDir := range added {
		to, from := filepath.Join(dir, name), filepath.Join(add, name)
		_, inStock := stocked[name]
		switch {
		case isDir:
			err = linkDir(to, filepath.Join(stock, name), from)
		case inStock:
			err = fmt.Errorf("addition %s would replace a stock file", from)
		default:
			err = os.Symlink(from, to)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readDir lists dir by name, telling which entries are folders. A missing
// folder is empty.
func readDir(dir string) (map[string]bool, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	names := make(map[string]bool, len(entries))
	for _, e := range entries {
		names[e.Name()] = e.IsDir()
	}
	return names, nil
}
