package guestos

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// unpack reads an archive and returns a line for each entry: mode, device, name
// and, in quotes, contents.
func unpack(t *testing.T, archive []byte) []string {
	t.Helper()
	var entries []string
	for at := 0; ; {
		if at%4 != 0 || len(archive) < at+110 || string(archive[at:at+6]) != "070701" {
			t.Fatalf("no header at %d", at)
		}
		var field [13]int
		for i := range field {
			n, err := strconv.ParseUint(string(archive[at+6+8*i:][:8]), 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			field[i] = int(n)
		}
		mode, links, size, major, minor, nameSize := field[1], field[4], field[6], field[9], field[10], field[11]
		at += 110
		name := string(archive[at : at+nameSize-1])
		at = (at + nameSize + 3) &^ 3
		data := string(archive[at : at+size])
		at = (at + size + 3) &^ 3
		if name == "TRAILER!!!" {
			if at != len(archive) {
				t.Errorf("%d bytes behind the trailer", len(archive)-at)
			}
			return entries
		}
		if field[0] != len(entries)+1 || links != 1 {
			t.Errorf("%s is inode %d with %d links", name, field[0], links)
		}
		entries = append(entries, fmt.Sprintf("%o %d,%d %s %q", mode, major, minor, name, data))
	}
}

func TestTheBusyboxArchiveHasWhatItsInitNeeds(t *testing.T) {
	got := strings.Join(unpack(t, packBusybox([]byte("program"))), "\n")
	for _, want := range []string{
		`40755 0,0 bin ""`, `40755 0,0 proc ""`, `40755 0,0 sys ""`, `40755 0,0 dev ""`,
		`20600 5,1 dev/console ""`,
		`100755 0,0 bin/busybox "program"`,
		`120777 0,0 bin/sh "busybox"`,
		`100755 0,0 init "#!/bin/sh\n`,
	} {
		if !strings.Contains("\n"+got, "\n"+want) {
			t.Errorf("no entry %s in\n%s", want, got)
		}
	}
	if i, j := strings.Index(got, " bin "), strings.Index(got, "bin/busybox"); j < i {
		t.Error("a file comes before its directory")
	}
}

func TestBusyboxIsPackedAgainWhenItsInitChanges(t *testing.T) {
	r := newRig(t)
	r.archive("busybox-static", "1:1.35", "bin/busybox", "program")
	deb := Options{Deb: r.fixtures + "/package.deb"}
	if _, err := r.fetch("busybox", deb); err != nil {
		t.Fatal(err)
	}
	r.has("busybox", "busybox-static 1:1.35")
	g := lookup("busybox")
	defer func(recipe string) { g.debian.recipe = recipe }(g.debian.recipe)
	g.debian.recipe = "0123456789ab"
	r.has("busybox", "")
}

func TestFieldsOfTheFirstParagraph(t *testing.T) {
	f := fields([]byte("\nPackage: a\nDepends: b (= 1:2),\n c: d\nVersion: 1:2\n\nPackage: z\n"))
	if f["Package"] != "a" || f["Version"] != "1:2" || f["Depends"] != "b (= 1:2)," || len(f) != 3 {
		t.Errorf("fields %q", f)
	}
}

func FuzzFields(f *testing.F) {
	f.Add([]byte("Package: a\nDescription: b\n c\n .\n d: e\n\nPackage: f\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for name, value := range fields(text) {
			if strings.ContainsAny(name, "\n:") || strings.Contains(value, "\n") {
				t.Errorf("field %q: %q", name, value)
			}
		}
	})
}
