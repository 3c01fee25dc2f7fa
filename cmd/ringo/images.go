package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/ringo-vmm/ringo/internal/hostpkg"
	"github.com/ringo-vmm/ringo/internal/media"
)

// imageFlags are the flags of the commands that make boot media.
type imageFlags struct {
	buildFlags
	append  *string
	modules modules
	config  *string
	vms     *vmConfig // once addConfig has read it; may be nil
}

func (c *cli) imageFlags() *imageFlags {
	f := &imageFlags{buildFlags: c.buildFlags()}
	f.append = c.flags.String("append", "", "the kernel's command `line`")
	c.flags.Var(&f.modules, "module", "a boot module: `'FILE ARGUMENTS'`; may be repeated")
	f.config = c.flags.String("config", "", "the virtual machines: a TOML `file`, packed with the files that it names; \"none\" for none")
	return f
}

// addConfig makes the configuration and its files boot modules. fallback is
// the configuration if no flag says which.
func (f *imageFlags) addConfig(fallback string) error {
	name := *f.config
	if name == "" && fallback != "" {
		root, err := findRoot()
		if err != nil {
			return err
		}
		name = filepath.Join(root, fallback)
	}
	if name == "" || name == noConfig {
		return nil
	}
	var err error
	if f.vms, err = loadConfig(name); err != nil {
		return err
	}
	f.modules = append(slices.Clone(f.vms.modules), f.modules...)
	return nil
}

// content builds the kernel and returns what goes onto the medium.
func (f *imageFlags) content(need []hostpkg.Package) (root string, c media.Content, err error) {
	// Mistakes first: the configuration may have much to fetch.
	if err := f.medium().Check(); err != nil {
		return "", c, usageError(err.Error())
	}
	if err := f.addConfig(defaultConfig); err != nil {
		return "", c, err
	}
	c = f.medium()
	if err := c.Check(); err != nil {
		return "", c, usageError(err.Error())
	}
	if err := f.need(need); err != nil {
		return "", c, err
	}
	root, c.ELF, err = f.build()
	return root, c, err
}

// medium is what the flags say goes onto the medium.
func (f *imageFlags) medium() media.Content {
	return media.Content{Append: *f.append, Modules: f.modules}
}

// menuSeconds is how long GRUB's menu on a user's medium waits for a choice.
const menuSeconds = 3

// makeISO makes build/ringo.iso and returns its path.
func (f *imageFlags) makeISO() (string, error) {
	root, content, err := f.content(hostpkg.ISO)
	defer f.vms.remove()
	if err != nil {
		return "", err
	}
	out := filepath.Join(root, "build", "ringo.iso")
	if err := media.ISO(out, content, menuSeconds); err != nil {
		return "", err
	}
	fmt.Fprintf(os.Stderr, "%s: %s, BIOS and UEFI, CD or USB\n", out, media.Size(out))
	return out, nil
}

func runISO(c *cli, args []string) error {
	f := c.imageFlags()
	if err := c.parse(args, 0); err != nil {
		return err
	}
	_, err := f.makeISO()
	return err
}

func runPXE(c *cli, args []string) error {
	f := c.imageFlags()
	if err := c.parse(args, 0); err != nil {
		return err
	}
	root, content, err := f.content(hostpkg.GRUB)
	defer f.vms.remove()
	if err != nil {
		return err
	}
	out := filepath.Join(root, "build", "pxe")
	if err := media.PXE(out, content); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%s: ready to serve; see its README.txt\n", out)
	return nil
}

func runUSB(c *cli, args []string) error {
	f := c.imageFlags()
	dev := c.flags.String("dev", "", "the whole `disk` to overwrite, such as /dev/sdb")
	force := c.flags.Bool("force", false, "write even a disk that is mounted or not removable")
	if err := c.parse(args, 0); err != nil {
		return err
	}
	if *dev == "" {
		return usageError("which disk? give -dev /dev/sdX (with make: DEV=/dev/sdX)")
	}
	image, err := f.makeISO()
	if err != nil {
		return err
	}
	if err := media.WriteUSB(image, *dev, *force); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%s: written and verified\n", *dev)
	return nil
}
