package guestos

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// apt gets packages from the archives that the host's apt is set up for. It
// needs no root: it writes to a folder of its own.
type apt struct {
	dir     string
	options []string // before the command, for apt-get and apt-cache
}

// download gets the package that has g, into the folder tmp.
func (s Store) download(g *Guest, tmp string) (deb string, err error) {
	a := &apt{dir: tmp, options: []string{"-o", "Dir::Cache=" + tmp, "-o", "APT::Sandbox::User=root"}}
	deb, err = s.get(g, a)
	if errors.Is(err, exec.ErrNotFound) {
		return "", fmt.Errorf("this machine has no apt-get; fetch Debian's package %s by hand (if it is empty, the one it depends on), and then: ringo guest fetch -deb FILE %s", g.debian.pkg, g.Name)
	}
	if err != nil {
		// The host's lists of packages may be absent, or so old that what
		// they list is gone.
		s.logf("%s: updating the lists of packages", g.Name)
		if err := a.update(); err != nil {
			return "", err
		}
		deb, err = s.get(g, a)
	}
	if err != nil {
		return "", fmt.Errorf("%w (a package fetched by hand is used with: ringo guest fetch -deb FILE %s)", err, g.Name)
	}
	return deb, nil
}

// get finds the package that has g and gets it, by the lists as they are.
func (s Store) get(g *Guest, a *apt) (deb string, err error) {
	pkg, err := a.show(g.debian.pkg)
	if err != nil {
		return "", err
	}
	if !g.debian.real.MatchString(pkg["Package"]) {
		name := dependency(g, pkg["Depends"])
		if name == "" {
			return "", fmt.Errorf("package %s depends on %q, none of which is known to have the guest", g.debian.pkg, pkg["Depends"])
		}
		if pkg, err = a.show(name); err != nil {
			return "", err
		}
	}
	size, _ := strconv.ParseInt(pkg["Size"], 10, 64)
	p := s.begin(fmt.Sprintf("%s: fetching %s %s", g.Name, pkg["Package"], pkg["Version"]), a.dir, size)
	defer p.end()
	if _, err := a.run("apt-get", "download", pkg["Package"]+"="+pkg["Version"]); err != nil {
		return "", err
	}
	debs, err := filepath.Glob(filepath.Join(a.dir, "*.deb"))
	if err == nil && len(debs) != 1 {
		err = fmt.Errorf("apt-get downloaded %d packages, not 1", len(debs))
	}
	if err != nil {
		return "", err
	}
	return debs[0], nil
}

// dependency is the package with g's file among those of a Depends field:
// deb-control(5).
func dependency(g *Guest, depends string) string {
	for d := range strings.SplitSeq(depends, ",") {
		if name, _, _ := strings.Cut(strings.TrimSpace(d), " "); g.debian.real.MatchString(name) {
			return name
		}
	}
	return ""
}

// show are the fields of the newest version of a package.
func (a *apt) show(pkg string) (map[string]string, error) {
	out, err := a.run("apt-cache", "show", "--no-all-versions", pkg)
	if err != nil {
		return nil, err
	}
	f := fields(out)
	if f["Package"] == "" || f["Version"] == "" {
		return nil, fmt.Errorf("apt-cache knows no package %s", pkg)
	}
	return f, nil
}

// update gets lists of packages that are this apt's own.
func (a *apt) update() error {
	lists := filepath.Join(a.dir, "lists")
	if err := os.MkdirAll(lists, 0o777); err != nil {
		return err
	}
	a.options = append(a.options, "-o", "Dir::State::lists="+lists)
	_, err := a.run("apt-get", "update")
	return err
}

// run runs one of apt's programs in its folder.
func (a *apt) run(program string, args ...string) ([]byte, error) {
	c := exec.Command(program, append(append([]string{"-q"}, a.options...), args...)...)
	c.Dir, c.Env = a.dir, append(os.Environ(), "LC_ALL=C")
	out, err := c.Output()
	return out, told(program, err)
}

// progress is a line about something that takes long.
type progress struct{ stop, stopped chan struct{} }

// tick is the time between two looks at what has come so far.
const tick = 200 * time.Millisecond

// begin says what is being done. On a terminal the line then tells how much of
// size bytes has come to the folder dir as a package, or the time, if size is 0.
func (s Store) begin(what, dir string, size int64) *progress {
	p := &progress{make(chan struct{}), make(chan struct{})}
	if !s.Live {
		if size > 0 {
			what += ", " + mebibytes(size)
		}
		s.logf("%s", what)
		close(p.stopped)
		return p
	}
	start := time.Now()
	go func() {
		defer close(p.stopped)
		for done := false; ; {
			state := fmt.Sprintf("%.0f s", time.Since(start).Seconds())
			if size > 0 {
				state = fmt.Sprintf("%s of %s", mebibytes(arrived(dir)), mebibytes(size))
			}
			fmt.Fprintf(s.Log, "\rringo guest: %s, %s ", what, state)
			if done {
				break
			}
			select {
			case <-p.stop:
				done = true
			case <-time.After(tick):
			}
		}
		fmt.Fprintln(s.Log)
	}()
	return p
}

// end ends the line.
func (p *progress) end() {
	close(p.stop)
	<-p.stopped
}

// arrived is the number of bytes of packages in a folder.
func arrived(dir string) (n int64) {
	debs, _ := filepath.Glob(filepath.Join(dir, "*.deb"))
	for _, d := range debs {
		if fi, err := os.Stat(d); err == nil {
			n += fi.Size()
		}
	}
	return n
}
