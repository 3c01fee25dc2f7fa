package doccheck

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

// What documents say of files and what is in them is so. A page that makes the
// reader write a file names one that is not there.
func TestDocumentsNameWhatIsThere(t *testing.T) {
	written := map[string]bool{"vmm/eggtimer/eggtimer.go": true, "vmm/eggtimer/eggtimer_test.go": true, "vmm/sched/yourname.go": true, "vmm/char/shout.go": true}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && path != root && (name == "build" || strings.HasPrefix(name, ".")) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".md") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, to := range Links(string(text)) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), to)); err != nil && !strings.Contains(to, "//") {
				t.Errorf("%s: there is no %s", path, to)
			}
		}
		for _, r := range References(string(text)) {
			if written[r.Path] || strings.HasPrefix(r.Path, "build/") {
				continue
			}
			if err := r.Check(root); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestReferences(t *testing.T) {
	for text, want := range map[string]string{
		"`internal/doccheck/doccheck.go`":                 "",
		"`internal/doccheck/doccheck.go:References`":      "",
		"`internal/doccheck/doccheck.go:Reference.Check`": "",
		"`internal/doccheck/doccheck.go:Reference`":       "",
		"`internal/doccheck/doccheck.go:span`":            "",
		"`kernel/start_amd64.s:start`":                    "",
		"`internal/doccheck/doccheck.go:Check`":           "declares no Check",
		"`internal/doccheck/doccheck.go:Reference.None`":  "declares no",
		"`kernel/start_amd64.s:star`":                     "declares no",
		"`internal/doccheck/nobody.go`":                   "there is no file",
	} {
		list := References("a\n" + text)
		if len(list) != 1 || list[0].Line != 2 {
			t.Fatalf("%s: %+v", text, list)
		}
		err := list[0].Check(root)
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
