package vmshell

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/ringo-vmm/ringo/kernel/monitor"
)

// A file on the terminal is base64 (RFC 4648 §4), in lines of their own between
// these two, each with the file's ending in capital letters, its name and an end:
// -----BEGIN PNG boot.png-----. A line of the log that comes in between has a
// character that base64 has not. The tool's recogniser has a table of endings.
const (
	fileBegin = "-----BEGIN "
	fileEnd   = "-----END "
	fileMark  = "-----\n"
	fileLine  = 64 // characters of base64 in a line
	nameSize  = 64 // bytes of a name, at most
)

// named is a file's name with its ending, which need not have been typed.
func named(word, ending string) (string, error) {
	name := strings.TrimSuffix(word, ending) + ending
	const good = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
	if len(name) > nameSize || name == ending || name[0] == '.' || name[0] == '-' || strings.Trim(name, good) != "" {
		return "", usageError{fmt.Errorf("%q is no file name of at most %d letters, digits, '-', '_' and '.'", name, nameSize)}
	}
	return name, nil
}

// sendFile writes the file that write writes to the terminal, until Ctrl-C. It
// keeps no more of the file than write does.
func sendFile(c *monitor.Context, name string, write func(w io.Writer) error) error {
	title := strings.ToUpper(strings.TrimPrefix(path.Ext(name), ".")) + " " + name + fileMark
	io.WriteString(c, fileBegin+title)
	l := &lines{c: c}
	b := base64.NewEncoder(base64.StdEncoding, l)
	if err := write(b); err != nil {
		return err
	}
	if err := b.Close(); err != nil {
		return err
	}
	if err := l.end(); err != nil {
		return err
	}
	_, err := io.WriteString(c, fileEnd+title)
	return err
}

// lines writes text in lines of fileLine characters, until Ctrl-C.
type lines struct {
	c    *monitor.Context
	text bytes.Buffer
	line [fileLine + 1]byte
}

func (l *lines) Write(p []byte) (int, error) {
	l.text.Write(p)
	for l.text.Len() >= fileLine {
		if err := l.c.Err(); err != nil {
			return 0, err
		}
		// In one piece, so that nothing comes into the middle of it.
		copy(l.line[:], l.text.Next(fileLine))
		l.line[fileLine] = '\n'
		l.c.Write(l.line[:])
	}
	return len(p), nil
}

// end writes the last line.
func (l *lines) end() error {
	if l.text.Len() > 0 {
		l.text.WriteByte('\n')
	}
	_, err := io.Copy(l.c, &l.text)
	return err
}
