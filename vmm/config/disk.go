package config

import (
	"fmt"
	"maps"
	"slices"
)

// Machine is a board.
type Machine string

// The boards.
const (
	MachinePC  Machine = "pc"  // 440FX and PIIX3: PCI
	MachineQ35 Machine = "q35" // Q35 and ICH9: PCI Express
)

// Virtio is where a machine's virtio devices are.
type Virtio string

// The places.
const (
	VirtioPCI  Virtio = "pci"  // on its PCI bus
	VirtioMMIO Virtio = "mmio" // at addresses that its ACPI tables name
)

// Disk is a disk or CD of a machine. What a guest writes on it is kept in
// memory until the machine is destroyed, if the disk is not one of these.
type Disk struct {
	File     string
	CD       bool
	ReadOnly bool // writes are refused
	Write    bool // what is written changes the file itself, as Ringo has it
	Bus      Bus
}

// Bus is what a disk, network adapter or serial line is attached to.
type Bus string

// The buses.
const (
	BusIDE    Bus = "ide"
	BusAHCI   Bus = "ahci"
	BusFloppy Bus = "floppy"
	BusVirtio Bus = "virtio"
	BusE1000  Bus = "e1000"  // network adapters alone
	BusSerial Bus = "serial" // serial lines alone
)

// busRoom is how many disks a bus takes.
var busRoom = map[Bus]int{BusIDE: 4, BusAHCI: 6, BusFloppy: 2, BusVirtio: 8}

// Source is the kind of device that the disk is to firmware.
func (d *Disk) Source() Source {
	switch {
	case d.Bus == BusFloppy:
		return SourceFloppy
	case d.CD:
		return SourceCD
	}
	return SourceDisk
}

func setDisks(vm *VM, _ string, v any) error {
	return each(v, "{file = ...}", func(t map[string]any) error {
		d, err := disk(t)
		vm.Disks = append(vm.Disks, d)
		return err
	})
}

// each takes the tables of a list.
func each(v any, like string, take func(map[string]any) error) error {
	list, err := tables(v, like)
	if err != nil {
		return err
	}
	for i, t := range list {
		if err := take(t); err != nil {
			return fmt.Errorf("number %d: %w", i+1, err)
		}
	}
	return nil
}

// fields takes the keys of one of them, in the order of names, which are all that
// there are.
func fields(t map[string]any, names []string, set func(name string, v any) error) error {
	for _, name := range names {
		if v, given := t[name]; given {
			if err := set(name, v); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t)) {
		if !slices.Contains(names, name) {
			return fmt.Errorf("%s: %w", name, unknownOf(name, names))
		}
	}
	return nil
}

// How what is written on a disk is kept.
const (
	modeOverlay  = "overlay"
	modeReadOnly = "readonly"
	modeWrite    = "write"
)

func disk(t map[string]any) (d Disk, err error) {
	err = fields(t, []string{"file", "cd", "readonly", "mode", "bus"}, func(name string, v any) (err error) {
		switch name {
		case "file":
			d.File, err = file(v)
		case "cd":
			d.CD, err = truth(v)
		case "readonly":
			d.ReadOnly, err = truth(v)
		case "mode":
			var mode string
			mode, err = choice(v, modeOverlay, modeReadOnly, modeWrite)
			if err == nil && d.ReadOnly && mode != modeReadOnly {
				err = fmt.Errorf("%q, and readonly = true", mode)
			}
			d.ReadOnly, d.Write = d.ReadOnly || mode == modeReadOnly, mode == modeWrite
		case "bus":
			d.Bus, err = choice(v, BusIDE, BusAHCI, BusFloppy, BusVirtio)
		}
		return err
	})
	switch {
	case err != nil:
	case d.File == "":
		err = fmt.Errorf("file: every disk needs this key")
	case d.CD && (d.Bus == BusFloppy || d.Bus == BusVirtio):
		err = fmt.Errorf("cd: there are no CDs at %s", d.Bus)
	case d.CD && d.Write:
		err = fmt.Errorf("mode: a CD cannot be written")
	}
	return d, err
}

// checkDisks gives the disks that name no bus the machine's own, and checks that
// each bus has room.
func (vm *VM) checkDisks() []*Error {
	own, other := BusIDE, Bus("")
	if vm.Machine == MachineQ35 {
		own, other = BusAHCI, BusIDE
	}
	used := map[Bus]int{}
	for i := range vm.Disks {
		d := &vm.Disks[i]
		if d.Bus == "" {
			d.Bus = own
		}
		if used[d.Bus]++; used[d.Bus] > busRoom[d.Bus] {
			return []*Error{vm.Errorf("disk", "number %d: there is room for %d at %s", i+1, busRoom[d.Bus], d.Bus)}
		}
		if d.Bus == other {
			return []*Error{vm.Errorf("disk", "number %d: bus: a machine %q has no %s", i+1, string(vm.Machine), d.Bus)}
		}
	}
	return nil
}
