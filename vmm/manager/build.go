package manager

import (
	"errors"
	"fmt"

	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/block/qcow2"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/loader"
	"github.com/ringo-vmm/ringo/vmm/pc"
)

// protocols are the loader's names for the ways to start.
var protocols = map[config.Boot]loader.Protocol{
	config.BootAuto: loader.Auto, config.BootLinux64: loader.Linux64, config.BootLinux32: loader.Linux32, config.BootLinux16: loader.Linux16,
	config.BootPVH: loader.PVH, config.BootMultiboot: loader.Multiboot, config.BootMultiboot2: loader.Multiboot2, config.BootELF: loader.ELF,
	config.BootFlat: loader.Flat,
}

var modes = map[int]loader.Mode{16: loader.Real, 32: loader.Protected, 64: loader.Long}

// build makes the machine that the configuration describes.
func (v *Machine) build() (*pc.PC, error) {
	o, c := &v.manager.Options, v.Config
	images, err := v.images()
	if err != nil {
		return nil, err
	}
	load := v.load(images)
	engine, err := o.Engine()
	if err != nil {
		return nil, c.Errorf("", "%v", err)
	}
	var features []string
	for _, f := range c.CPUID {
		sign := "-"
		if f.On {
			sign = "+"
		}
		features = append(features, sign+f.Name)
	}
	serials, err := v.serials()
	if err != nil {
		return nil, err
	}
	list, err := v.disks(images)
	if err != nil {
		return nil, err
	}
	p, err := pc.New(pc.Config{
		Name: c.Name, Machine: c.Machine, Memory: c.Memory, CPUs: c.CPUs, Host: o.Host, Engine: engine, CPUID: o.CPUID, TSCHz: o.TSCHz, Wall: o.Wall,
		Load: load, Serials: serials, Console: v.Console, Screen: v.Screen, Features: features, MSRs: c.MSRs, Share: c.Share,
		Firmware: firmware(c, images, list), Disks: list, Adapters: v.adapters, Virtio: c.Virtio, RNG: c.RNG, Balloon: c.Balloon,
	})
	if err != nil {
		return nil, c.Errorf(keyOf(err), "%v", err)
	}
	return p, nil
}

// keyOf is the key of the configuration that an error is about.
func keyOf(err error) string {
	var k interface{ ConfigKey() string }
	if errors.As(err, &k) {
		return k.ConfigKey()
	}
	return ""
}

// images are the files that the machine needs, by their keys.
func (v *Machine) images() (map[string]loader.Image, error) {
	c, images := v.Config, make(map[string]loader.Image)
	for _, image := range c.Images() {
		data, ok := v.manager.Module(image.Name())
		if !ok {
			return nil, c.Errorf(image.Key, "there is no boot module %s", image.Name())
		}
		images[image.Key] = loader.Image{Name: image.Name(), Data: data}
	}
	return images, nil
}

// firmware is what the machine starts in, nil if that is a kernel.
func firmware(c *config.VM, images map[string]loader.Image, disks []pc.Disk) *pc.Firmware {
	if c.Firmware == "" {
		return nil
	}
	f := &pc.Firmware{BIOS: images["firmware"].Data, VGA: images["vgabios"].Data}
	paths := pc.DiskPaths(c.Machine, disks)
	for _, source := range c.Order {
		for i, d := range c.Disks {
			if source == d.Source() {
				f.Order = append(f.Order, paths[i])
			}
		}
	}
	return f
}

// disks are the machine's disks.
func (v *Machine) disks(images map[string]loader.Image) (list []pc.Disk, err error) {
	c := v.Config
	if v.overlays == nil {
		v.overlays = make([]*block.Overlay, len(c.Disks))
	}
	for i, d := range c.Disks {
		key := c.DiskKey(i)
		disk := pc.Disk{Data: images[key].Data, QCOW2: v.qcow2[i], CD: d.CD, ReadOnly: d.ReadOnly, Write: d.Write, Bus: d.Bus}
		if !d.CD && !d.ReadOnly && !d.Write {
			if v.overlays[i] == nil {
				if v.overlays[i], err = disk.NewOverlay(); err != nil {
					return nil, c.Errorf(key, "%v", err)
				}
			}
			disk.Overlay = v.overlays[i]
		}
		list = append(list, disk)
	}
	return list, nil
}

// formats finds out which disks are qcow2 images. It is done before any machine
// runs: a guest that writes to a raw image cannot make it another format.
func (v *Machine) formats() {
	for _, d := range v.Config.Disks {
		data, _ := v.manager.Module(config.Image{Path: d.File}.Name())
		v.qcow2 = append(v.qcow2, qcow2.Is(data))
	}
}

// plug plugs the machine's network adapters in.
func (v *Machine) plug() error {
	for i, n := range v.Config.NICs {
		if v.manager.Plug == nil {
			return errors.New("there is no network")
		}
		a, err := v.manager.Plug(v.Config.Name, i, n)
		if err != nil {
			return fmt.Errorf("number %d: %w", i+1, err)
		}
		v.adapters = append(v.adapters, a)
	}
	return nil
}

// load is what the loader shall do.
func (v *Machine) load(images map[string]loader.Image) loader.Config {
	c := v.Config
	l := loader.Config{Protocol: protocols[c.Boot], CommandLine: c.CommandLine, Address: c.Address, Mode: modes[c.Mode]}
	l.Kernel = images["kernel"]
	if c.Initrd != "" {
		l.Modules = append(l.Modules, loader.Module{Image: images["initrd"], Key: "initrd"})
	}
	for i, m := range c.Modules {
		l.Modules = append(l.Modules, loader.Module{Image: images[c.ModuleKey(i)], Key: c.ModuleKey(i), CommandLine: m.Args})
	}
	return l
}
