// Package elfdeps finds the shared libraries of a program of this computer, so
// that both can be packed for a machine that has neither.
package elfdeps

import (
	"debug/elf"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// maxInterpreter bounds the path of a dynamic linker, in bytes.
const maxInterpreter = 4096

// Folders are where Debian's dynamic linker for x86-64 looks for libraries: ld.so(8).
var Folders = []string{"/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib"}

// Of returns the paths of the dynamic linker and of all libraries that the ELF
// file program needs, and that those need in turn (System V ABI, DT_NEEDED), as they
// are found in the folders. Paths that a file itself brings (DT_RUNPATH) are
// not looked at. A static program needs none.
func Of(program string, folders []string) (files []string, err error) {
	linker, needed, err := read(program)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool)
	if linker != "" {
		files, seen[filepath.Base(linker)] = append(files, linker), true
	}
	for len(needed) > 0 {
		name := needed[0]
		needed = needed[1:]
		if seen[name] {
			continue
		}
		seen[name] = true
		path, ok := find(name, folders)
		if !ok {
			return nil, fmt.Errorf("%s needs %s, which is not in %s", program, name, strings.Join(folders, " or "))
		}
		_, more, err := read(path)
		if err != nil {
			return nil, err
		}
		files, needed = append(files, path), append(needed, more...)
	}
	return files, nil
}

// find is the path of a library.
func find(name string, folders []string) (path string, ok bool) {
	for _, dir := range folders {
		path = filepath.Join(dir, name)
		if _, err := os.Stat(path); err == nil {
			return path, true
		}
	}
	return "", false
}

// read is the dynamic linker that a file asks for, if it does, and the names of
// the libraries that it needs itself.
func read(path string) (linker string, needed []string, err error) {
	f, err := elf.Open(path)
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", path, err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type != elf.PT_INTERP {
			continue
		}
		b, err := io.ReadAll(io.LimitReader(p.Open(), maxInterpreter))
		if err != nil {
			return "", nil, fmt.Errorf("%s: its dynamic linker: %w", path, err)
		}
		linker = strings.TrimRight(string(b), "\x00")
	}
	if needed, err = f.ImportedLibraries(); err != nil {
		return "", nil, fmt.Errorf("%s: its libraries: %w", path, err)
	}
	return linker, needed, nil
}
