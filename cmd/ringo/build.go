package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/sys/unix"

	"github.com/ringo-vmm/ringo/internal/hostpkg"
	"github.com/ringo-vmm/ringo/internal/toolchain"
)

const modulePath = "github.com/ringo-vmm/ringo"

// findRoot is the repository that the current folder is in.
func findRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		b, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err == nil && modfile.ModulePath(b) == modulePath {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("%s is not in a copy of %s", dir, modulePath)
		}
	}
}

// buildFlags are the flags of every command that builds the kernel.
type buildFlags struct {
	tamago  *string
	install *bool
	tags    *string
}

func (c *cli) buildFlags() buildFlags {
	return buildFlags{
		c.flags.String("tamago", "", "build with TamaGo's distribution: the `path` of its go command"),
		c.flags.Bool("install", false, "install missing packages of this machine with apt-get"),
		c.flags.String("tags", "", "build `tags`, with commas: labs for a kernel with the labs of docs/course in it"),
	}
}

// need makes sure that the host has the packages.
func (f buildFlags) need(packages []hostpkg.Package) error {
	host := hostpkg.This(os.Stderr)
	if *f.install {
		return host.Ensure(packages)
	}
	return host.Check(packages)
}

// options says what to build in the repository at root.
func (f buildFlags) options(root string) toolchain.Options {
	o := toolchain.Options{Root: root, TamaGo: *f.tamago, Log: os.Stderr}
	if *f.tags != "" {
		o.Tags = strings.Split(*f.tags, ",")
	}
	return o
}

// build builds the kernel and returns the repository and the image's path.
// Builds in one repository take turns.
func (f buildFlags) build() (root, elf string, err error) {
	root, err = findRoot()
	if err != nil {
		return "", "", err
	}
	unlock, err := lock(root)
	if err != nil {
		return "", "", err
	}
	defer unlock()
	r, err := toolchain.Build(context.Background(), f.options(root))
	return root, r.ELF, err
}

// lock keeps other processes from building in the repository at root.
func lock(root string) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Join(root, "build"), 0o777); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(root, "build", ".lock"), os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, unix.EINTR) {
			f.Close()
			return nil, err
		}
	}
}

func runBuild(c *cli, args []string) error {
	f := c.buildFlags()
	if err := c.parse(args, 0); err != nil {
		return err
	}
	_, _, err := f.build()
	return err
}
