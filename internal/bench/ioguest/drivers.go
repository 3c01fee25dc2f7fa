package ioguest

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// wanted are the drivers, if the kernel has them as modules. What they depend on
// comes with them.
var wanted = strings.Fields(`virtio_pci virtio_mmio virtio_blk virtio_console virtio_rng virtio_net
	sd_mod ata_piix ahci crc32c_generic ext4`)

// driverFile is where the drivers and what they depend on are in a package.
var driverFile = regexp.MustCompile(`/kernel/(arch/x86/crypto|block|crypto|lib|fs/(ext4|jbd2)|net/core|drivers/(virtio|block|ata|scsi|char))/.*\.ko$|/kernel/fs/mbcache\.ko$|/(virtio_net|net_failover)\.ko$`)

// maxDriver bounds a driver, in bytes.
const maxDriver = 64 << 20

// fetchDrivers puts the drivers of a kernel's package, "NAME=VERSION", into the
// folder to, under names that sort in the order of loading. The folder is there
// only when all of them are.
func fetchDrivers(pkg, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(to), ".drivers-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	get := exec.Command("apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", pkg)
	get.Dir = tmp
	if out, err := get.CombinedOutput(); err != nil {
		return fmt.Errorf("apt-get download %s: %w\n%s", pkg, err, out)
	}
	debs, err := filepath.Glob(filepath.Join(tmp, "*.deb"))
	if err != nil || len(debs) != 1 {
		return fmt.Errorf("apt-get downloaded %d packages, not 1", len(debs))
	}
	modules, err := readDrivers(debs[0])
	if err != nil {
		return err
	}
	out := filepath.Join(tmp, "out")
	if err := os.Mkdir(out, 0o777); err != nil {
		return err
	}
	names, err := inOrder(modules)
	if err != nil {
		return err
	}
	for i, name := range names {
		if err := os.WriteFile(filepath.Join(out, fmt.Sprintf("%02d-%s.ko", i, name)), modules[name], 0o666); err != nil {
			return err
		}
	}
	return os.Rename(out, to)
}

// readDrivers are the modules of a package that may be needed, by name.
func readDrivers(deb string) (map[string][]byte, error) {
	unpack := exec.Command("dpkg-deb", "--fsys-tarfile", deb)
	pipe, err := unpack.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := unpack.Start(); err != nil {
		return nil, err
	}
	defer func() {
		pipe.Close()
		unpack.Wait()
	}()
	modules := make(map[string][]byte)
	for r := tar.NewReader(pipe); ; {
		h, err := r.Next()
		if err == io.EOF {
			return modules, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", deb, err)
		}
		if h.Typeflag != tar.TypeReg || !driverFile.MatchString(h.Name) {
			continue
		}
		b, err := io.ReadAll(io.LimitReader(r, maxDriver))
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", deb, h.Name, err)
		}
		modules[moduleName(strings.TrimSuffix(path.Base(h.Name), ".ko"))] = b
	}
}

// moduleName is a module's name as the kernel knows it.
func moduleName(s string) string { return strings.ReplaceAll(s, "-", "_") }

// inOrder are the names of the wanted modules that there are and of what they
// depend on, each behind what it needs itself.
func inOrder(modules map[string][]byte) (list []string, err error) {
	seen := make(map[string]bool)
	var add func(name string) error
	add = func(name string) error {
		if seen[name] {
			return nil
		}
		seen[name] = true
		data, ok := modules[name]
		if !ok {
			return fmt.Errorf("the kernel has no module %s", name)
		}
		for _, d := range depends(data) {
			if err := add(d); err != nil {
				return err
			}
		}
		list = append(list, name)
		return nil
	}
	for _, name := range wanted {
		if _, ok := modules[name]; !ok {
			continue // it is part of the kernel, or not there
		}
		if err := add(name); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return list, nil
}

// depends are the modules that one needs, by its section .modinfo: strings that
// end with a zero byte.
func depends(data []byte) (names []string) {
	_, rest, _ := bytes.Cut(data, []byte("\x00depends="))
	text, _, _ := bytes.Cut(rest, []byte{0})
	for name := range strings.SplitSeq(string(text), ",") {
		if name != "" {
			names = append(names, moduleName(name))
		}
	}
	return names
}
