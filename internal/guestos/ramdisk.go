package guestos

import (
	_ "embed"
	"fmt"
	"os"
	"strings"

	"github.com/ringo-vmm/ringo/internal/cpio"
)

// ramdisk is an initial RAM disk with Busybox, the drivers of kernels for network
// adapters, and a first program that gets an address by DHCP.
type ramdisk struct {
	busybox *pkg
	kernels []kernelDrivers
}

// kernelDrivers are the modules of a kernel that are wanted. What they depend on
// comes with them.
type kernelDrivers struct {
	kernel *pkg
	names  []string
}

var netRAMDisk = &ramdisk{
	busybox: &busyboxStatic,
	kernels: []kernelDrivers{
		{&cloudKernel, words("virtio_pci virtio_mmio virtio_net")},
		{&genericKernel, words("virtio_pci virtio_mmio virtio_net e1000")},
	},
}

// netInit is its first program, netScript what its DHCP client runs.
var (
	//go:embed net-init.sh
	netInit []byte
	//go:embed net-dhcp.sh
	netScript []byte
)

// recipe changes with the files and the modules.
func (d *ramdisk) recipe() string {
	all := append([]byte(nil), netInit...)
	all = append(all, netScript...)
	for _, k := range d.kernels {
		all = append(all, strings.Join(k.names, " ")...)
	}
	return digest(all)
}

// all are the packages, Busybox first.
func (d *ramdisk) all() []*pkg {
	list := []*pkg{d.busybox}
	for _, k := range d.kernels {
		list = append(list, k.kernel)
	}
	return list
}

// fromKernels makes g's RAM disk.
func (s Store) fromKernels(g *Guest, o Options, tmp string) (source string, made []byte, err error) {
	if err := ofSeveral(g.ramdisk.all(), o); err != nil {
		return "", nil, err
	}
	debs, source, err := s.packagesOf(g, g.ramdisk.all(), o, tmp)
	if err != nil {
		return "", nil, err
	}
	made, err = g.ramdisk.pack(debs)
	return source, made, err
}

// ofSeveral refuses the one package that a user has.
func ofSeveral(list []*pkg, o Options) error {
	if o.Deb != "" {
		return fmt.Errorf("it is made of %d packages, not of one", len(list))
	}
	return nil
}

// packagesOf gets the packages that g is made of, and tells what came.
func (s Store) packagesOf(g *Guest, list []*pkg, o Options, tmp string) (debs []string, source string, err error) {
	if debs, err = s.download(g, list, tmp); err != nil {
		return nil, "", err
	}
	var came []locked
	for i, p := range list {
		source, err := p.source(debs[i])
		if err != nil {
			return nil, "", err
		}
		b, err := os.ReadFile(debs[i])
		if err != nil {
			return nil, "", err
		}
		came = append(came, locked{g.Name + "/" + p.ask, source, sum(b)})
	}
	return debs, fmt.Sprintf("%s and %d more packages", came[0].source, len(came)-1), s.agree(g, o, came...)
}

// pack makes the RAM disk of packages in the order of all.
func (d *ramdisk) pack(debs []string) ([]byte, error) {
	busybox, err := debMember(debs[0], busyboxProgram)
	if err != nil {
		return nil, err
	}
	var c cpio.Writer
	for _, dir := range []string{"bin", "dev", "etc", "proc", "root", "sys", "tmp", "modules"} {
		c.Dir(dir, 0o755)
	}
	c.CharDevice("dev/console", 0o600, consoleMajor, consoleMinor)
	c.File("bin/busybox", 0o755, busybox)
	c.Symlink("bin/sh", "busybox")
	c.File("init", 0o755, netInit)
	c.File("etc/dhcp.sh", 0o755, netScript)
	for i, k := range d.kernels {
		kernel, drivers, err := kernelFiles(debs[1+i], k.names)
		if err != nil {
			return nil, err
		}
		release, err := release(kernel)
		if err != nil {
			return nil, err
		}
		c.Dir("modules/"+release, 0o755)
		for n, m := range drivers {
			c.File("modules/"+release+"/"+m.file(n), 0o644, m.data)
		}
	}
	return c.End(), nil
}
