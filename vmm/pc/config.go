package pc

import (
	"fmt"

	"github.com/ringo-vmm/ringo/amd64/cpuid"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/console"
	"github.com/ringo-vmm/ringo/vmm/loader"
	"github.com/ringo-vmm/ringo/vmm/sched"
)

// Config is what machine to build, and on what.
type Config struct {
	Name    string
	Machine config.Machine // "" is MachinePC
	Memory  uint64         // bytes
	CPUs    int
	Host    vmm.Host
	Engine  vmm.Engine
	CPUID   cpuid.Func // the host's
	TSCHz   uint64
	Wall    func() int64 // ns since 1970

	// Share is what the machine gets of the host's processors.
	Share sched.Params

	// Load says what to start, and how: RAM and RSDP are filled in here. If
	// there is Firmware, that is started in its place.
	Load     loader.Config
	Firmware *Firmware
	// Disks are at the controllers that their Bus names: up to four at IDE,
	// which a q35 has not, six at AHCI, two floppies, and virtio.
	Disks []Disk
	// Virtio is where virtio devices are; "" is VirtioPCI.
	Virtio config.Virtio
	RNG    bool // a virtio source of random numbers
	// Balloon is a virtio balloon: see PC.Balloon.
	Balloon bool
	// Adapters are network adapters.
	Adapters []Adapter
	// Serials are the serial lines; none is Console at COM1.
	Serials []Serial
	// Console is the machine's terminal. It outlives the machine.
	Console *console.Console
	// Screen is where the keyboard is typed at; nil is nowhere. It outlives
	// the machine too.
	Screen *console.Console

	// Features turn CPUID features on and off, by "+NAME" and "-NAME".
	Features []string
	// MSRs are what the guest finds in model-specific registers instead of
	// what Ringo has for it.
	MSRs []config.MSR
}

// keyError is an error that a key of the configuration is the cause of.
type keyError struct {
	key string
	error
}

// ConfigKey is the key.
func (e *keyError) ConfigKey() string { return e.key }

// Unwrap is the error itself.
func (e *keyError) Unwrap() error { return e.error }

// check finds what this package cannot build.
func (c *Config) check() error {
	if c.CPUs < 1 || c.CPUs > config.MaxCPUs {
		return &keyError{"cpus", fmt.Errorf("%d processors, 1 to %d can be", c.CPUs, config.MaxCPUs)}
	}
	switch c.Machine {
	case "":
		c.Machine = config.MachinePC
	case config.MachinePC:
	case config.MachineQ35:
		if c.Firmware != nil && c.Memory > firmwareECAM {
			return &keyError{"memory", fmt.Errorf("%d MiB; SeaBIOS has PCI Express configuration space at %d MiB of a q35", c.Memory>>20, firmwareECAM>>20)}
		}
	default:
		return &keyError{"machine", fmt.Errorf("there is no machine %q", c.Machine)}
	}
	return nil
}
