package cpio

import (
	"strings"
	"testing"
)

// sample has each kind of entry, and contents of sizes that need padding.
func sample() []byte {
	var w Writer
	w.Dir("dev", 0o755)
	w.CharDevice("dev/console", 0o600, 5, 1)
	w.File("init", 0o755, []byte("12345"))
	w.Symlink("linuxrc", "init")
	w.File("empty", 0o644, nil)
	return w.End()
}

// header is that of the n-th entry, without the fields that are always 0.
func header(inode, mode, size, minorMajor, nameSize string) string {
	const zero = "00000000"
	return "070701" + inode + mode + zero + zero + "00000001" + zero + size + zero + zero + minorMajor + nameSize + zero
}

func TestEntriesAreLaidOutAsTheFormatSays(t *testing.T) {
	const zeros = "0000000000000000"
	want := header("00000001", "000041ed", "00000000", zeros, "00000004") + "dev\x00\x00\x00" +
		header("00000002", "00002180", "00000000", "0000000500000001", "0000000c") + "dev/console\x00\x00\x00" +
		header("00000003", "000081ed", "00000005", zeros, "00000005") + "init\x00\x00" + "12345\x00\x00\x00" +
		header("00000004", "0000a1ff", "00000004", zeros, "00000008") + "linuxrc\x00\x00\x00" + "init" +
		header("00000005", "000081a4", "00000000", zeros, "00000006") + "empty\x00" +
		header("00000006", "00000000", "00000000", zeros, "0000000b") + "TRAILER!!!\x00\x00\x00\x00"
	pad := func(s string) string { return strings.ReplaceAll(s, "\x00", "~") }
	if got := string(sample()); got != want {
		t.Errorf("got\n%s\nwant\n%s", pad(got), pad(want))
	}
}

func TestTheSameFilesMakeTheSameArchive(t *testing.T) {
	if string(sample()) != string(sample()) {
		t.Error("two archives of the same files differ")
	}
}
