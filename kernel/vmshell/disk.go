package vmshell

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/manager"
	"github.com/ringo-vmm/ringo/vmm/pc"
)

// diskAction is something to do with one disk of a machine.
type diskAction struct {
	name, usage, help string
	most              int // arguments after the disk
	run               func(o *block.Overlay, v *manager.Machine, args []string) (said string, err error)
	base              bool // it writes to the file below
}

var diskActions = []diskAction{
	{name: "snapshot", help: "keep it as it is now", run: snapshotDisk},
	{name: "revert", usage: "[N]", help: "make it what it was at snapshot N; default the last", most: 1, run: revertDisk},
	{name: "commit", help: "write it to its file in memory, and forget its snapshots", run: commitDisk, base: true},
	{name: "discard", help: "make it its file again, and forget its snapshots", run: discardDisk},
}

// diskCommand is the monitor's command disk.
func (s *shell) diskCommand() monitor.Command {
	more := fmt.Sprintf("  %-36s %s\n", "disk [list]", "list the disks of all machines")
	for _, a := range diskActions {
		more += fmt.Sprintf("  %-36s %s\n", a.full(), a.help)
	}
	return monitor.Command{
		Name: "disk", Usage: "[list | COMMAND MACHINE DISK [N]]", Group: "virtual machines",
		Help: "list virtual machines' disks; snapshot, revert, commit and discard what was written", More: more,
		Run: s.disk, Complete: s.completeDisk,
	}
}

// full is the action as it is typed.
func (a *diskAction) full() string {
	return strings.TrimSpace("disk " + a.name + " MACHINE DISK " + a.usage)
}

// disk is the command disk.
func (s *shell) disk(c *monitor.Context, args []string) error {
	if len(args) == 0 || args[0] == "list" {
		if len(args) > 1 {
			return monitor.BadInput("too many arguments")
		}
		return s.listDisks(c)
	}
	i := slices.IndexFunc(diskActions, func(a diskAction) bool { return a.name == args[0] })
	if i < 0 {
		return monitor.BadInput("there is no command disk %s", args[0])
	}
	a := &diskActions[i]
	said, err := s.changeDisk(a, args[1:])
	if u := new(usageError); errors.As(err, u) {
		return fmt.Errorf("%s: %v (usage: %s)", a.name, u.error, a.full())
	}
	if err != nil {
		return err
	}
	c.Printf("%s\n", said)
	return nil
}

func (s *shell) completeDisk(args []string) (words []string) {
	switch len(args) {
	case 1:
		words = []string{"list"}
		for _, a := range diskActions {
			words = append(words, a.name)
		}
	case 2:
		words = s.names()
	}
	return words
}

// changeDisk finds the disk that an action is about, and does it while the
// machine stands still and nothing is in flight.
func (s *shell) changeDisk(a *diskAction, args []string) (said string, err error) {
	switch {
	case len(args) < 2:
		return "", usageError{errors.New("which disk?")}
	case len(args) > 2+a.most:
		return "", usageError{errors.New("too many arguments")}
	}
	v, err := s.manager.Find(args[0])
	if err != nil {
		return "", err
	}
	if len(v.Config.Disks) == 0 {
		return "", fmt.Errorf("%s has no disks", args[0])
	}
	n, err := number("DISK", args[1], 1, uint64(len(v.Config.Disks)))
	if err != nil {
		return "", err
	}
	if a.base {
		if err := s.soleUser(v, int(n-1)); err != nil {
			return "", err
		}
	}
	err = v.Still(func(p *pc.PC) error {
		d := p.Disks()[n-1]
		o := d.Overlay()
		if o == nil {
			return fmt.Errorf("disk %d of %s is no overlay: nothing of it is kept apart", n, args[0])
		}
		d.Drain()
		return d.Do(func() (err error) {
			said, err = a.run(o, v, args[2:])
			return err
		})
	})
	return said, err
}

// soleUser is an error if anything else that runs has the file of a disk.
func (s *shell) soleUser(v *manager.Machine, disk int) error {
	file := v.Config.Disks[disk].File
	for _, other := range s.manager.Machines() {
		if other.State() == manager.Off {
			continue
		}
		for i, d := range other.Config.Disks {
			if d.File == file && (other != v || i != disk) {
				return fmt.Errorf("%s uses %s too, as disk %d", other.Config.Name, file, i+1)
			}
		}
	}
	return nil
}

func snapshotDisk(o *block.Overlay, _ *manager.Machine, _ []string) (string, error) {
	n, err := o.Snapshot()
	return fmt.Sprintf("snapshot %d", n), err
}

func revertDisk(o *block.Overlay, v *manager.Machine, args []string) (string, error) {
	n := uint64(o.Snapshots())
	switch {
	case len(args) == 0 && n == 0:
		return "", fmt.Errorf("there are no snapshots; disk discard goes back to the file")
	case len(args) > 0:
		var err error
		if n, err = number("N", args[0], 1, max(n, 1)); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("it is as at snapshot %d%s", n, unaware(v)), o.Revert(int(n))
}

func commitDisk(o *block.Overlay, _ *manager.Machine, _ []string) (string, error) {
	used := o.Used()
	return fmt.Sprintf("%s written to the file", diskSize(used)), o.Commit()
}

func discardDisk(o *block.Overlay, v *manager.Machine, _ []string) (string, error) {
	used := o.Used()
	return fmt.Sprintf("%s discarded%s", diskSize(used), unaware(v)), o.Revert(0)
}

// unaware says what a guest does not know whose disk goes back in time.
func unaware(v *manager.Machine) string {
	return fmt.Sprintf("; what %s remembers of it is wrong now", v.Config.Name)
}
