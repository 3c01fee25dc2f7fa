package hostpkg

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fakeHost is a machine with the given os-release text and programs, which
// keeps what it was asked to run. Installing a package makes its programs and
// files appear.
type fakeHost struct {
	Host
	programs map[string]bool
	ran      []string
	fail     string // commands with this text in them fail
	useless  bool   // installing changes nothing
}

func newHost(t *testing.T, osRelease string, uid int, programs ...string) *fakeHost {
	t.Helper()
	f := &fakeHost{programs: make(map[string]bool)}
	for _, p := range programs {
		f.programs[p] = true
	}
	f.Host = Host{Root: t.TempDir(), UID: uid, Log: io.Discard, LookPath: func(name string) (string, error) {
		if f.programs[name] {
			return "/usr/bin/" + name, nil
		}
		return "", errors.New("not found")
	}}
	f.Run = func(argv ...string) error {
		line := strings.Join(argv, " ")
		f.ran = append(f.ran, line)
		if f.fail != "" && strings.Contains(line, f.fail) {
			return errors.New("exit status 1")
		}
		if slices.Contains(argv, "install") && !f.useless {
			for _, p := range All() {
				f.install(t, p)
			}
		}
		return nil
	}
	f.write(t, "/etc/os-release", osRelease)
	return f
}

func (f *fakeHost) install(t *testing.T, p Package) {
	if strings.Contains(p.Probe, "/") {
		f.write(t, p.Probe, "")
	} else {
		f.programs[p.Probe] = true
	}
}

func (f *fakeHost) write(t *testing.T, name, text string) {
	t.Helper()
	name = filepath.Join(f.Root, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

const (
	debian = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\n"
	ubuntu = "ID=ubuntu\nID_LIKE=\"debian\"\n"
	fedora = "ID=fedora\nVARIANT_ID=debian\n"
)

func TestMissingNamesEachPackageOnceInOrder(t *testing.T) {
	h := newHost(t, debian, 0, "xorriso", "grub-mkstandalone")
	got := strings.Join(h.Missing(ISO), " ")
	if want := "grub-common grub-pc-bin mtools grub-efi-amd64-bin"; got != want {
		t.Errorf("Missing(ISO) = %q, want %q", got, want)
	}
	h = newHost(t, debian, 0, "qemu-system-x86_64")
	if got := h.Missing(QEMU); got != nil {
		t.Errorf("Missing(QEMU) = %q with QEMU in PATH", got)
	}
}

func TestCheckSaysHowToInstall(t *testing.T) {
	for _, c := range []struct{ name, osRelease, want string }{
		{"Debian", debian, "missing packages; to install them: sudo apt-get install --no-install-recommends ovmf"},
		{"made from Debian", ubuntu, "missing packages; to install them: sudo apt-get install --no-install-recommends ovmf"},
		{"another distribution", fedora, "needed here, by the names that Debian gives them: ovmf"},
		{"no os-release", "", "needed here, by the names that Debian gives them: ovmf"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := newHost(t, c.osRelease, 0).Check(UEFI)
			if err == nil || err.Error() != c.want {
				t.Errorf("Check: %v, want %s", err, c.want)
			}
		})
	}
}

func TestEnsureInstallsAsTheUserCan(t *testing.T) {
	const apt = "env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 "
	const install = "install -y --no-install-recommends bochs bochs-term bochsbios vgabios"
	for _, c := range []struct {
		name      string
		osRelease string
		uid       int
		programs  []string
		fail      string
		useless   bool
		ran       []string
		err       string
	}{
		{name: "root", osRelease: debian, ran: []string{apt + "update", apt + install}},
		{name: "sudo", osRelease: debian, uid: 1000, programs: []string{"sudo"},
			ran: []string{"sudo -n true", "sudo -n " + apt + "update", "sudo -n " + apt + install}},
		{name: "sudo that asks a password", osRelease: debian, uid: 1000, programs: []string{"sudo"}, fail: "true",
			ran: []string{"sudo -n true"}, err: "to install them: sudo apt-get"},
		{name: "no sudo", osRelease: debian, uid: 1000, err: "to install them: sudo apt-get"},
		{name: "another distribution", osRelease: fedora, err: "needed here"},
		{name: "package lists out of reach", osRelease: debian, fail: "update", ran: []string{apt + "update", apt + install}},
		{name: "archive out of reach", osRelease: debian, fail: "install",
			ran: []string{apt + "update", apt + install}, err: "apt-get install bochs bochs-term bochsbios vgabios: exit status 1"},
		{name: "installed and not found", osRelease: debian, useless: true,
			ran: []string{apt + "update", apt + install}, err: "still missing after apt-get install: bochs"},
		{name: "nothing missing", osRelease: debian, programs: []string{"all"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHost(t, c.osRelease, c.uid, c.programs...)
			h.fail, h.useless = c.fail, c.useless
			if slices.Contains(c.programs, "all") {
				for _, p := range Bochs {
					h.install(t, p)
				}
			}
			err := h.Ensure(Bochs)
			if !slices.Equal(h.ran, c.ran) {
				t.Errorf("ran\n  %s\nwant\n  %s", strings.Join(h.ran, "\n  "), strings.Join(c.ran, "\n  "))
			}
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("error %v, want one with %q", err, c.err)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("error of more than a line: %q", err)
			}
		})
	}
}
