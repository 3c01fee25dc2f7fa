package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// configuration writes files and a configuration that names them, and returns
// its path.
func configuration(t *testing.T, text string, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range append(files, "conf/my.toml") {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "conf/my.toml")
}

// vm is the text of a machine.
func vm(name, memory, kernel, more string) string {
	return fmt.Sprintf("[[vm]]\nname = %q\nmemory = %q\nkernel = %q\n%s\n", name, memory, kernel, more)
}

// emulatorArgs runs the tool with a machine that says it is up and returns
// what the emulator was told.
func emulatorArgs(t *testing.T, args ...string) (emulator, stderr string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "args")
	_, stderr, status := ringo(t, "file "+file+"\nsay \"up\"\nhang", append(append([]string{"run", "-expect", "up"}, args...), kernel(t))...)
	b, err := os.ReadFile(file)
	if status != statusOK || err != nil {
		t.Fatalf("status %d, %v\n%s", status, err, stderr)
	}
	return strings.Join(strings.Split(string(b), "\n"), " "), stderr
}

func TestRunPacksTheConfigurationAndItsFiles(t *testing.T) {
	file := configuration(t, vm("a", "256M", "../k/vmlinuz", "initrd = 'i.cpio'")+vm("b", "2G", "../conf/../k/vmlinuz", ""), "k/vmlinuz", "conf/i.cpio", "extra")
	args, stderr := emulatorArgs(t, "-config", file, "-module", filepath.Join(filepath.Dir(file), "../extra")+" x")
	_, list, _ := strings.Cut(args, "-initrd ")
	list, _, _ = strings.Cut(list, " -")
	var names []string
	for m := range strings.SplitSeq(list, ",") {
		names = append(names, filepath.Base(m))
	}
	if got := strings.Join(names, " "); got != "vms.toml vmlinuz i.cpio extra x" {
		t.Errorf("modules %q", got)
	}
	if !strings.Contains(args, " -m 2816M ") {
		t.Errorf("not 256M + 2G + 512M of memory: %s", args)
	}
	if strings.Contains(stderr, "my.toml") {
		t.Errorf("stderr %q", stderr)
	}
}

func TestRunWithMemoryGivenAndWithout(t *testing.T) {
	file := configuration(t, vm("a", "256M", "k", ""), "conf/k")
	if args, _ := emulatorArgs(t, "-config", file, "-mem", "3G"); !strings.Contains(args, " -m 3072M ") {
		t.Errorf("-mem does not count: %s", args)
	}
	if args, _ := emulatorArgs(t, "-config", "none"); !strings.Contains(args, " -m 1024M ") || strings.Contains(args, "-initrd") {
		t.Errorf("without a configuration: %s", args)
	}
}

func TestAMistakeInOneMachineIsSaidAndTheOthersRun(t *testing.T) {
	file := configuration(t, vm("a", "0M", "k", "")+vm("b", "32M", "no/such", "")+vm("c", "64M", "k", ""), "conf/k")
	args, stderr := emulatorArgs(t, "-config", file)
	if strings.Count(args, "/k") < 1 || strings.Contains(args, "such") {
		t.Errorf("emulator's arguments %s", args)
	}
	for _, want := range []string{
		"ringo: " + file + ": line 3: vm a: memory: 0 of memory; a machine has 2M to 1024G\n",
		"ringo: " + file + ": line 9: vm b: kernel: there is no file " + filepath.Dir(file) + "/no/such\n",
	} {
		if !strings.Contains(stderr, want) {
			t.Errorf("no %q in %q", want, stderr)
		}
	}
}

func TestAConfigurationWithoutAMachineToStart(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       string
	}{
		{"a folder for a file", vm("a", "32M", "../conf", ""), "line 4: vm a: kernel: "},
		{"no file", vm("a", "32M", "k", "modules = [{file = 'm'}]"), "line 5: vm a: modules[0]: there is no file "},
		{"no machine", "", "no machine to start"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := configuration(t, c.text, "k", "conf/k")
			_, stderr, status := ringo(t, "", "run", "-config", file, kernel(t))
			if status != statusUsage || !strings.Contains(stderr, c.want) || !strings.HasSuffix(stderr, "my.toml: no machine to start\n") {
				t.Errorf("status %d, stderr %q, want %q", status, stderr, c.want)
			}
		})
	}
}

func TestMoreFilesThanABootLoaderPasses(t *testing.T) {
	var modules, files []string
	for i := range 64 {
		name := fmt.Sprintf("m%d", i)
		files = append(files, "conf/"+name)
		modules = append(modules, fmt.Sprintf("{file='%s'}", name))
	}
	file := configuration(t, vm("a", "32M", "m0", "modules = ["+strings.Join(modules, ",")+"]"), files...)
	_, stderr, status := ringo(t, "", "run", "-config", file, kernel(t))
	if status != statusUsage || !strings.Contains(stderr, "64 files; a boot loader passes 63") {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
}

func TestAGuestThatAConfigurationNamesIsFetched(t *testing.T) {
	file := configuration(t, vm("a", "32M", "../build/guests/memtest.bin", ""))
	root := filepath.Dir(filepath.Dir(file))
	if err := os.WriteFile(filepath.Join(root, "go.mod"), []byte("module "+modulePath+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	// That there is nothing to fetch it with shows that it was tried.
	c := newTool(t, "", "run", "-config", file, kernel(t))
	c.Dir, c.Env = root, append(os.Environ(), "PATH=/nonexistent")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if status := c.wait(); status != statusNoStart || !strings.Contains(c.stderr.String(), "guest memtest: this machine has no apt-get") {
		t.Errorf("status %d, stderr %q", status, &c.stderr)
	}
}
