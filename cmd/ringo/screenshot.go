package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/ringo-vmm/ringo/internal/perfetto/record"
)

// Screenshots and other files come on the serial line in base64 between two lines
// with the file's ending and name; commands of the monitor write them. What comes
// from there may be a guest's, so a name is one in the folder that the user chose,
// and no file is overwritten.
var (
	shotBegin = regexp.MustCompile(`-----BEGIN ([A-Z]{1,8}) ([A-Za-z0-9_][A-Za-z0-9_.-]{0,59}\.[a-z]{1,8})-----$`)
	shotEnd   = regexp.MustCompile(`^-----END [A-Z]+ ([^ ]+)-----$`)
	shotText  = regexp.MustCompile(`^[A-Za-z0-9+/]+={0,2}$`)
)

// endings are the kinds of files that come.
var endings = map[string]struct {
	what  string                  // they are, for the user
	check func(file []byte) error // tells whether one is whole
}{
	".png":   {"screenshot", func(b []byte) error { _, err := png.DecodeConfig(bytes.NewReader(b)); return err }},
	".pcap":  {"capture", checkPcap},
	".trace": {"trace", func(b []byte) error { _, err := record.Read(bytes.NewReader(b)); return err }},
}

// checkPcap tells whether a file begins as the monitor's captures do: pcap with
// times in ns, draft-ietf-opsawg-pcap §4.
func checkPcap(b []byte) error {
	if len(b) < 24 || binary.LittleEndian.Uint32(b) != 0xa1b23c4d {
		return errors.New("no capture")
	}
	return nil
}

const (
	// maxShot bounds a file in bytes: one of 2560 by 1600 pixels that
	// cannot be compressed has less.
	maxShot = 24 << 20
	// maxShotLine bounds a line, of which the monitor's have 64 bytes.
	maxShotLine = 256
	// maxShotFiles is how many files of a name there can be.
	maxShotFiles = 1000
)

// screenshots is a writer that gets all that comes from the serial line, and
// writes the files in it.
type screenshots struct {
	dir  string // is made when the first one comes
	tell func(format string, args ...any)

	line []byte // the line so far; nothing more of it is kept when it is too long
	name string // of the file under way; empty if there is none
	text []byte // its base64
}

// defaultShots is the folder that files go to if the user names none.
var defaultShots = filepath.Join("build", "screenshots")

// newScreenshots writes to a folder, and says so on standard error as a command.
func newScreenshots(dir, command string) *screenshots {
	return &screenshots{dir: dir, tell: func(format string, args ...any) { fmt.Fprintf(os.Stderr, command+": "+format+"\r\n", args...) }}
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

// take takes in a line. What is between the lines of a file and is no base64
// is somebody else's.
func (s *screenshots) take(line []byte) {
	if m := shotBegin.FindSubmatch(line); m != nil {
		name := string(m[2])
		ending := filepath.Ext(name)
		if _, ok := endings[ending]; ok && strings.ToUpper(ending[1:]) == string(m[1]) {
			s.name, s.text = name, s.text[:0]
		}
		return
	}
	if s.name == "" {
		return
	}
	if m := shotEnd.FindSubmatch(line); m != nil && string(m[1]) == s.name {
		if where, err := s.save(); err != nil {
			s.tell("%s %s: %v", s.what(), s.name, err)
		} else {
			s.tell("%s: %s", s.what(), where)
		}
		s.name = ""
		return
	}
	if !shotText.Match(line) {
		return
	}
	if s.text = append(s.text, line...); base64.StdEncoding.DecodedLen(len(s.text)) > maxShot {
		s.tell("%s %s: more than %d MiB", s.what(), s.name, maxShot>>20)
		s.name, s.text = "", nil
	}
}

// what the file under way is.
func (s *screenshots) what() string { return endings[filepath.Ext(s.name)].what }

// save writes the file under way to one that is not there yet, and tells which.
func (s *screenshots) save() (where string, err error) {
	b, err := base64.StdEncoding.AppendDecode(nil, s.text)
	if err != nil {
		return "", fmt.Errorf("damaged on its way: %w", err)
	}
	if err := endings[filepath.Ext(s.name)].check(b); err != nil {
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

// create makes the file NAME.png, or NAME-2.png and so on, for any ending.
func (s *screenshots) create() (*os.File, error) {
	path := filepath.Join(s.dir, s.name)
	ending := filepath.Ext(path)
	base := strings.TrimSuffix(path, ending)
	for n := 2; ; n++ {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) || n > maxShotFiles {
			return f, err
		}
		path = fmt.Sprintf("%s-%d%s", base, n, ending)
	}
}
