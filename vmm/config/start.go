package config

import (
	"fmt"
	"slices"
	"strings"
)

// keysOf are the ways to start, and the keys that not every one of them
// takes: those listed must be there if they are in needs, and may be there if
// they are in takes.
var keysOf = []struct {
	boot         Boot
	needs, takes []string
}{
	{BootAuto, nil, []string{"initrd", "cmdline", "modules"}},
	{BootLinux64, nil, []string{"initrd", "cmdline"}},
	{BootLinux32, nil, []string{"initrd", "cmdline"}},
	{BootLinux16, nil, []string{"initrd", "cmdline"}},
	{BootPVH, nil, []string{"initrd", "cmdline", "modules"}},
	{BootMultiboot, nil, []string{"cmdline", "modules"}},
	{BootMultiboot2, nil, []string{"cmdline", "modules"}},
	{BootELF, nil, nil},
	{BootFlat, []string{"address", "mode"}, nil},
}

// sometimes are the keys that keysOf decides about.
var sometimes = []string{"initrd", "cmdline", "modules", "address", "mode"}

func setBoot(vm *VM, _ string, v any) error {
	s, err := text(v)
	vm.boot = s
	return err
}

// takeBoot takes the key boot: what firmware boots from, or how the kernel is
// started.
func (vm *VM) takeBoot() error {
	if _, given := vm.lines["boot"]; !given {
		return nil
	}
	if vm.Firmware != "" {
		return vm.takeOrder()
	}
	var names []string
	for _, k := range keysOf {
		if string(k.boot) == vm.boot {
			vm.Boot = k.boot
			return nil
		}
		names = append(names, string(k.boot))
	}
	return fmt.Errorf("no way to start is called %q; there are %s", vm.boot, strings.Join(names, ", "))
}

// takeOrder takes it with firmware.
func (vm *VM) takeOrder() error {
	for name := range strings.SplitSeq(vm.boot, ",") {
		s := Source(strings.TrimSpace(name))
		if s != SourceCD && s != SourceDisk && s != SourceFloppy {
			return fmt.Errorf("firmware boots from nothing called %q; there are %s, %s and %s, with commas between", name, SourceCD, SourceDisk, SourceFloppy)
		}
		if slices.Contains(vm.Order, s) {
			return fmt.Errorf("%s is there twice", s)
		}
		vm.Order = append(vm.Order, s)
	}
	return nil
}

// realModeEnd is the end of what real-mode code can reach: AMD APM vol. 2
// §1.2.4, Intel SDM vol. 3 §21.1.1.
const realModeEnd = 1 << 20

func setAddress(vm *VM, _ string, v any) error {
	n, ok := v.(int64)
	switch {
	case !ok:
		return wrongType("an integer", v)
	case n < 0 || n >= MaxMemory:
		return fmt.Errorf("%#x is no address of a machine's memory", n)
	}
	vm.Address = uint64(n)
	return nil
}

func setMode(vm *VM, _ string, v any) error {
	n, ok := v.(int64)
	switch {
	case !ok:
		return wrongType("an integer", v)
	case n != 16 && n != 32 && n != 64:
		return fmt.Errorf("%d; want 16 (real mode), 32 (protected mode) or 64 (long mode)", n)
	}
	vm.Mode = int(n)
	return nil
}

// checkBoot checks what depends on the way to start.
func (vm *VM) checkBoot() (errs []*Error) {
	if err := vm.takeBoot(); err != nil {
		return []*Error{vm.Errorf("boot", "%v", err)}
	}
	vm.boot = ""
	if vm.Firmware != "" {
		for _, name := range append([]string{"kernel"}, sometimes...) {
			if _, given := vm.lines[name]; given {
				errs = append(errs, vm.Errorf(name, "a machine with firmware does not take this key"))
			}
		}
		return errs
	}
	i := 0
	for keysOf[i].boot != vm.Boot {
		i++
	}
	k := keysOf[i]
	for _, name := range sometimes {
		_, given := vm.lines[name]
		switch needed := slices.Contains(k.needs, name); {
		case needed && !given:
			errs = append(errs, vm.Errorf(name, "boot = %q needs this key", string(vm.Boot)))
		case given && !needed && !slices.Contains(k.takes, name):
			errs = append(errs, vm.Errorf(name, "boot = %q does not take this key", string(vm.Boot)))
		}
	}
	if vm.Mode == 16 && vm.Address >= realModeEnd {
		errs = append(errs, vm.Errorf("address", "%#x is beyond the reach of real mode, %#x", vm.Address, realModeEnd))
	}
	return errs
}
