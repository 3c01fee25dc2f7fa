package guestos

import (
	"archive/tar"
	"embed"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/ringo-vmm/ringo/internal/hostpkg"
	"github.com/ringo-vmm/ringo/internal/media"
)

// system is a disk that whole Debian packages are installed on. Their
// installation scripts do not run; files of ours are what those would make.
type system struct {
	size     int64 // of the disk, in bytes
	kernel   *pkg  // has the kernel and its drivers
	busybox  *pkg  // has the program of the initial RAM disk
	packages []string
}

// debianSystem is as little of Debian as a login on the serial line takes, with
// System V's init.
var debianSystem = &system{
	size:    48 << 20,
	kernel:  &genericKernel,
	busybox: &busyboxStatic,
	packages: words(`base-files base-passwd bash coreutils dash debianutils grep hostname
		libacl1 libattr1 libaudit1 libblkid1 libc6 libcap-ng0 libcrypt1 libgmp10
		libmount1 libpam-modules libpam0g libpcre2-8-0 libselinux1
		libsmartcols1 libtinfo6 libudev1 libuuid1 login mount sed
		sysvinit-core sysvinit-utils util-linux`),
}

func words(s string) []string { return strings.Fields(s) }

// systemFiles are files of ours.
//
//go:embed system
var systemFiles embed.FS

// placed says where they are on the disk, and with what permissions.
var placed = map[string]media.File{
	"grub.cfg": {Name: "boot/grub/grub.cfg", Mode: 0o644},
	"inittab":  {Name: "etc/inittab", Mode: 0o644},
	"rc":       {Name: "etc/rc", Mode: 0o755},
}

// pamFiles is what the files of Debian's services include.
var pamFiles = words("common-auth common-account common-password common-session")

// left are the folders of packages that stay off the disk.
var left = regexp.MustCompile(`^usr/share/(doc|man|locale|info|lintian|bug)/|^usr/lib/x86_64-linux-gnu/gconv/|^usr/include/`)

// recipe changes with the files and the lists of packages and drivers.
func (y *system) recipe() string {
	all := []byte(strings.Join(slices.Concat(y.packages, diskDrivers), " "))
	fs.WalkDir(systemFiles, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all = append(all, systemFile(path.Base(name))...)
		}
		return err
	})
	return digest(all)
}

// systemFile is a file of ours, which is there.
func systemFile(name string) []byte {
	b, err := systemFiles.ReadFile("system/" + name)
	if err != nil {
		panic(err)
	}
	return b
}

// all are the packages, kernel and Busybox first.
func (y *system) all() []*pkg {
	list := []*pkg{y.kernel, y.busybox}
	for _, name := range y.packages {
		list = append(list, &pkg{name, regexp.MustCompile("^" + regexp.QuoteMeta(name) + "$")})
	}
	return list
}

// fromPackages makes g's disk.
func (s Store) fromPackages(g *Guest, o Options, tmp string) (source string, made []byte, err error) {
	if err := ofSeveral(g.system.all(), o); err != nil {
		return "", nil, err
	}
	if err := hostpkg.This(s.Log).Check(hostpkg.Disk); err != nil {
		return "", nil, err
	}
	debs, source, err := s.packagesOf(g, g.system.all(), o, tmp)
	if err != nil {
		return "", nil, err
	}
	files, err := g.system.files(debs)
	if err != nil {
		return "", nil, err
	}
	image := filepath.Join(tmp, "disk.img")
	if err := media.Disk(image, g.system.size, files); err != nil {
		return "", nil, err
	}
	made, err = os.ReadFile(image)
	return source, made, err
}

// files are what is on the disk, made of packages in the order of all.
func (y *system) files(debs []string) ([]media.File, error) {
	kernel, drivers, err := kernelFiles(debs[0], diskDrivers)
	if err != nil {
		return nil, err
	}
	busybox, err := debMember(debs[1], busyboxProgram)
	if err != nil {
		return nil, err
	}
	initrd, err := systemInitrd(busybox, drivers)
	if err != nil {
		return nil, err
	}
	var files []media.File
	for _, deb := range debs[2:] {
		more, err := unpackage(deb)
		if err != nil {
			return nil, err
		}
		files = append(files, more...)
	}
	files = append(files, media.File{Name: "boot/vmlinuz", Mode: 0o644, Data: kernel}, media.File{Name: "boot/initrd.img", Mode: 0o644, Data: initrd})
	for name, f := range placed {
		f.Data = systemFile(name)
		files = append(files, f)
	}
	for _, name := range pamFiles {
		files = append(files, media.File{Name: "etc/pam.d/" + name, Mode: 0o644, Data: systemFile("pam")})
	}
	return accounts(files), nil
}

// unpackage are the files of a package, as they are on a disk.
func unpackage(deb string) (files []media.File, err error) {
	byName := make(map[string]media.File)
	wanted := func(h *tar.Header) bool { return !left.MatchString(h.Name + "/") }
	err = debFiles(deb, wanted, func(h *tar.Header, data []byte) {
		f := media.File{Name: h.Name, Mode: h.FileInfo().Mode(), Data: data}
		switch h.Typeflag {
		case tar.TypeSymlink:
			f.Data = []byte(h.Linkname)
		case tar.TypeLink:
			f.Data = byName[path.Clean(h.Linkname)].Data
		}
		byName[f.Name] = f
		files = append(files, f)
	})
	return files, err
}

// accounts adds what base-passwd's script makes of its lists, with a root who
// needs no password.
func accounts(files []media.File) []media.File {
	for _, f := range files {
		switch f.Name {
		case "usr/share/base-passwd/passwd.master":
			text := strings.Replace(string(f.Data), "root:*:", "root::", 1)
			files = append(files, media.File{Name: "etc/passwd", Mode: 0o644, Data: []byte(text)})
		case "usr/share/base-passwd/group.master":
			files = append(files, media.File{Name: "etc/group", Mode: 0o644, Data: f.Data})
		}
	}
	return files
}
