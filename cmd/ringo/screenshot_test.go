package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// aPNG is a file of a picture as wide as told.
func aPNG(t testing.TB, width int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, 200))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// aPcap is a capture without frames.
var aPcap = append([]byte{0x4d, 0x3c, 0xb2, 0xa1}, make([]byte, 20)...)

// onTheLine is a file as the monitor writes it.
func onTheLine(name string, file []byte) string {
	text := base64.StdEncoding.EncodeToString(file)
	var b strings.Builder
	fmt.Fprintf(&b, "-----BEGIN PNG %s-----\r\n", name)
	for len(text) > 0 {
		n := min(len(text), 64)
		b.WriteString(text[:n] + "\r\n")
		text = text[n:]
	}
	fmt.Fprintf(&b, "-----END PNG %s-----\r\n", name)
	return b.String()
}

func TestScreenshotsBecomeFiles(t *testing.T) {
	for _, c := range []struct {
		name, line string
		files      map[string]int // width of the pictures
		told       string
	}{
		{"one", "ringo> screenshot pc\r\n" + onTheLine("pc.png", aPNG(t, 320)) + "ringo> ", map[string]int{"pc.png": 320}, "screenshot: "},
		{"behind other text", "text" + onTheLine("pc.png", aPNG(t, 320)), map[string]int{"pc.png": 320}, "screenshot: "},
		{"lines of the log in between", strings.ReplaceAll(onTheLine("pc.png", aPNG(t, 2000)), "\r\n", "\r\n[    1.234567] vm pc: no\r\n"), map[string]int{"pc.png": 2000}, "screenshot: "},
		{"two of a name", onTheLine("pc.png", aPNG(t, 3)) + onTheLine("pc.png", aPNG(t, 4)), map[string]int{"pc.png": 3, "pc-2.png": 4}, "pc-2.png"},
		{"one that was stopped", onTheLine("a.png", aPNG(t, 3000))[:200] + "\r\nscreenshot: stopped\r\n" + onTheLine("b.png", aPNG(t, 5)), map[string]int{"b.png": 5}, "b.png"},
		{"another folder", onTheLine("../pc.png", aPNG(t, 3)) + onTheLine("/tmp/pc.png", aPNG(t, 3)) + onTheLine("a/b.png", aPNG(t, 3)), nil, ""},
		{"a capture", strings.ReplaceAll(onTheLine("a.pcap", aPcap), "PNG", "PCAP"), map[string]int{"a.pcap": 0}, "capture: "},
		{"no capture", strings.ReplaceAll(onTheLine("a.pcap", []byte("#!/bin/sh\n")), "PNG", "PCAP"), nil, "damaged"},
		{"another kind of file", onTheLine("pc.sh", aPNG(t, 3)), nil, ""},
		{"no picture", onTheLine("pc.png", []byte("#!/bin/sh\n")), nil, "damaged"},
		{"a byte less", strings.Replace(onTheLine("pc.png", aPNG(t, 3)), "iVBO", "iVB", 1), nil, "damaged"},
		{"too much", "-----BEGIN PNG pc.png-----\n" + strings.Repeat(strings.Repeat("A", 64)+"\n", maxShot/48+2), nil, "more than 24 MiB"},
		{"a line without end", "-----BEGIN PNG pc.png-----\n" + strings.Repeat("A", 1<<20), nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "shots")
			told := ""
			s := &screenshots{dir: dir, tell: func(format string, args ...any) { told += fmt.Sprintf(format, args...) + "\n" }}
			for rest := c.line; rest != ""; { // in pieces, as they come
				n := min(len(rest), 777)
				s.Write([]byte(rest[:n]))
				rest = rest[n:]
			}
			files, _ := os.ReadDir(dir)
			if len(files) != len(c.files) {
				t.Errorf("%d files, want %d", len(files), len(c.files))
			}
			for name, width := range c.files {
				b, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				if width == 0 {
					if !bytes.Equal(b, aPcap) {
						t.Errorf("%s: %q", name, b)
					}
					continue
				}
				if img, err := png.Decode(bytes.NewReader(b)); err != nil || img.Bounds().Dx() != width {
					t.Errorf("%s: %v", name, err)
				}
			}
			if !strings.Contains(told, c.told) || c.told == "" && told != "" {
				t.Errorf("told %q, want %q", told, c.told)
			}
		})
	}
}

func TestRunWritesScreenshots(t *testing.T) {
	dir := t.TempDir()
	_, stderr, status := ringo(t, fmt.Sprintf("say %q\nhang", onTheLine("pc.png", aPNG(t, 7))+"done\r\n"),
		"run", "-screenshot", dir, "-expect", "done", kernel(t))
	if _, err := os.Stat(filepath.Join(dir, "pc.png")); err != nil || status != statusOK {
		t.Errorf("status %d, %v: %s", status, err, stderr)
	}
}

func FuzzScreenshots(f *testing.F) {
	f.Add([]byte(onTheLine("pc.png", aPNG(f, 7))))
	f.Add([]byte("-----BEGIN PNG a.png-----\n====\n-----END PNG a.png-----\n"))
	f.Fuzz(func(t *testing.T, line []byte) {
		dir := t.TempDir()
		s := &screenshots{dir: filepath.Join(dir, "shots"), tell: func(string, ...any) {}}
		s.Write(line)
		all, err := os.ReadDir(dir)
		if err != nil || len(all) > 1 {
			t.Errorf("%v, %d files beside the folder", err, len(all))
		}
	})
}
