package guestos

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const cloudSource = "linux-image-6.1.0-1-cloud-amd64 6.1.5-1"

func TestFetchFollowsAPackageToTheOneItDependsOn(t *testing.T) {
	r := newRig(t)
	r.cloud("6.1.5-1", "kernel", "")
	r.has("cloud", "")
	log, err := r.fetch("cloud", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.read(filepath.Join(r.store.Root, "build/guests/vmlinuz-cloud")); got != "kernel" {
		t.Errorf("the file is %q", got)
	}
	r.has("cloud", cloudSource)
	contains(t, log, "fetching "+cloudSource+", 1.0 MiB\n", "vmlinuz-cloud made in ")
	contains(t, r.read(filepath.Join(r.fixtures, "apt-get.log")), " download linux-image-6.1.0-1-cloud-amd64=6.1.5-1\n")
}

func TestWhatIsThereIsNotFetchedAgain(t *testing.T) {
	r := newRig(t)
	r.cloud("6.1.5-1", "kernel", "")
	if _, err := r.fetch("cloud", Options{}); err != nil {
		t.Fatal(err)
	}
	r.cloud("6.1.6-1", "newer", "")
	log, err := r.fetch("cloud", Options{})
	if err != nil || strings.Contains(log, "fetching") {
		t.Errorf("fetched again: %q, %v", log, err)
	}
	contains(t, log, "is there: "+cloudSource)
	if _, err := r.fetch("cloud", Options{Again: true}); err != nil {
		t.Error(err)
	}
	r.has("cloud", "linux-image-6.1.0-1-cloud-amd64 6.1.6-1")
}

func TestAFileThatWasChangedIsNotThere(t *testing.T) {
	r := newRig(t)
	r.cloud("6.1.5-1", "kernel", "")
	for _, damage := range []func(file string){
		func(file string) { r.write(file, "kernex") },
		func(file string) { os.Remove(file) },
		func(file string) { r.write(file+".from", "x\n") },
		func(file string) { os.Remove(file + ".from") },
	} {
		if _, err := r.fetch("cloud", Options{}); err != nil {
			t.Fatal(err)
		}
		r.has("cloud", cloudSource)
		damage(r.store.Path(lookup("cloud")))
		r.has("cloud", "")
	}
}

func TestListsOfPackagesAreUpdatedWhenTheyAreOfNoUse(t *testing.T) {
	r := newRig(t)
	r.cloud("6.1.5-1", "kernel", "new")
	log, err := r.fetch("cloud", Options{})
	if err != nil {
		t.Fatal(err)
	}
	r.has("cloud", cloudSource)
	contains(t, log, "updating the lists of packages\n")
	apt := r.read(filepath.Join(r.fixtures, "apt-get.log"))
	lists := " -o Dir::State::lists=" + r.store.Dir()
	if i, j := strings.Index(apt, " update\n"), strings.Index(apt, " download "); i < 0 || j < i || strings.Count(apt, lists) != 2 {
		t.Errorf("apt-get was told\n%s", apt)
	}
}

func TestWhatCannotBeFetchedIsAnErrorThatSaysWhatToDo(t *testing.T) {
	r := newRig(t)
	r.write(filepath.Join(r.fixtures, "new", "x"), "")
	_, err := r.fetch("cloud", Options{})
	contains(t, err.Error(), "guest cloud: apt-cache: ", ": E: No packages found", "ringo guest fetch -deb FILE cloud")

	r.write(filepath.Join(r.fixtures, "linux-image-cloud-amd64.show"), "Package: linux-image-cloud-amd64\nVersion: 1\nDepends: a, linux-image-6.1.0-1-amd64\n")
	r.write(filepath.Join(r.fixtures, "new", "y"), "")
	_, err = r.fetch("cloud", Options{})
	contains(t, err.Error(), `guest cloud: package linux-image-cloud-amd64 depends on "a, linux-image-6.1.0-1-amd64"`)

	r.without("apt-cache", "apt-get")
	_, err = r.fetch("memtest", Options{})
	contains(t, err.Error(), "guest memtest: this machine has no apt-get; fetch Debian's package memtest86+ by hand", "ringo guest fetch -deb FILE memtest")
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than one line: %v", err)
	}
	r.has("cloud", "")
}

func TestAPackageFetchedByHand(t *testing.T) {
	r := newRig(t)
	r.cloud("6.1.5-1", "kernel", "")
	r.without("apt-cache", "apt-get")
	deb := filepath.Join(r.fixtures, "package.deb")
	if _, err := r.fetch("cloud", Options{Deb: deb}); err != nil {
		t.Fatal(err)
	}
	r.has("cloud", cloudSource)

	_, err := r.fetch("generic", Options{Deb: deb})
	contains(t, err.Error(), `is package "linux-image-6.1.0-1-cloud-amd64", which is neither linux-image-amd64 nor what that depends on`)
	_, err = r.fetch("cloud", Options{Deb: deb + ".none"})
	contains(t, err.Error(), "dpkg-deb: error: no such archive")

	r.archive("memtest86+", "6.10-4", "boot/memtest86+ia32.bin", "x")
	_, err = r.fetch("memtest", Options{Deb: deb})
	contains(t, err.Error(), "has no file like")
	r.without("dpkg-deb")
	_, err = r.fetch("memtest", Options{Deb: deb})
	contains(t, err.Error(), "dpkg-deb is needed to unpack a Debian package")
	r.has("memtest", "")
}

func TestTheLockTellsWhatWasTested(t *testing.T) {
	r := newRig(t)
	r.cloud("6.1.5-1", "kernel", "")
	log, err := r.fetch("cloud", Options{})
	contains(t, log, "has not been tested")
	if err != nil {
		t.Fatal(err)
	}
	if log, err = r.fetch("cloud", Options{Lock: true}); err != nil || strings.Contains(log, "note") {
		t.Errorf("%q, %v", log, err)
	}
	if lock := r.read(r.store.lockFile()); !strings.HasPrefix(lock, "# ") || !strings.HasSuffix(lock, "\ncloud "+cloudSource+" "+sum([]byte("kernel"))+"\n") {
		t.Errorf("lock\n%s", lock)
	}
	if log, err = r.fetch("cloud", Options{Again: true}); err != nil || strings.Contains(log, "note") {
		t.Errorf("what the lock has: %q, %v", log, err)
	}

	r.cloud("6.1.6-1", "newer", "")
	log, err = r.fetch("cloud", Options{Again: true})
	contains(t, log, "note: Ringo was tested with "+cloudSource+"; this is linux-image-6.1.0-1-cloud-amd64 6.1.6-1")
	r.has("cloud", "linux-image-6.1.0-1-cloud-amd64 6.1.6-1")
	if err != nil {
		t.Error(err)
	}

	r.cloud("6.1.5-1", "forged", "")
	if _, err = r.fetch("cloud", Options{Again: true}); err == nil {
		t.Fatal("a file that differs from the lock's was taken")
	}
	contains(t, err.Error(), "guest cloud: the file in "+cloudSource+" has SHA-256 ")
	r.has("cloud", "linux-image-6.1.0-1-cloud-amd64 6.1.6-1")

	r.write(r.store.lockFile(), "# x\ncloud 1\n")
	_, err = r.fetch("cloud", Options{Again: true})
	contains(t, err.Error(), "guests.lock: line 2: want guest, package, version and SHA-256")
}

func TestURootIsCompiledWithTheCommandsOfItsModule(t *testing.T) {
	r := newRig(t)
	r.write(filepath.Join(r.fixtures, "uroot"), "archive")
	if _, err := r.fetch("uroot", Options{}); err != nil {
		t.Fatal(err)
	}
	r.has("uroot", "u-root v0.1.0")
	told := r.read(filepath.Join(r.fixtures, "go.log"))
	if !strings.HasPrefix(told, "tool "+urootModule+" -tags goshliner ") || !strings.HasSuffix(told, ".cpio "+urootModule+"/cmds/core/init\n") {
		t.Errorf("go was told %s", told)
	}
	if got := r.read(r.store.Path(lookup("uroot"))); got != "archive" {
		t.Errorf("the file is %q", got)
	}

	r.write(filepath.Join(r.store.urootDir(), "go.sum"), "other sums\n")
	r.has("uroot", "")

	os.Remove(filepath.Join(r.fixtures, "uroot"))
	_, err := r.fetch("uroot", Options{})
	contains(t, err.Error(), "guest uroot: u-root: exit status 1\nwarning: old\n/bin/cat: ")
}

func TestGuestsAreFoundByNameAndPath(t *testing.T) {
	if all, err := Lookup(nil); len(all) != len(Guests) || err != nil {
		t.Errorf("no names: %d guests, %v", len(all), err)
	}
	if two, err := Lookup([]string{"uroot", "cloud"}); err != nil || len(two) != 2 || two[0].Name != "uroot" {
		t.Errorf("two names: %v, %v", two, err)
	}
	_, err := Lookup([]string{"cloud", "hurd"})
	contains(t, err.Error(), `no guest is called "hurd"; there are cloud, generic,`)

	s := Store{Root: "/r"}
	if g := s.ByPath("/r/iso/../build/guests/vmlinuz-cloud"); g == nil || g.Name != "cloud" {
		t.Errorf("by path: %v", g)
	}
	if g := s.ByPath("/q/build/guests/vmlinuz-cloud"); g != nil {
		t.Errorf("another repository's file is %v", g)
	}
}
