package vmshell

import (
	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/manager"
)

// smallPage is the size of the smallest page of nested tables, in bytes. APM vol. 2
// §5.3.
const smallPage = 4 << 10

// usage counts the pages of guest-physical memory that a machine has used.
type usage struct {
	small, large, bytes uint64 // pages of 4 KiB, and larger ones
}

func (u *usage) add(size uint64) {
	if size == smallPage {
		u.small++
	} else {
		u.large++
	}
	u.bytes += size
}

// dirty shows what a machine's processors have used of its memory since it was
// asked last, which is its working set, and what of that they have written to.
func dirty(_ *shell, c *monitor.Context, v *manager.Machine, _ []string) error {
	var accessed, written usage
	if err := v.Harvest(0, vmm.SpaceSize, func(_, size uint64, wrote bool) {
		accessed.add(size)
		if wrote {
			written.add(size)
		}
	}); err != nil {
		return err
	}
	c.Printf("%-9s %10s %10s %12s\n", "", "4 KiB", "larger", "MiB")
	for _, line := range []struct {
		name string
		usage
	}{{"accessed", accessed}, {"written", written}} {
		c.Printf("%-9s %10d %10d %12.2f\n", line.name, line.small, line.large, float64(line.bytes)/(1<<20))
	}
	return nil
}
