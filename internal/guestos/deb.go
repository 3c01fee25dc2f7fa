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
		debs, err := s.download(g, []*pkg{&g.debian.pkg}, tmp)
		if err != nil {
			return "", nil, err
		}
		deb = debs[0]
	}
	source, err = g.debian.source(deb)
	if err != nil {
		return "", nil, err
	}
	file, err := debMember(deb, g.debian.member)
	if err != nil {
		return "", nil, err
	}
	if err := s.agree(g, o, locked{g.Name, source, sum(file)}); err != nil {
		return "", nil, err
	}
	if g.debian.pack != nil {
		file = g.debian.pack(file)
	}
	return source, file, nil
}

// source is the package and version of the file deb, which must be p.
func (p *pkg) source(deb string) (string, error) {
	out, err := dpkg("-f", deb, "Package", "Version")
	if err != nil {
		return "", err
	}
	f := fields(out)
	if !p.real.MatchString(f["Package"]) {
		return "", fmt.Errorf("%s is package %q, which is neither %s nor what that depends on", deb, f["Package"], p.ask)
	}
	return f["Package"] + " " + f["Version"], nil
}

// fields reads lines "Name: value", up to an empty line (deb-control(5)).
// Lines that continue a value are left out.
func fields(text []byte) control {
	f := make(control)
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
	var found []byte
	err := debFiles(deb, func(h *tar.Header) bool {
		return found == nil && h.Typeflag == tar.TypeReg && member.MatchString(h.Name)
	}, func(_ *tar.Header, data []byte) { found = data })
	if err == nil && found == nil {
		err = fmt.Errorf("%s has no file like %s", deb, member)
	}
	return found, err
}

// debFiles goes through a package, and hands the entries that are wanted to
// take, with their contents.
func debFiles(deb string, wanted func(*tar.Header) bool, take func(h *tar.Header, data []byte)) error {
	out, err := dpkg("--fsys-tarfile", deb)
	if err != nil {
		return err
	}
	for r := tar.NewReader(bytes.NewReader(out)); ; {
		h, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", deb, err)
		}
		h.Name = path.Clean(h.Name)
		switch {
		case !wanted(h):
			continue
		case h.Size > maxMember:
			return fmt.Errorf("%s: %s has %d bytes", deb, h.Name, h.Size)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", deb, h.Name, err)
		}
		take(h, data)
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
