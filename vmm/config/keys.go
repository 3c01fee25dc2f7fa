package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/ringo-vmm/ringo/vmm/sched"
)

// key is something a text can say about a machine. set takes the value as the
// TOML package has it, and the key as written, which matters for msr alone.
type key struct {
	name     string
	required bool // with firmware, kernel is not
	set      func(vm *VM, name string, value any) error
}

// anyMSR is the key for each entry of the table msr.
const anyMSR = "msr."

// keys are all there are.
var keys = []key{
	{"name", true, setName},
	{"machine", false, setChoice(func(vm *VM) *Machine { return &vm.Machine }, MachinePC, MachineQ35)},
	{"cpus", false, setCPUs},
	{"memory", true, setMemory},
	{"boot", false, setBoot},
	{"firmware", false, setFile(func(vm *VM) *string { return &vm.Firmware })},
	{"vgabios", false, setFile(func(vm *VM) *string { return &vm.VGABIOS })},
	{"disk", false, setDisks},
	{"net", false, setNICs},
	{"serial", false, setSerials},
	{"virtio", false, setChoice(func(vm *VM) *Virtio { return &vm.Virtio }, VirtioPCI, VirtioMMIO)},
	{"rng", false, setBool(func(vm *VM) *bool { return &vm.RNG })},
	{"balloon", false, setBool(func(vm *VM) *bool { return &vm.Balloon })},
	{"kernel", true, setFile(func(vm *VM) *string { return &vm.Kernel })},
	{"initrd", false, setFile(func(vm *VM) *string { return &vm.Initrd })},
	{"cmdline", false, setText(func(vm *VM) *string { return &vm.CommandLine })},
	{"modules", false, setModules},
	{"address", false, setAddress},
	{"mode", false, setMode},
	{"cpuid", false, setCPUID},
	{"console.scrollback", false, setScrollback},
	{"schedule.weight", false, setNumber(1, sched.MaxWeight, func(vm *VM, n uint32) { vm.Share.Weight = n })},
	{"schedule.cap", false, setNumber(1, sched.MaxCap, func(vm *VM, n uint32) { vm.Share.Cap = n })},
	{"schedule.cpus", false, setProcessors},
	{"autostart", false, setBool(func(vm *VM) *bool { return &vm.Autostart })},
	{"restart", false, setBool(func(vm *VM) *bool { return &vm.Restart })},
	{anyMSR, false, setMSR},
}

// tableKeys are the keys with keys of their own.
var tableKeys = []string{"console", "msr", "schedule"}

// find is the key of that name, nil if there is none.
func find(name string) *key {
	for i := range keys {
		if k := &keys[i]; k.name == name || k.name == anyMSR && strings.HasPrefix(name, anyMSR) {
			return k
		}
	}
	return nil
}

// value keeps what the TOML package read.
type value struct{ any }

func (v *value) UnmarshalTOML(read any) error {
	v.any = read
	return nil
}

// set takes all that a machine's table says.
func (vm *VM) set(md *toml.MetaData, values map[string]toml.Primitive, c chunk) []*Error {
	errs := vm.setAll(md, "", values, c)
	for _, k := range keys {
		if _, given := vm.lines[k.name]; k.required && !given && !(k.name == "kernel" && vm.Firmware != "") {
			errs = append(errs, vm.Errorf(k.name, "every machine needs this key"))
		}
	}
	if len(errs) == 0 {
		errs = append(vm.checkBoot(), vm.checkDisks()...)
		vm.completeSerials()
	}
	// The name may have been read after others failed.
	for _, e := range errs {
		e.VM = vm.Name
	}
	return errs
}

// setAll takes a table, with the prefix that its keys have in the machine's.
func (vm *VM) setAll(md *toml.MetaData, prefix string, values map[string]toml.Primitive, c chunk) (errs []*Error) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		var v value
		var inner map[string]toml.Primitive
		err := md.PrimitiveDecode(values[name], &v)
		_, isTable := v.any.(map[string]any)
		full := prefix + name
		vm.lines[full] = lineOf(md, values[name], c)
		switch k := find(full); {
		case err != nil:
		case isTable && slices.Contains(tableKeys, full):
			if err = md.PrimitiveDecode(values[name], &inner); err == nil {
				errs = append(errs, vm.setAll(md, full+".", inner, c)...)
			}
		case slices.Contains(tableKeys, full):
			err = wrongType("a table", v.any)
		case k != nil:
			err = k.set(vm, full, v.any)
		default:
			err = unknown(full)
		}
		if err != nil {
			errs = append(errs, vm.Errorf(full, "%v", err))
		}
	}
	return errs
}

// unknown is the error for a key that does not exist.
func unknown(name string) error {
	names := slices.Clone(tableKeys)
	for _, k := range keys {
		if k.name != anyMSR {
			names = append(names, k.name)
		}
	}
	return unknownOf(name, names)
}

// unknownOf is that error where there are these keys.
func unknownOf(name string, names []string) error {
	if n := nearest(name, names); n != "" {
		return fmt.Errorf("there is no such key; did you mean %s?", n)
	}
	return fmt.Errorf("there is no such key")
}

// wrongType is the error for a value that is not what was wanted.
func wrongType(want string, v any) error {
	got := "a date or time"
	switch v.(type) {
	case string:
		got = "a string"
	case int64:
		got = "an integer"
	case float64:
		got = "a number with a fraction"
	case bool:
		got = "true or false"
	case []any, []map[string]any:
		got = "an array"
	case map[string]any:
		got = "a table"
	}
	return fmt.Errorf("want %s, not %s", want, got)
}
