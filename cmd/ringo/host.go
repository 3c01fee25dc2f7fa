package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"github.com/ringo-vmm/ringo/internal/hostpkg"
)

func runHost(c *cli, args []string) error {
	install := c.flags.Bool("install", false, "install what is missing with apt-get")
	if err := c.parse(args, 0); err != nil {
		return err
	}
	host := hostpkg.This(os.Stderr)
	if *install {
		return host.Ensure(hostpkg.All())
	}
	if err := host.Check(hostpkg.All()); err != nil {
		return err
	}
	fmt.Println("nothing is missing")
	return nil
}

func runVersion(c *cli, args []string) error {
	if err := c.parse(args, 0); err != nil {
		return err
	}
	// The tool is built without git's word, so that it can be built by root
	// in a copy that belongs to another user; it asks git when it runs.
	revision := "of no known revision"
	if root, err := findRoot(); err == nil {
		out, err := exec.Command("git", "-C", root, "describe", "--tags", "--always", "--dirty").Output()
		if err == nil {
			revision = strings.TrimSpace(string(out))
		}
	}
	fmt.Printf("ringo %s, %s\n", revision, runtime.Version())
	return nil
}
