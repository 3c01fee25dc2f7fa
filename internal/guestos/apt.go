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

// download gets packages, for the guest g, into the folder tmp.
func (s Store) download(g *Guest, wanted []*pkg, tmp string) (debs []string, err error) {
	a := &apt{dir: tmp, options: []string{"-o", "Dir::Cache=" + tmp, "-o", "APT::Sandbox::User=root"}}
	byHand := ""
	if g.debian != nil {
		byHand = fmt.Sprintf("fetch Debian's package %s by hand (if it is empty, the one it depends on), and then: ringo guest fetch -deb FILE %s", g.debian.ask, g.Name)
	}
	debs, err = s.get(g, wanted, a)
	if errors.Is(err, exec.ErrNotFound) {
		return nil, errors.New(strings.TrimSuffix("this machine has no apt-get; "+byHand, "; "))
	}
	if err != nil {
		// The host's lists of packages may be absent, or so old that what
		// they list is gone.
		s.logf("%s: updating the lists of packages", g.Name)
		if err := a.update(); err != nil {
			return nil, err
		}
		debs, err = s.get(g, wanted, a)
	}
	if err != nil && byHand != "" {
		return nil, fmt.Errorf("%w (a package fetched by hand is used with: ringo guest fetch -deb FILE %s)", err, g.Name)
	}
	return debs, err
}

// get finds packages and gets those that no earlier guest has needed, by the
// lists as they are. Their files are in the order of wanted.
func (s Store) get(g *Guest, wanted []*pkg, a *apt) (debs []string, err error) {
	found, err := a.find(wanted)
	if err != nil {
		return nil, err
	}
	var absent, tell []string
	size := int64(0)
	for _, f := range found {
		deb := filepath.Join(s.packages(), f.file())
		if !is(deb, f["SHA256"]) {
			absent = append(absent, f["Package"]+"="+f["Version"])
			tell = append(tell, f["Package"]+" "+f["Version"])
			n, _ := strconv.ParseInt(f["Size"], 10, 64)
			size += n
		}
		debs = append(debs, deb)
	}
	if len(absent) == 0 {
		return debs, nil
	}
	what := tell[0]
	if len(tell) > 1 {
		what = fmt.Sprintf("%d packages", len(tell))
	}
	p := s.begin(fmt.Sprintf("%s: fetching %s", g.Name, what), a.dir, size)
	_, err = a.run("apt-get", append([]string{"download"}, absent...)...)
	p.end()
	if err != nil {
		return nil, err
	}
	return debs, s.keepPackages(a.dir)
}

// find looks packages up, in their order.
func (a *apt) find(wanted []*pkg) ([]control, error) {
	var names []string
	for _, p := range wanted {
		names = append(names, p.ask)
	}
	listed, err := a.show(names...)
	if err != nil {
		return nil, err
	}
	var found []control
	for _, p := range wanted {
		f := listed[p.ask]
		if !p.real.MatchString(f["Package"]) {
			name := p.dependency(f["Depends"])
			if name == "" {
				return nil, fmt.Errorf("package %s depends on %q, none of which is known to have the guest", p.ask, f["Depends"])
			}
			behind, err := a.show(name)
			if err != nil {
				return nil, err
			}
			f = behind[name]
		}
		found = append(found, f)
	}
	return found, nil
}

// dependency is the package that is meant among those of a Depends field:
// deb-control(5).
func (p *pkg) dependency(depends string) string {
	for d := range strings.SplitSeq(depends, ",") {
		if name, _, _ := strings.Cut(strings.TrimSpace(d), " "); p.real.MatchString(name) {
			return name
		}
	}
	return ""
}

// control are the fields of a package.
type control map[string]string

// file is what apt-get download calls the package.
func (f control) file() string {
	return f["Package"] + "_" + strings.ReplaceAll(f["Version"], ":", "%3a") + "_" + f["Architecture"] + ".deb"
}

// show are the fields of the newest versions of packages, by their names.
func (a *apt) show(names ...string) (map[string]control, error) {
	out, err := a.run("apt-cache", append([]string{"show", "--no-all-versions"}, names...)...)
	if err != nil {
		return nil, err
	}
	found := make(map[string]control)
	for text := range strings.SplitSeq(string(out), "\n\n") {
		f := fields([]byte(text))
		found[f["Package"]] = f
	}
	for _, name := range names {
		if found[name]["Version"] == "" {
			return nil, fmt.Errorf("apt-cache knows no package %s", name)
		}
	}
	return found, nil
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
