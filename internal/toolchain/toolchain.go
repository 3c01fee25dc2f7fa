// Package toolchain builds the kernel image.
//
// The default build is the stock Go distribution, at exactly the version that
// go.mod pins, compiling for linux/amd64 with the tag tamago: the Go runtime
// is the stock Linux one and Ringo's thread layer answers its system calls.
// TamaGo's packages need a little more of the standard library than stock Go
// has; those files are added in a GOROOT of symbolic links (goroot.go).
//
// The other build hands the same sources to TamaGo's own distribution, whose
// runtime calls the runtime/goos hooks instead.
package toolchain

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/ringo-vmm/ringo/internal/image"
	"github.com/ringo-vmm/ringo/internal/limited"
)

// TextAddress is the host-physical address of the first byte of code. The ELF
// header's page lies just below. boot's entry code knows this number too.
const TextAddress = 0x01010000

// entrySymbol is where every loader enters, in 32-bit protected mode.
const entrySymbol = "ringo_entry"

// Tags are the build tags of every kernel build. linkcpuinit keeps TamaGo's
// own entry code out.
var Tags = []string{"tamago", "linkcpuinit"}

// Options says what to build.
type Options struct {
	Root   string    // the repository
	Out    string    // output folder, Root/build if empty
	TamaGo string    // go command of a TamaGo distribution; stock Go if empty
	Tags   []string  // build tags beside Tags
	Log    io.Writer // one line a step, and the compiler's messages
	Memory uint64    // bytes that each process of the build may have; 0 is no limit
}

// Result is a built kernel.
type Result struct {
	ELF  string // path of the bootable image
	Size int64  // its size in bytes
}

// Build compiles ./kernel and writes the bootable image ringo.elf.
func Build(ctx context.Context, o Options) (Result, error) {
	env, err := prepare(&o)
	if err != nil {
		return Result{}, err
	}
	linked := filepath.Join(o.Out, "kernel.linked")
	ldflags := fmt.Sprintf("-T %#x -R 0x1000 -E %s", TextAddress, entrySymbol)
	args := []string{"build", "-trimpath", "-buildvcs=false", "-tags", o.tags(), "-ldflags", ldflags, "-o", linked, "./kernel"}
	if err := env.run(ctx, args...); err != nil {
		return Result{}, fmt.Errorf("building the kernel: %w", err)
	}
	b, err := os.ReadFile(linked)
	if err != nil {
		return Result{}, err
	}
	// The headers go into a copy: go build does not relink an output that is
	// up to date, and an image must not be patched twice.
	b, err = image.Boot(b)
	if err != nil {
		return Result{}, err
	}
	if err := image.NoteUnused(b); err != nil {
		return Result{}, err
	}
	r := Result{ELF: filepath.Join(o.Out, "ringo.elf"), Size: int64(len(b))}
	if err := writeFile(r.ELF, b); err != nil {
		return Result{}, err
	}
	line, err := image.Describe(b)
	if err != nil {
		return Result{}, err
	}
	fmt.Fprintf(o.Log, "%s: %s\n", r.ELF, line)
	return r, nil
}

// Vet runs go vet on every package as the kernel's build sees it. TamaGo's
// build has only the kernel's.
func Vet(o Options) error {
	env, err := prepare(&o)
	if err != nil {
		return err
	}
	packages := "./..."
	if o.TamaGo != "" {
		packages = "./kernel/..."
	}
	return env.run(context.Background(), "vet", "-tags", o.tags(), packages)
}

// Go runs the kernel build's go command with args, for tests that look at what
// it makes. Its output goes to o.Log.
func Go(o Options, args ...string) error {
	env, err := prepare(&o)
	if err != nil {
		return err
	}
	return env.run(context.Background(), args...)
}

// goEnv is a go command and the environment it runs in.
type goEnv struct {
	command string
	dir     string
	env     []string
	log     io.Writer
	memory  uint64 // as in Options
}

func (e *goEnv) run(ctx context.Context, args ...string) error {
	c := exec.CommandContext(ctx, e.command, args...)
	c.Dir, c.Env, c.Stdout, c.Stderr = e.dir, e.env, e.log, e.log
	if e.memory != 0 {
		return limited.Run(c, e.memory)
	}
	return c.Run()
}

func (o *Options) tags() string {
	return strings.Join(append(append([]string{}, Tags...), o.Tags...), ",")
}

// prepare fills in o's defaults and makes the go command ready.
func prepare(o *Options) (*goEnv, error) {
	if o.Log == nil {
		o.Log = io.Discard
	}
	root, err := filepath.Abs(o.Root)
	if err != nil {
		return nil, err
	}
	o.Root = root
	if o.Out == "" {
		o.Out = filepath.Join(o.Root, "build")
	}
	if err := os.MkdirAll(o.Out, 0o777); err != nil {
		return nil, err
	}
	if o.TamaGo != "" {
		return tamagoEnv(o)
	}
	return stockEnv(o)
}

// tamagoEnv is a TamaGo distribution, which takes its package runtime/goos from
// the module that GOOSPKG names, in the version that go.mod requires.
func tamagoEnv(o *Options) (*goEnv, error) {
	command, err := filepath.Abs(o.TamaGo)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(command); err != nil {
		return nil, fmt.Errorf("TAMAGO must be the path of TamaGo's go command: %w", err)
	}
	env := environ(
		"GOROOT=", "GOOS=tamago", "GOARCH=amd64", "GOAMD64=v1", "CGO_ENABLED=0",
		"GOOSPKG=github.com/usbarmory/tamago", "GOTOOLCHAIN=local",
	)
	c := exec.Command(command, "env", "GOROOT")
	c.Dir, c.Env = o.Root, env
	root, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("TAMAGO: running %s: %w", command, err)
	}
	if _, err := os.Stat(filepath.Join(strings.TrimSpace(string(root)), "src/runtime/goos")); err != nil {
		return nil, fmt.Errorf("TAMAGO: %s is not TamaGo's Go 1.26: %w", command, err)
	}
	return &goEnv{command, o.Root, env, o.Log, o.Memory}, nil
}

// stockEnv is the stock distribution that go.mod pins, with Ringo's additions.
func stockEnv(o *Options) (*goEnv, error) {
	version, err := pinned(o.Root)
	if err != nil {
		return nil, err
	}
	stock, err := stockGOROOT(o.Root, version)
	if err != nil {
		return nil, err
	}
	tree := filepath.Join(o.Out, "goroot")
	if err := linkGOROOT(tree, stock, filepath.Join(o.Root, additions)); err != nil {
		return nil, err
	}
	return &goEnv{filepath.Join(tree, "bin", "go"), o.Root, environ(
		"GOROOT="+tree, "GOOS=linux", "GOARCH=amd64", "GOAMD64=v1", "CGO_ENABLED=0", "GOTOOLCHAIN=local",
	), o.Log, o.Memory}, nil
}

// pinned is the toolchain line of the repository's go.mod.
func pinned(root string) (string, error) {
	name := filepath.Join(root, "go.mod")
	b, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	f, err := modfile.Parse(name, b, nil)
	if err != nil {
		return "", err
	}
	if f.Toolchain == nil {
		return "", fmt.Errorf("%s has no toolchain line", name)
	}
	return f.Toolchain.Name, nil
}

// stockGOROOT is the root of the given release, which the go command fetches
// through the module proxy when it is not the installed one.
func stockGOROOT(dir, version string) (string, error) {
	c := exec.Command("go", "env", "GOROOT", "GOVERSION")
	c.Dir, c.Env = dir, environ("GOTOOLCHAIN="+version, "GOROOT=")
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		return "", fmt.Errorf("getting the Go toolchain %s: %w\n%s", version, err, stderr.Bytes())
	}
	root, got, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if got != version {
		return "", fmt.Errorf("go.mod pins %s, the go command gives %s", version, got)
	}
	return filepath.EvalSymlinks(root)
}

// environ is this process's environment with the given settings in front of
// whatever the user has set for builds of their own.
func environ(set ...string) []string {
	return append(append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly", "GOEXPERIMENT="), set...)
}

// writeFile replaces a file as a whole, so that an interrupted build leaves
// the old one.
func writeFile(name string, b []byte) error {
	tmp := name + ".tmp"
	if err := os.WriteFile(tmp, b, 0o666); err != nil {
		return err
	}
	return os.Rename(tmp, name)
}
