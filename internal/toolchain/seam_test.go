package toolchain

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The code above the engines knows no vendor's virtualization. vendorWords are
// words by which it would be named, in identifiers, strings and comments.
var vendorWords = regexp.MustCompile(`(?i)svm|vmx|vmc[bs]|amd-v\b|vt-x|vmrun|vmlaunch|vmresume|vmread|vmwrite|vmexit`)

// vendorFolders are the engines, the tools, which name emulated machines, and
// the processor's features and registers by their manuals' names.
var vendorFolders = []string{"svm", "vmx", "cmd", "internal", "test", "amd64/cpuid", "amd64/msr", "build", ".git"}

// vendorFiles are files elsewhere that cannot do without.
var vendorFiles = map[string]string{
	"kernel/engine.go":             "picks the engine",
	"kernel/monitor/cpuid.go":      "shows what the host's CPUID says",
	"kernel/frame/doc.go":          "whose memory it may be",
	"kernel/frame/owner.go":        "whose memory it may be",
	"pci/ids.go":                   "a network adapter's name",
	"vmm/x86/control.go":           "bits of a guest's registers that it may not set",
	"vmm/policy/leaves.go":         "what a guest is not told of",
	"vmm/policy/msrtable.go":       "what a guest is not told of",
	"vmm/emulate/hlt.go":           "an instruction that is not emulated",
	"vmm/guests/all.go":            "a guest that tries the instructions",
	"vmm/guests/hostile_svm.go":    "a guest that tries the instructions",
	"vmm/guests/asm/privileged.go": "the instructions",
	"vmm/guests/asm/system.go":     "the instructions",
}

func TestNoVendorAboveTheEngines(t *testing.T) {
	const root = "../.."
	seen := map[string]bool{}
	files := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains(vendorFolders, filepath.ToSlash(name)) {
				return filepath.SkipDir
			}
			return nil
		}
		ext := filepath.Ext(name)
		if ext != ".go" && ext != ".s" && ext != ".h" || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		files++
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for i, line := range strings.Split(string(text), "\n") {
			word := vendorWords.FindString(line)
			if word == "" {
				continue
			}
			seen[name] = true
			if _, ok := vendorFiles[filepath.ToSlash(name)]; !ok {
				t.Errorf("%s:%d says %q: that is for the engines to know", name, i+1, word)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range vendorFiles {
		if !seen[filepath.FromSlash(name)] {
			t.Errorf("%s does not name a vendor any more: take it off the list", name)
		}
	}
	if files < 100 {
		t.Errorf("only %d files were looked at", files)
	}
}
