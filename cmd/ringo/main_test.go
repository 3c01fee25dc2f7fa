package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/internal/emu/fakeemu"
)

// toolVar makes this binary the tool itself.
const toolVar = "RINGO_TEST_TOOL"

func TestMain(m *testing.M) {
	fakeemu.Main()
	if os.Getenv(toolVar) != "" {
		os.Setenv(toolVar, "")
		main()
	}
	os.Exit(m.Run())
}

// tool is a running ringo command.
type tool struct {
	*exec.Cmd
	t              *testing.T
	stdout, stderr bytes.Buffer
	tmp            string
	closeEarly     bool // started closes standard output once it has the text
}

// newTool prepares the command for a machine that follows script. The image is
// a file that passes for a kernel.
func newTool(t *testing.T, script string, args ...string) *tool {
	t.Helper()
	c := &tool{t: t, tmp: t.TempDir()}
	t.Setenv("TMPDIR", c.tmp)
	t.Setenv(toolVar, "1")
	fakeemu.Use(t, script)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c.Cmd = exec.Command(self, args...)
	c.Cmd.Stdout, c.Cmd.Stderr = &c.stdout, &c.stderr
	// A test that fails must not wait for a machine for ever.
	stop := time.AfterFunc(time.Minute, func() { c.Process.Kill() })
	t.Cleanup(func() { stop.Stop() })
	return c
}

// wait waits for the end of the command, whose status it returns, and checks
// that it left nothing behind.
func (c *tool) wait() int {
	c.t.Helper()
	c.Cmd.Wait()
	if left, _ := os.ReadDir(c.tmp); len(left) > 0 {
		c.t.Errorf("left behind: %v", left)
	}
	return c.ProcessState.ExitCode()
}

// ringo runs the command to its end.
func ringo(t *testing.T, script string, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	c := newTool(t, script, args...)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	status = c.wait()
	return c.stdout.String(), c.stderr.String(), status
}

// kernel is the path of a file that passes for a kernel.
func kernel(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "k.elf")
	if err := os.WriteFile(name, []byte("\x7fELF"), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestMistakesOnTheCommandLineAreOneLineAndStatus2(t *testing.T) {
	k := kernel(t)
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"no such command", []string{"fly"}, `no command is called "fly"`},
		{"no such flag", []string{"run", "-fly", k}, "-fly; ringo run -h lists the flags"},
		{"no such machine", []string{"run", "-m", "pdp-11", k}, `no machine is called "pdp-11"`},
		{"no such way to boot", []string{"run", "-boot", "tape", k}, `no way to boot is called "tape"`},
		{"no such file", []string{"run", k + ".none"}, "no such file"},
		{"two images", []string{"run", k, k}, "unexpected argument"},
		{"an argument of build", []string{"build", "all"}, "unexpected argument"},
		{"bad expression", []string{"run", "-expect", "(", k}, "-expect: error parsing regexp"},
		{"bad expression to type after", []string{"run", "-send", "(=>x", k}, "error parsing regexp"},
		{"bad escape", []string{"run", "-send", `\q`, k}, "bad escape sequence"},
		{"bad memory", []string{"run", "-mem", "lots", k}, "512M or 4G"},
		{"too much memory", []string{"run", "-mem", "4096G", k}, "MiB of memory"},
		{"bad time", []string{"run", "-timeout", "-1s", k}, "positive time"},
		{"nothing to go on from", []string{"run", "-keep-going", k}, "after -expect"},
		{"log into nowhere", []string{"run", "-log", k + "/log", k}, "-log: "},
		{"bad module", []string{"run", "-module", " ", k}, "no file named"},
		{"no configuration", []string{"run", "-config", k + ".none", k}, "-config: open "},
		{"nothing to do with guests", []string{"guest"}, "ringo guest fetch or ringo guest list"},
		{"something else with guests", []string{"guest", "eat"}, "ringo guest fetch or ringo guest list"},
		{"no such guest", []string{"guest", "fetch", "hurd"}, `no guest is called "hurd"`},
		{"a list of some guests", []string{"guest", "list", "cloud"}, "takes nothing else"},
		{"a package for no guest", []string{"guest", "fetch", "-deb", k}, "name that"},
		{"no disk", []string{"usb"}, "which disk?"},
		{"quotes for GRUB", []string{"iso", "-append", `"`}, "command line"},
	} {
		t.Run(c.name, func(t *testing.T) {
			stdout, stderr, status := ringo(t, "", c.args...)
			if status != statusUsage || stdout != "" || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
				t.Errorf("status %d, stdout %q, stderr %q; want status 2 and one line with %q", status, stdout, stderr, c.want)
			}
		})
	}
}

func TestHelpListsEveryCommandAndFlag(t *testing.T) {
	stdout, stderr, status := ringo(t, "", "help")
	for _, c := range commands {
		if !strings.Contains(stdout, "  "+c.name+" ") {
			t.Errorf("help does not list %s", c.name)
		}
	}
	if status != 0 || stderr != "" {
		t.Errorf("help: status %d, stderr %q", status, stderr)
	}
	stdout, stderr, status = ringo(t, "", "run", "-h")
	for _, want := range []string{"bochs-vmx", "-expect", "-timeout", "uefi-pxe"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("run -h does not tell of %s", want)
		}
	}
	if status != 0 || stderr != "" {
		t.Errorf("run -h: status %d, stderr %q", status, stderr)
	}
}

func TestFuzzTargetsAreReadFromGoTestList(t *testing.T) {
	out := []byte("FuzzA\nFuzzB\nok  \tx/a\t0.01s\n?   \tx/b\t[no test files]\nok  \tx/c\t0.01s\nFuzzC\nok  \tx/d\t(cached)\n")
	var got strings.Builder
	for _, f := range fuzzTargets(out) {
		io.WriteString(&got, f.pkg+"."+f.name+" ")
	}
	if got.String() != "x/a.FuzzA x/a.FuzzB x/d.FuzzC " {
		t.Errorf("targets %s", got.String())
	}
}
