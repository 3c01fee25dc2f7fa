package guestos

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// rig is a repository, and programs in PATH, alone, that stand for apt's and
// Go's. They take what they give from the folder fixtures.
type rig struct {
	t        *testing.T
	store    Store
	fixtures string
	log      *bytes.Buffer
}

// programs are shell scripts. $FIX is the folder of fixtures.
var programs = map[string]string{
	"apt-cache": `
found=
for name; do
	/bin/cat "$FIX/$name.show" 2>/dev/null && found=yes && echo
done
[ "$found" ] && exit 0
echo "N: something" >&2; echo "E: No packages found" >&2; exit 100`,
	"apt-get": `
echo "$*" >> "$FIX/apt-get.log"
case "$*" in
*" update") /bin/mv "$FIX"/new/* "$FIX";;
*" download "*)
	for p; do
		case "$p" in
		*::*|-*) ;;
		*=*)
			name=${p%%=*}
			[ -f "$FIX/$name.deb" ] && from=$name || from=package
			/bin/cp "$FIX/$from.deb" "./${name}_${p#*=}_.deb" || exit 100;;
		esac
	done;;
esac`,
	"dpkg-deb": `
case "$1" in
-f)
	name=${2##*/}
	/bin/cat "$FIX/${name%%_*}.control" 2>/dev/null || /bin/cat "$FIX/control";;
--fsys-tarfile) /bin/cat "$2" || { echo "dpkg-deb: error: no such archive" >&2; exit 2; };;
esac`,
	"go": `
echo "$*" > "$FIX/go.log"
while [ "$1" != -o ]; do shift; done
echo "warning: old" >&2
/bin/cat "$FIX/uroot" > "$2"`,
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{t: t, fixtures: t.TempDir(), log: new(bytes.Buffer)}
	r.store = Store{Root: t.TempDir(), Log: r.log}
	bin := t.TempDir()
	for name, script := range programs {
		r.write(filepath.Join(bin, name), "#!/bin/sh\n"+script)
	}
	t.Setenv("PATH", bin)
	t.Setenv("FIX", r.fixtures)
	r.write(filepath.Join(r.store.urootDir(), "go.mod"), "module u\ntool (\n\t"+urootModule+"\n\t"+urootModule+"/cmds/core/init\n)\nrequire "+urootModule+" v0.1.0\n")
	r.write(filepath.Join(r.store.urootDir(), "go.sum"), "sums\n")
	r.write(filepath.Join(r.store.Root, "iso", "iso.go"), "package iso\n")
	return r
}

func (r *rig) write(name, text string) {
	r.t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o777); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) read(name string) string {
	r.t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(b)
}

// without takes programs away.
func (r *rig) without(names ...string) {
	r.t.Helper()
	for _, name := range names {
		if err := os.Remove(filepath.Join(os.Getenv("PATH"), name)); err != nil {
			r.t.Fatal(err)
		}
	}
}

// archive makes the package that apt-get downloads, with one file.
func (r *rig) archive(pkg, version, member, text string) {
	r.t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range []tar.Header{
		{Name: "./", Typeflag: tar.TypeDir},
		{Name: "./boot/config-1", Typeflag: tar.TypeReg, Size: 1},
		{Name: "./boot/vmlinuz-old", Typeflag: tar.TypeSymlink, Linkname: "x"},
		{Name: "./" + member, Typeflag: tar.TypeReg, Size: int64(len(text))},
	} {
		if err := w.WriteHeader(&h); err != nil {
			r.t.Fatal(err)
		}
		w.Write([]byte(text)[:h.Size])
	}
	w.Close()
	r.write(filepath.Join(r.fixtures, "package.deb"), b.String())
	r.write(filepath.Join(r.fixtures, "control"), "Package: "+pkg+"\nVersion: "+version+"\n")
}

// cloud makes the archive have the cloud kernel, behind the package that only
// depends on it, listed in the folder lists of the fixtures.
func (r *rig) cloud(version, text, lists string) {
	r.t.Helper()
	const real = "linux-image-6.1.0-1-cloud-amd64"
	r.archive(real, version, "boot/vmlinuz-6.1.0-1-cloud-amd64", text)
	r.write(filepath.Join(r.fixtures, lists, "linux-image-cloud-amd64.show"),
		"Package: linux-image-cloud-amd64\nVersion: "+version+"\nDepends: initramfs, "+real+" (= "+version+")\nDescription: x\n more: x\n\nPackage: other\n")
	r.write(filepath.Join(r.fixtures, lists, real+".show"), "Package: "+real+"\nVersion: "+version+"\nSize: 1048576\n")
}

// fetch fetches a guest and returns what was logged.
func (r *rig) fetch(name string, o Options) (string, error) {
	r.t.Helper()
	r.log.Reset()
	err := r.store.Fetch(lookup(name), o)
	left, _ := filepath.Glob(filepath.Join(r.store.Dir(), ".fetch-*"))
	if len(left) > 0 {
		r.t.Errorf("left behind: %v", left)
	}
	return r.log.String(), err
}

// has checks whether a guest is there, made of that source.
func (r *rig) has(name, source string) {
	r.t.Helper()
	if got, ok := r.store.Have(lookup(name)); got != source || ok != (source != "") {
		r.t.Errorf("%s: there is %q, %t; want %q", name, got, ok, source)
	}
}

// contains checks that text has all of want.
func contains(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("no %q in %q", w, text)
		}
	}
}
