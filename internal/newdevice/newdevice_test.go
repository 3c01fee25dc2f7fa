// Package newdevice checks the pages that lead a reader through a new part of
// Ringo, docs/new-device.md and docs/serial-backend.md: what one copies from
// there builds and passes its tests.
package newdevice

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const root = "../.."

// block is a block of code with the file that it belongs to, and, if that is
// there already, the line that it comes behind.
var block = regexp.MustCompile("(?ms)^```go (\\S+)(?: after (\".*?\"))?$\n(.*?)^```$")

func TestThisPageWorks(t *testing.T) {
	for name, packages := range map[string][]string{
		"new-device.md":     {"eggtimer", "pc"},
		"serial-backend.md": {"char", "manager"},
	} {
		t.Run(name, func(t *testing.T) { works(t, name, packages) })
	}
}

// works puts what is on a page into the tree, and tests packages of vmm.
func works(t *testing.T, name string, packages []string) {
	page, err := os.ReadFile(filepath.Join(root, "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	blocks := block.FindAllStringSubmatch(string(page), -1)
	if n := strings.Count(string(page), "```go"); n != len(blocks) || n == 0 {
		t.Fatalf("%d blocks of code, %d with a file", n, len(blocks))
	}
	files := map[string]string{}
	for _, b := range blocks {
		name, after, code := b[1], b[2], b[3]
		if after == "" {
			files[name] = code
			continue
		}
		if files[name] == "" {
			text, err := os.ReadFile(filepath.Join(root, name))
			if err != nil {
				t.Fatal(err)
			}
			files[name] = string(text)
		}
		line, err := strconv.Unquote(strings.ReplaceAll(after, "\t", `\t`))
		if err != nil {
			t.Fatalf("%s: %s: %v", name, after, err)
		}
		before, rest, ok := strings.Cut(files[name], line+"\n")
		if !ok || strings.Contains(rest, line+"\n") {
			t.Fatalf("%s: the line %q is not there once", name, line)
		}
		files[name] = before + line + "\n" + code + rest
	}
	overlay := filepath.Join(t.TempDir(), "overlay.json")
	var config struct{ Replace map[string]string }
	config.Replace = map[string]string{}
	for name, text := range files {
		path := filepath.Join(filepath.Dir(overlay), strings.ReplaceAll(name, "/", "_"))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		real, err := filepath.Abs(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		config.Replace[real] = path
	}
	b, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(overlay, b, 0o600); err != nil {
		t.Fatal(err)
	}
	// A new folder is not there, so neither vet nor its test can run in it.
	for _, pkg := range packages {
		binary := filepath.Join(filepath.Dir(overlay), pkg+".test")
		build := exec.Command("go", "test", "-c", "-vet=off", "-overlay", overlay, "-o", binary, "./vmm/"+pkg)
		build.Dir = root
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%s does not build: %v\n%s", pkg, err, out)
		}
		if out, err := exec.Command(binary).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", pkg, err, out)
		}
	}
}
