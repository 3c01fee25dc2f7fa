package guestos

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/ringo-vmm/ringo/internal/cpio"
)

// diskDrivers are the modules of Debian's kernel that find a file system on a disk
// of any kind that firmware boots from. What they depend on comes with them.
var diskDrivers = []string{"ata_piix", "ahci", "sd_mod", "virtio_pci", "virtio_blk", "crc32c_generic", "ext4"}

var (
	kernelFile = regexp.MustCompile(`^boot/vmlinuz-`)
	moduleFile = regexp.MustCompile(`^lib/modules/.*\.ko$`)
)

// module is a kernel module.
type module struct {
	name string
	data []byte
}

// kernelFiles are the kernel of a package and the wanted drivers, in the order in
// which they can be loaded.
func kernelFiles(deb string, wanted []string) (kernel []byte, drivers []module, err error) {
	modules := make(map[string][]byte)
	err = debFiles(deb, func(h *tar.Header) bool {
		return h.Typeflag == tar.TypeReg && (kernelFile.MatchString(h.Name) || moduleFile.MatchString(h.Name))
	}, func(h *tar.Header, data []byte) {
		if name, ok := strings.CutSuffix(path.Base(h.Name), ".ko"); ok {
			modules[moduleName(name)] = data
		} else {
			kernel = data
		}
	})
	if err == nil && kernel == nil {
		err = fmt.Errorf("%s has no kernel", deb)
	}
	if err != nil {
		return nil, nil, err
	}
	drivers, err = inOrder(modules, wanted)
	return kernel, drivers, err
}

// release is the version of a kernel, as uname -r has it. Linux x86 boot protocol,
// kernel_version: the offset of a string, less 200h.
func release(kernel []byte) (string, error) {
	const field, base = 0x20e, 0x200
	if len(kernel) > field+2 {
		at := base + int(binary.LittleEndian.Uint16(kernel[field:]))
		if at < len(kernel) {
			text, _, _ := bytes.Cut(kernel[at:min(len(kernel), at+base)], []byte{0})
			if version, _, ok := strings.Cut(string(text), " "); ok {
				return version, nil
			}
		}
	}
	return "", errors.New("the kernel does not say its version")
}

// moduleName is a module's name as the kernel knows it.
func moduleName(s string) string { return strings.ReplaceAll(s, "-", "_") }

// inOrder are the wanted modules and what they depend on, each behind what it
// needs itself.
func inOrder(modules map[string][]byte, wanted []string) (list []module, err error) {
	var add func(name string, depth int) error
	add = func(name string, depth int) error {
		data, ok := modules[name]
		switch {
		case !ok:
			return fmt.Errorf("the kernel has no module %s", name)
		case depth > len(modules):
			return fmt.Errorf("module %s depends on itself", name)
		case slices.ContainsFunc(list, func(m module) bool { return m.name == name }):
			return nil
		}
		for _, d := range depends(data) {
			if err := add(d, depth+1); err != nil {
				return err
			}
		}
		list = append(list, module{name, data})
		return nil
	}
	for _, name := range wanted {
		if err := add(name, 0); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// depends are the modules that one needs, by its section .modinfo: strings that
// end with a zero byte.
func depends(data []byte) (names []string) {
	const key = "\x00depends="
	_, rest, _ := bytes.Cut(data, []byte(key))
	text, _, _ := bytes.Cut(rest, []byte{0})
	for name := range strings.SplitSeq(string(text), ",") {
		if name != "" {
			names = append(names, moduleName(name))
		}
	}
	return names
}

// systemInitrd is the initial RAM disk of a system.
func systemInitrd(busybox []byte, drivers []module) ([]byte, error) {
	var c cpio.Writer
	for _, dir := range []string{"bin", "dev", "modules"} {
		c.Dir(dir, 0o755)
	}
	c.CharDevice("dev/console", 0o600, consoleMajor, consoleMinor)
	c.File("bin/busybox", 0o755, busybox)
	c.Symlink("bin/sh", "busybox")
	for i, m := range drivers {
		c.File("modules/"+m.file(i), 0o644, m.data)
	}
	c.File("init", 0o755, systemFile("init"))
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(c.End()); err != nil {
		return nil, err
	}
	err := w.Close()
	return packed.Bytes(), err
}
