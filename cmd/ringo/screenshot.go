package main

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

// Screenshots come on the serial line as a PNG in base64 between two lines with
// the file's name; the monitor's command screenshot writes them. What comes from
// there may be a guest's, so a name is one in the folder that the user chose, and
// no file is overwritten.
var (
	shotBegin = regexp.MustCompile(`-----BEGIN PNG ([A-Za-z0-9_][A-Za-z0-9_.-]{0,59}\.png)-----$`)
	shotEnd   = regexp.MustCompile(`^-----END PNG ([^ ]+)-----$`)
	shotText  = regexp.MustCompile(`^[A-Za-z0-9+/]+={0,2}$`)
)

const (
	// maxShot bounds a picture in bytes: one of 2560 by 1600 pixels that
	// cannot be compressed has less.
	maxShot = 24 << 20
	// maxShotLine bounds a line, of which the monitor's have 64 bytes.
	maxShotLine = 256
	// maxShotFiles is how many files of a name there can be.
	maxShotFiles = 1000
)

// screenshots is a writer that gets all that comes from the serial line, and
// writes the screenshots in it to files.
type screenshots struct {
	dir  string // is made when the first one comes
	tell func(format string, args ...any)

	line []byte // the line so far; nothing more of it is kept when it is too long
	name string // of the picture under way; empty if there is none
	text []byte // its base64
}

// Write is io.Writer's. It never fails: a file that cannot be written is told of.
func (s *screenshots) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		i := bytes.IndexByte(rest, '\n')
		piece := rest
		if i >= 0 {
			piece = rest[:i]
		}
		s.line = append(s.line, piece[:min(len(piece), maxShotLine+1-len(s.line))]...)
		if i < 0 {
			break
		}
		if len(s.line) <= maxShotLine {
			s.take(bytes.TrimRight(s.line, "\r"))
		}
		s.line, rest = s.line[:0], rest[i+1:]
	}
	return len(p), nil
}

// take takes in a line. What is between the lines of a picture and is no base64
// is somebody else's.
func (s *screenshots) take(line []byte) {
	if m := shotBegin.FindSubmatch(line); m != nil {
		s.name, s.text = string(m[1]), s.text[:0]
		return
	}
	if s.name == "" {
		return
	}
	if m := shotEnd.FindSubmatch(line); m != nil && string(m[1]) == s.name {
		if where, err := s.save(); err != nil {
			s.tell("screenshot %s: %v", s.name, err)
		} else {
			s.tell("screenshot: %s", where)
		}
		s.name = ""
		return
	}
	if !shotText.Match(line) {
		return
	}
	if s.text = append(s.text, line...); base64.StdEncoding.DecodedLen(len(s.text)) > maxShot {
		s.tell("screenshot %s: more than %d MiB", s.name, maxShot>>20)
		s.name, s.text = "", nil
	}
}

// save writes the picture to a file that is not there yet, and tells which.
func (s *screenshots) save() (where string, err error) {
	b, err := base64.StdEncoding.AppendDecode(nil, s.text)
	if err != nil {
		return "", fmt.Errorf("damaged on its way: %w", err)
	}
	if _, err := png.DecodeConfig(bytes.NewReader(b)); err != nil {
		return "", fmt.Errorf("damaged on its way: %w", err)
	}
	if err := os.MkdirAll(s.dir, 0o777); err != nil {
		return "", err
	}
	f, err := s.create()
	if err != nil {
		return "", err
	}
	if _, err = f.Write(b); err != nil {
		f.Close()
		return "", err
	}
	return f.Name(), f.Close()
}

// create makes the file NAME.png, or NAME-2.png and so on.
func (s *screenshots) create() (*os.File, error) {
	path := filepath.Join(s.dir, s.name)
	base := path[:len(path)-len(".png")]
	for n := 2; ; n++ {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) || n > maxShotFiles {
			return f, err
		}
		path = fmt.Sprintf("%s-%d.png", base, n)
	}
}
