package elfdeps

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// shell is a program of Debian's with a library that needs another.
const shell = "/bin/bash"

func TestLibrariesAreThoseThatTheDynamicLinkerLoads(t *testing.T) {
	files, err := Of(shell, Folders)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("ldd", shell).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`/\S+`).FindAllString(string(out), -1)
	slices.Sort(want)
	slices.Sort(files)
	if len(want) < 2 || !slices.Equal(files, want) {
		t.Errorf("%s, want %s", files, want)
	}
}

func TestAStaticProgramNeedsNothing(t *testing.T) {
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "a"), ".")
	build.Dir, build.Env = dir, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	for name, text := range map[string]string{"go.mod": "module a\n", "a.go": "package main\nfunc main() {}\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if files, err := Of(filepath.Join(dir, "a"), Folders); err != nil || files != nil {
		t.Errorf("%v, %v", files, err)
	}
}

func TestALibraryThatIsNotThereIsNamed(t *testing.T) {
	_, err := Of(shell, []string{"/nowhere"})
	if err == nil || !strings.HasPrefix(err.Error(), shell+" needs lib") || !strings.HasSuffix(err.Error(), "which is not in /nowhere") {
		t.Error(err)
	}
	if _, err := Of("elfdeps.go", Folders); err == nil {
		t.Error("a text has libraries")
	}
}
