//go:build boot

package test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/internal/emu"
	"github.com/ringo-vmm/ringo/internal/hostpkg"
)

var tamago = flag.String("tamago", "", "build the kernel with TamaGo's go command at this path")

// What TestMain makes, and the tool it makes it with.
var (
	ringoTool string
	kernelELF = "../build/ringo.elf"
	hybridISO = "../build/ringo.iso"
	pxeFolder = "../build/pxe"
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

// run builds the kernel and everything it is booted from, as a user would.
func run(m *testing.M) int {
	if err := hostpkg.This(os.Stderr).Check(hostpkg.All()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	dir, err := os.MkdirTemp("", "ringo-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	ringoTool = filepath.Join(dir, "ringo")
	steps := [][]string{
		{"go", "build", "-o", ringoTool, "../cmd/ringo"},
		{ringoTool, "guest", "fetch"},
		{ringoTool, "build", "-tamago", *tamago},
		{ringoTool, "iso", "-tamago", *tamago, "-config", "none"},
		{ringoTool, "pxe", "-tamago", *tamago, "-config", "none"},
	}
	for _, s := range steps {
		if out, err := exec.Command(s[0], s[1:]...).CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n%s", strings.Join(s, " "), err, out)
			return 1
		}
	}
	return m.Run()
}

// waitTime is how long a machine may take for anything a test expects of it.
// The slowest boots take a tenth of it on two cores that do nothing else.
const waitTime = 3 * time.Minute

// slowTime is that for Bochs, of which two run at a time.
const slowTime = 10 * time.Minute

// console is a machine's serial line in a test's hands. Its methods end the
// test when the machine does not do as expected.
type console struct {
	*testing.T
	vm   *emu.VM
	at   int           // how much of the output earlier expectations have matched
	wait time.Duration // how long each thing may take
}

// boot starts a machine, with the kernel as its image if o names none. The
// machine is ended with the test.
func boot(t *testing.T, o emu.Options) *console {
	t.Helper()
	if o.Image == "" {
		o.Image = kernelELF
	}
	vm, err := emu.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(vm.Kill)
	return &console{T: t, vm: vm, wait: patience(o.Machine)}
}

// patience is how long a machine may take for anything.
func patience(machine string) time.Duration {
	if strings.HasPrefix(machine, "bochs") {
		return slowTime
	}
	return waitTime
}

// Tests run one by one if they measure time or have several processors, and the
// others after those, two at a time: t.Parallel.

// aside lets a test on Bochs run beside another of the same test, or, if that is
// aside itself, of all. Bochs keeps one core busy for a minute or so; such a test
// comes after those that run one by one, and must not measure.
func aside(t *testing.T, machine string) {
	t.Helper()
	if strings.HasPrefix(machine, "bochs") {
		t.Parallel()
	}
}

// Expect waits until re matches what came after the last expectation's match.
func (c *console) Expect(re string) *console {
	c.Helper()
	c.Match(re)
	return c
}

// ExpectWithin is Expect for what takes long.
func (c *console) ExpectWithin(limit time.Duration, re string) {
	c.Helper()
	ctx, cancel := context.WithTimeoutCause(c.Context(), limit, errors.New("timeout"))
	defer cancel()
	if _, err := c.vm.Expect(ctx, c.at, regexp.MustCompile(re)); err != nil {
		c.Fatalf("waiting for %q: %v%s", re, err, c.stuck())
	}
}

// Match is Expect, and returns the match and its groups.
func (c *console) Match(re string) []string {
	c.Helper()
	exp := regexp.MustCompile(re)
	ctx, cancel := context.WithTimeoutCause(c.Context(), c.wait, errors.New("timeout"))
	defer cancel()
	end, err := c.vm.Expect(ctx, c.at, exp)
	if err != nil {
		c.Fatalf("waiting for %q: %v%s", re, err, c.stuck())
	}
	match := exp.FindStringSubmatch(c.vm.Output()[c.at:])
	c.at = end
	return match
}

// Send types text, in which a newline is the Enter key.
func (c *console) Send(text string) *console {
	c.Helper()
	if err := c.vm.Type(text); err != nil {
		c.Fatalf("typing %q: %v%s", text, err, c.last())
	}
	return c
}

// Exit waits for the machine's end, which must be the given one.
func (c *console) Exit(outcome emu.Outcome, code int) {
	c.Helper()
	select {
	case <-c.vm.Done():
	case <-time.After(c.wait):
		c.Fatalf("the machine does not end%s", c.last())
	}
	if e := c.vm.Exit(); e.Outcome != outcome || e.Code != code {
		c.Fatalf("the machine %v, exit code %d (%s); want %v, %d%s", e.Outcome, e.Code, e.Reason, outcome, code, c.last())
	}
}

// Ended waits for the machine's end, whatever it is.
func (c *console) Ended() {
	c.Helper()
	select {
	case <-c.vm.Done():
	case <-time.After(c.wait):
		c.Fatalf("the machine does not end%s", c.last())
	}
}

// howItStands is typed at a machine that does not do as expected. At a guest's
// console it leads to the monitor first.
const howItStands = "\x1d\nthreads\nvm top 1 1\nvm postmortem\n"

// stuck is last, of a machine that did not do as expected in time, and what it
// says when it is asked why.
func (c *console) stuck() string {
	return c.last() + "\nasked how it stands, it says:\n" + c.vm.Ask(howItStands, 20*time.Second)
}

// last is the end of the output, for messages.
func (c *console) last() string {
	text := "\nthe last of the output:\n" + lastLines(c.vm.Output(), 40)
	if m := c.vm.Messages(); m != "" {
		text += "\nthe emulator says:\n" + m
	}
	return text
}

// lastLines is the end of a text.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
