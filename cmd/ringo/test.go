package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/ringo-vmm/ringo/internal/hostpkg"
	"github.com/ringo-vmm/ringo/internal/toolchain"
)

// bootTag is the build tag of the tests that boot machines.
const bootTag = "boot"

// solutionTag fills the gaps of the labs, whose tests fail without.
const solutionTag = "solution"

// goRun runs the go command in the repository at root.
func goRun(root string, args ...string) error {
	fmt.Fprintf(os.Stderr, "ringo: go %s\n", strings.Join(args, " "))
	c := exec.Command("go", args...)
	c.Dir, c.Stdout, c.Stderr = root, os.Stdout, os.Stderr
	return c.Run()
}

// vet runs go vet as each of the builds sees the packages.
func (f buildFlags) vet(root string) error {
	unlock, err := lock(root)
	if err != nil {
		return err
	}
	defer unlock()
	err = goRun(root, "vet", "-tags", bootTag, "./...")
	fmt.Fprintln(os.Stderr, "ringo: go vet for the kernel's build")
	if kernel := toolchain.Vet(f.options(root)); kernel != nil {
		err = errors.Join(err, fmt.Errorf("go vet for the kernel's build: %w", kernel))
	}
	labs := f.options(root)
	labs.Tags = append(labs.Tags, "labs", solutionTag)
	fmt.Fprintln(os.Stderr, "ringo: go vet for the kernel's build with the labs' solutions")
	if kernel := toolchain.Vet(labs); kernel != nil {
		err = errors.Join(err, fmt.Errorf("go vet for the labs' solutions: %w", kernel))
	}
	return err
}

func runVet(c *cli, args []string) error {
	f := c.buildFlags()
	if err := c.parse(args, 0); err != nil {
		return err
	}
	root, err := findRoot()
	if err != nil {
		return err
	}
	return f.vet(root)
}

func runTest(c *cli, args []string) error {
	f := c.buildFlags()
	soak := c.flags.Duration("soak", 0, "run the soak tests only, for about this long in all")
	if err := c.parse(args, 0); err != nil {
		return err
	}
	root, err := findRoot()
	if err != nil {
		return err
	}
	if err := f.need(hostpkg.All()); err != nil {
		return err
	}
	if *soak != 0 {
		return f.soak(root, *soak)
	}
	// All of it, so that one run tells everything that is wrong.
	steps := []struct {
		name string
		run  func() error
	}{
		{"go vet", func() error { return f.vet(root) }},
		{"unit tests", func() error { return goRun(root, "test", "-race", "-tags="+solutionTag, "./...") }},
		{"boot tests", func() error {
			return goRun(root, "test", "-count=1", "-timeout=55m", "-parallel=2", "-tags="+bootTag, "./test", "-args", "-tamago="+*f.tamago)
		}},
	}
	var failed []string
	for _, s := range steps {
		start := time.Now()
		if err := s.run(); err != nil {
			failed = append(failed, fmt.Sprintf("%s (%v)", s.name, err))
		}
		fmt.Fprintf(os.Stderr, "ringo: %s took %s\n", s.name, seconds(time.Since(start)))
	}
	if len(failed) > 0 {
		return fmt.Errorf("failed: %s", strings.Join(failed, ", "))
	}
	return nil
}

// soak runs the two soak tests in their long form, for half of d each; then it
// destroys machines that write to their disks, soakKills times in all, and has
// others write and read large files.
func (f buildFlags) soak(root string, d time.Duration) error {
	const boots = 60 * time.Minute // for whatever they do besides
	return goRun(root, "test", "-count=1", "-v", "-timeout="+(d+boots).String(), "-tags="+bootTag, "-run=^(TestSoak|TestMachinesTogether|TestKillsLoseNoFlush|TestVirtioDevicesTogether)$",
		"./test", "-args", "-tamago="+*f.tamago, "-soak="+(d/2).String(), "-kills="+strconv.Itoa(soakKills), "-file="+strconv.Itoa(soakFile))
}

const (
	soakKills = 100 // two machines' work for a quarter of an hour
	soakFile  = 256 // MiB
)

func runFuzz(c *cli, args []string) error {
	each := c.flags.Duration("time", time.Minute, "how long to run each target")
	if err := c.parse(args, 0); err != nil {
		return err
	}
	root, err := findRoot()
	if err != nil {
		return err
	}
	list := exec.Command("go", "test", "-list=^Fuzz", "./...")
	list.Dir, list.Stderr = root, os.Stderr
	out, err := list.Output()
	if err != nil {
		return fmt.Errorf("listing the fuzz targets: %w", err)
	}
	var failed []string
	for _, t := range fuzzTargets(out) {
		if goRun(root, "test", "-run=^$", "-fuzz=^"+t.name+"$", "-fuzztime="+each.String(), t.pkg) != nil {
			failed = append(failed, t.pkg+" "+t.name)
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("failed: %s", strings.Join(failed, ", "))
	}
	return nil
}

// fuzzTarget is a fuzz test of a package.
type fuzzTarget struct{ pkg, name string }

// fuzzTargets reads what go test -list prints: the names of a package's
// targets, then a line about the package.
func fuzzTargets(out []byte) []fuzzTarget {
	var targets []fuzzTarget
	var names []string
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		if f := strings.Fields(s.Text()); len(f) == 1 {
			names = append(names, f[0])
		} else if len(f) > 1 && f[0] == "ok" {
			for _, n := range names {
				targets = append(targets, fuzzTarget{f[1], n})
			}
			names = nil
		}
	}
	return targets
}
