package guestos

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
)

// The module in internal/guestos/uroot pins u-root and all that it is made of.
// Its tools are u-root's own tool and the commands that go into the user
// space.
const urootModule = "github.com/u-root/u-root"

// urootTags choose gosh's plain line editor. The other one redraws the screen
// at each key, which a serial line is too slow for.
const urootTags = "goshliner"

func (s Store) urootDir() string { return filepath.Join(s.Root, "internal", "guestos", "uroot") }

// urootRecipe is the checksum of the module's files.
func (s Store) urootRecipe() string {
	var all []byte
	for _, name := range []string{"go.mod", "go.sum"} {
		b, err := os.ReadFile(filepath.Join(s.urootDir(), name))
		if err != nil {
			return "none"
		}
		all = append(all, b...)
	}
	return digest(append(all, urootTags...))
}

// uroot compiles the u-root user space. The commands become one program, and
// the same module makes the same file.
func (s Store) uroot(g *Guest, tmp string) (source string, made []byte, err error) {
	version, commands, err := s.urootContents()
	if err != nil {
		return "", nil, err
	}
	out := filepath.Join(tmp, "out.cpio")
	args := append([]string{"tool", urootModule, "-tags", urootTags, "-tmp-dir", filepath.Join(tmp, "build"), "-o", out}, commands...)
	c := exec.Command("go", args...)
	// The lowest level of the architecture, since a guest's processor may
	// lack what this one has.
	c.Dir, c.Env = s.urootDir(), append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "GOAMD64=v1", "CGO_ENABLED=0", "GOWORK=off")
	p := s.begin(fmt.Sprintf("%s: compiling u-root %s with %d commands; the first time takes a minute", g.Name, version, len(commands)), "", 0)
	text, err := c.CombinedOutput()
	p.end()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(string(text)), "\n")
		return "", nil, fmt.Errorf("u-root: %w\n%s", err, strings.Join(lines[max(0, len(lines)-5):], "\n"))
	}
	made, err = os.ReadFile(out)
	return "u-root " + version, made, err
}

// urootContents reads u-root's version and commands from the module's go.mod.
func (s Store) urootContents() (version string, commands []string, err error) {
	name := filepath.Join(s.urootDir(), "go.mod")
	b, err := os.ReadFile(name)
	if err != nil {
		return "", nil, err
	}
	mod, err := modfile.Parse(name, b, nil)
	if err != nil {
		return "", nil, err
	}
	for _, r := range mod.Require {
		if r.Mod.Path == urootModule {
			version = r.Mod.Version
		}
	}
	for _, t := range mod.Tool {
		if t.Path != urootModule {
			commands = append(commands, t.Path)
		}
	}
	return version, commands, nil
}
