package vmshell

import (
	"fmt"
	"path"

	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/manager"
	"github.com/ringo-vmm/ringo/vmm/pc"
)

// diskNow is what a disk of a running machine says of itself.
type diskNow struct {
	size, used uint64 // in bytes; what is kept apart
	snapshots  int
	stats      block.Stats
}

// listDisks lists the disks of all machines.
func (s *shell) listDisks(c *monitor.Context) error {
	none := true
	for _, v := range s.manager.Machines() {
		if len(v.Config.Disks) == 0 {
			continue
		}
		if none {
			c.Printf("%-16s %4s %-6s %-8s %10s %10s %9s %9s %9s %7s %6s  %s\n",
				"machine", "disk", "bus", "mode", "size", "written", "snapshots", "reads", "writes", "flushes", "errors", "file")
		}
		none = false
		disks, on := disksNow(v)
		for i, d := range v.Config.Disks {
			c.Printf("%-16s %4d %-6s %-8s ", v.Config.Name, i+1, d.Bus, diskMode(d))
			if on {
				n := disks[i]
				r := n.stats.Requests
				c.Printf("%10s %10s %9d %9d %9d %7d %6d", diskSize(n.size), diskSize(n.used), n.snapshots, r[block.Read], r[block.Write], r[block.Flush], n.stats.Errors)
			} else {
				c.Printf("%10s %10s %9s %9s %9s %7s %6s", "-", "-", "-", "-", "-", "-", "-")
			}
			c.Printf("  %s\n", path.Base(d.File))
		}
	}
	if none {
		c.Printf("no machine has disks\n")
	}
	return nil
}

// disksNow asks a machine's disks; on is false if it is off.
func disksNow(v *manager.Machine) (disks []diskNow, on bool) {
	err := v.Still(func(p *pc.PC) error {
		for _, d := range p.Disks() {
			n := diskNow{size: d.Size(), stats: d.Stats()}
			if o := d.Overlay(); o != nil {
				if err := d.Do(func() error {
					n.used, n.snapshots = o.Used(), o.Snapshots()
					return nil
				}); err != nil {
					return err
				}
			}
			disks = append(disks, n)
		}
		return nil
	})
	return disks, err == nil
}

// diskMode is a disk's mode, as the configuration has it, or cd.
func diskMode(d config.Disk) string {
	switch {
	case d.CD:
		return "cd"
	case d.ReadOnly:
		return "readonly"
	case d.Write:
		return "write"
	}
	return "overlay"
}

// diskSize is a number of bytes to three digits.
func diskSize(n uint64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 10<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d KiB", (n+1023)>>10)
}
