// Package grade grades the labs of docs/course: it runs a lab's tests and its
// virtual machines, within bounds of time and memory, and counts points.
//
// A lab is a folder of labs/: a Go package with a marked gap, its tests, and
// lab.toml, which says what is worth how much (lab.go). Each test runs in a
// process of its own (tests.go), and the lab's guests under a kernel that has
// the labs in it (guest.go). report.go puts the points together.
package grade

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// Lab is an assignment.
type Lab struct {
	Name   string `toml:"-"` // of its folder
	Dir    string `toml:"-"`
	Number int    `toml:"number"` // in the course, from 1
	Title  string `toml:"title"`
	Page   string `toml:"page"` // the text, from the repository's root
	Tests  []Test `toml:"test"`
	Run    *Run   `toml:"run"` // nil: no guest runs
}

// Test is a unit test that is worth points.
type Test struct {
	Name   string `toml:"name"` // of the Go function
	What   string `toml:"what"` // the criterion, in a few words
	Points int    `toml:"points"`
}

// Run is a boot of Ringo with the lab in it.
type Run struct {
	Machine string `toml:"machine"` // as in ringo run -m; empty: the first
	CPUs    int    `toml:"cpus"`    // of the machine, 1 if 0
	Append  string `toml:"append"`  // to the kernel's command line
	Config  string `toml:"config"`  // the virtual machines, a file in the lab's folder
	// Guests are the micro-guests that the configuration names as files: NAME.bin.
	Guests []string `toml:"guests"`
	Steps  []Step   `toml:"step"`
}

// Step is something that is typed, and what should come of it. A step without
// points prepares the next one.
type Step struct {
	Send   string `toml:"send"`   // a command for the monitor, or what else is typed
	Expect string `toml:"expect"` // a regular expression that must match the command's answer
	// After is a regular expression to wait for in place of the prompt. What is
	// typed is no command then: Expect is waited for.
	After  string `toml:"after"`
	What   string `toml:"what"`
	Points int    `toml:"points"`

	after, expect *regexp.Regexp
}

// file is what describes a lab.
const file = "lab.toml"

// Load reads the lab of a name or number in the repository at root.
func Load(root, name string) (*Lab, error) {
	all, err := All(root)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, l := range all {
		if l.Name == name || strconv.Itoa(l.Number) == name {
			return l, nil
		}
		names = append(names, fmt.Sprintf("%d %s", l.Number, l.Name))
	}
	return nil, fmt.Errorf("no lab is called %q; there are %s", name, strings.Join(names, ", "))
}

// All are the labs of the repository at root, by number.
func All(root string) ([]*Lab, error) {
	paths, err := filepath.Glob(filepath.Join(root, "labs", "*", file))
	if err != nil {
		return nil, err
	}
	var labs []*Lab
	for _, path := range paths {
		l, err := read(path)
		if err != nil {
			return nil, err
		}
		labs = append(labs, l)
	}
	slices.SortFunc(labs, func(a, b *Lab) int { return a.Number - b.Number })
	return labs, nil
}

// read reads a lab's description.
func read(path string) (*Lab, error) {
	l := &Lab{Dir: filepath.Dir(path), Name: filepath.Base(filepath.Dir(path))}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	meta, err := toml.Decode(string(text), l)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return nil, fmt.Errorf("%s: there is no key %s", path, extra[0])
	}
	if l.Run == nil {
		return l, nil
	}
	for i := range l.Run.Steps {
		s := &l.Run.Steps[i]
		if s.after, err = regexp.Compile(s.After); err == nil {
			s.expect, err = regexp.Compile(s.Expect)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: step %d: %w", path, i+1, err)
		}
	}
	return l, nil
}

// Limits are what a submission may use.
type Limits struct {
	Test   time.Duration // one test
	Step   time.Duration // one step of a run
	Memory uint64        // bytes of one test's process

	Compile       time.Duration // of the tests, and of the kernel
	CompileMemory uint64        // bytes of each process of the compiler
}

// DefaultLimits are enough for every solution on a slow machine.
var DefaultLimits = Limits{
	Test: 20 * time.Second, Step: 20 * time.Second, Memory: 1 << 30,
	Compile: 10 * time.Minute, CompileMemory: 4 << 30,
}
