package guestos

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path"
	"regexp"
	"strings"
)

// maxMember bounds a file of a package, in bytes.
const maxMember = 256 << 20

// fromDebian makes g's file out of a Debian package.
func (s Store) fromDebian(g *Guest, o Options, tmp string) (source string, made []byte, err error) {
	deb := o.Deb
	if deb == "" {
		if deb, err = s.download(g, tmp); err != nil {
			return "", nil, err
		}
	}
	source, err = debSource(g, deb)
	if err != nil {
		return "", nil, err
	}
	file, err := debMember(deb, g.debian.member)
	if err != nil {
		return "", nil, err
	}
	if o.Lock {
		err = s.writeLock(g, source, file)
	} else {
		err = s.check(g, source, file)
	}
	if err != nil {
		return "", nil, err
	}
	if g.debian.pack != nil {
		file = g.debian.pack(file)
	}
	return source, file, nil
}

// debSource is the package and version of the file deb, which must be a
// package that has g.
func debSource(g *Guest, deb string) (string, error) {
	out, err := dpkg("-f", deb, "Package", "Version")
	if err != nil {
		return "", err
	}
	f := fields(out)
	if !g.debian.real.MatchString(f["Package"]) {
		return "", fmt.Errorf("%s is package %q, which is neither %s nor what that depends on", deb, f["Package"], g.debian.pkg)
	}
	return f["Package"] + " " + f["Version"], nil
}

// fields reads lines "Name: value", up to an empty line (deb-control(5)).
// Lines that continue a value are left out.
func fields(text []byte) map[string]string {
	f := make(map[string]string)
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		if line == "" && len(f) > 0 {
			break
		}
		if name, value, ok := strings.Cut(line, ":"); ok && !strings.HasPrefix(line, " ") {
			f[name] = strings.TrimSpace(value)
		}
	}
	return f
}

// debMember returns the file whose path in the package matches.
func debMember(deb string, member *regexp.Regexp) ([]byte, error) {
	out, err := dpkg("--fsys-tarfile", deb)
	if err != nil {
		return nil, err
	}
	for r := tar.NewReader(bytes.NewReader(out)); ; {
		h, err := r.Next()
		switch {
		case err == io.EOF:
			return nil, fmt.Errorf("%s has no file like %s", deb, member)
		case err != nil:
			return nil, fmt.Errorf("%s: %w", deb, err)
		case h.Typeflag != tar.TypeReg || !member.MatchString(path.Clean(h.Name)):
			continue
		case h.Size > maxMember:
			return nil, fmt.Errorf("%s: %s has %d bytes", deb, h.Name, h.Size)
		}
		file, err := io.ReadAll(r)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", deb, h.Name, err)
		}
		return file, nil
	}
}

// dpkg runs dpkg-deb, which other distributions than Debian's have as well.
func dpkg(args ...string) ([]byte, error) {
	out, err := exec.Command("dpkg-deb", args...).Output()
	if errors.Is(err, exec.ErrNotFound) {
		return nil, fmt.Errorf("dpkg-deb is needed to unpack a Debian package; it is in a package called dpkg")
	}
	return out, told("dpkg-deb", err)
}

// told adds the last line that a program said to its error.
func told(program string, err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		lines := strings.Split(strings.TrimSpace(string(exit.Stderr)), "\n")
		return fmt.Errorf("%s: %w: %s", program, err, lines[len(lines)-1])
	}
	return err
}
