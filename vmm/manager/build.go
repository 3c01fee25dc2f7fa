package manager

import (
	"errors"

	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/loader"
	"github.com/ringo-vmm/ringo/vmm/pc"
)

// protocols are the loader's names for the ways to start.
var protocols = map[config.Boot]loader.Protocol{
	config.BootAuto: loader.Auto, config.BootLinux64: loader.Linux64, config.BootLinux32: loader.Linux32, config.BootLinux16: loader.Linux16,
	config.BootPVH: loader.PVH, config.BootMultiboot: loader.Multiboot, config.BootFlat: loader.Flat,
}

var modes = map[int]loader.Mode{16: loader.Real, 32: loader.Protected, 64: loader.Long}

// build makes the machine that the configuration describes.
func (v *Machine) build() (*pc.PC, error) {
	o, c := &v.manager.Options, v.Config
	load, err := v.load()
	if err != nil {
		return nil, err
	}
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
	p, err := pc.New(pc.Config{
		Name: c.Name, Memory: c.Memory, CPUs: c.CPUs, Host: o.Host, Engine: engine, CPUID: o.CPUID, TSCHz: o.TSCHz, Wall: o.Wall,
		Load: load, Console: v.Console, Features: features, MSRs: c.MSRs, Share: c.Share,
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

// load is what the loader shall do.
func (v *Machine) load() (loader.Config, error) {
	c := v.Config
	l := loader.Config{Protocol: protocols[c.Boot], CommandLine: c.CommandLine, Address: c.Address, Mode: modes[c.Mode]}
	images := make(map[string]loader.Image)
	for _, image := range c.Images() {
		data, ok := v.manager.Module(image.Name())
		if !ok {
			return l, c.Errorf(image.Key, "there is no boot module %s", image.Name())
		}
		images[image.Key] = loader.Image{Name: image.Name(), Data: data}
	}
	l.Kernel = images["kernel"]
	if c.Initrd != "" {
		l.Modules = append(l.Modules, loader.Module{Image: images["initrd"], Key: "initrd"})
	}
	for i, m := range c.Modules {
		l.Modules = append(l.Modules, loader.Module{Image: images[c.ModuleKey(i)], Key: c.ModuleKey(i), CommandLine: m.Args})
	}
	return l, nil
}
