package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// At a serial port too, what is typed goes to the machine, and the files that it
// sends become files.
func TestConsoleTakesFilesOut(t *testing.T) {
	line, port := openPTY(t)
	master, slave := openPTY(t)
	dir := t.TempDir()
	log := filepath.Join(dir, "log")
	cmd := newTool(t, "", "console", "-screenshot", dir, "-log", log, port.Name())
	cmd.Stdin, cmd.Cmd.Stdout, cmd.Cmd.Stderr = slave, slave, slave
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &screen{t: t, r: master}
	s.until("at 115200 baud")
	io.WriteString(master, "trace save\r")
	(&screen{t: t, r: line}).until("trace save\r")
	text := onTheLine("pc.png", aPNG(t, 320)) + strings.ReplaceAll(onTheLine("boot.trace", aTrace(t)), " PNG ", " TRACE ")
	io.WriteString(line, text+"ringo> ")
	s.until("trace: " + filepath.Join(dir, "boot.trace"))
	s.until("ringo> ")
	io.WriteString(master, "\x01x")
	if status := cmd.wait(); status != statusOK {
		t.Errorf("status %d\n%s", status, s.got)
	}
	for name, want := range map[string][]byte{"pc.png": aPNG(t, 320), "boot.trace": aTrace(t), "log": []byte(text + "ringo> ")} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v, %d bytes, want %d", name, err, len(got), len(want))
		}
	}
}
