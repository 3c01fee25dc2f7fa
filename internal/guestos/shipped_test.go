package guestos

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ringo-vmm/ringo/vmm/config"
)

// repository is this one.
func repository(t *testing.T) Store {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return Store{Root: root, Log: t.Output()}
}

func TestShippedConfigurationsNeedNothingButGuests(t *testing.T) {
	s := repository(t)
	files, err := filepath.Glob(filepath.Join(s.Root, "iso", "*.toml"))
	if err != nil || len(files) < 5 {
		t.Fatalf("configurations %v, %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c, errs := config.Parse(text)
		for _, err := range errs {
			t.Errorf("%s: %v", file, err)
		}
		if len(c.VMs) == 0 {
			t.Errorf("%s has no machine", file)
		}
		for _, vm := range c.VMs {
			for _, i := range vm.Images() {
				if s.ByPath(filepath.Join(filepath.Dir(file), i.Path)) == nil {
					t.Errorf("%s: %s", file, vm.Errorf(i.Key, "ringo guest fetch does not know %s", i.Path))
				}
			}
		}
	}
}

func TestTheShippedLockHasEveryPackage(t *testing.T) {
	lock, err := repository(t).readLock()
	if err != nil {
		t.Fatal(err)
	}
	want := 0
	for _, g := range Guests {
		var names []string
		switch {
		case g.debian != nil:
			names = []string{g.Name}
		case g.ramdisk != nil:
			for _, p := range g.ramdisk.all() {
				names = append(names, g.Name+"/"+p.ask)
			}
		case g.system != nil:
			for _, p := range g.system.all() {
				names = append(names, g.Name+"/"+p.ask)
			}
		}
		want += len(names)
		for _, name := range names {
			if l, ok := lock[name]; !ok || len(l.sum) != 64 {
				t.Errorf("%s is in the lock: %t, %v", name, ok, l)
			}
		}
	}
	if len(lock) != want {
		t.Errorf("the lock has %d packages, want %d", len(lock), want)
	}
}

func TestTheURootModuleHasAnInitAndAShell(t *testing.T) {
	version, commands, err := repository(t).urootContents()
	if err != nil || version == "" {
		t.Fatalf("version %q, %v", version, err)
	}
	has := make(map[string]bool)
	for _, c := range commands {
		has[filepath.Base(c)] = true
	}
	for _, want := range []string{"init", "gosh", "ls", "cat", "uname", "dmesg", "ps", "mount", "free", "poweroff"} {
		if !has[want] {
			t.Errorf("no command %s", want)
		}
	}
	if has["u-root"] {
		t.Error("the tool itself is packed")
	}
}
