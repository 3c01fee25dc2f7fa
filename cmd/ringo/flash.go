package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/ringo-vmm/ringo/internal/guestos"
	"github.com/ringo-vmm/ringo/internal/hostpkg"
	"github.com/ringo-vmm/ringo/internal/media"
	"github.com/ringo-vmm/ringo/internal/netboot"
)

// undionly is the guest that is iPXE for firmware whose own boot ROM knows no
// multiboot.
const undionly = "undionly"

// flashFlags are what ringo flash is told.
type flashFlags struct {
	*imageFlags
	iface, mac    *string
	dhcp, wake    *bool
	reset, serial *string
	once          *bool
	hardware      net.HardwareAddr
}

func (c *cli) flashFlags() *flashFlags {
	f := &flashFlags{imageFlags: c.imageFlags()}
	f.iface = c.flags.String("iface", "", "the network `interface` that leads to the machine (default: the only one)")
	f.mac = c.flags.String("mac", "", "serve only the machine with this `address` of its network adapter")
	f.dhcp = c.flags.Bool("dhcp", false, "give out addresses too; without, another DHCP server does, and this one adds what to boot")
	f.wake = c.flags.Bool("wake", false, "wake the machine up (-mac) by Wake-on-LAN")
	f.reset = c.flags.String("reset", "", "a shell `command` that resets the machine")
	f.serial = c.flags.String("serial", "", "connect the terminal with a serial `port`, as ringo console does")
	f.once = c.flags.Bool("once", false, "end when a machine has got the kernel")
	return f
}

func (f *flashFlags) parse(c *cli, args []string) (err error) {
	if err := c.parse(args, 0); err != nil {
		return err
	}
	if *f.mac != "" {
		if f.hardware, err = net.ParseMAC(*f.mac); err != nil || len(f.hardware) != 6 {
			return usageError("-mac: want an address such as 52:54:00:12:34:56")
		}
	}
	if *f.wake && f.hardware == nil {
		return usageError("-wake: say which machine, by -mac")
	}
	return nil
}

// runFlash builds Ringo, serves it to machines that boot from the network, and
// resets one so that it does.
func runFlash(c *cli, args []string) error {
	f := c.flashFlags()
	defer func() { f.vms.remove() }()
	if err := f.parse(c, args); err != nil {
		return err
	}
	begin := time.Now()
	iface, self, err := netboot.Interface(*f.iface)
	if err != nil {
		return usageError(err.Error())
	}
	dir, err := f.stage()
	if err != nil {
		return err
	}
	on, err := netboot.Listen(iface, self.Addr())
	if err != nil {
		return err
	}
	defer on.Close()
	say := func(format string, args ...any) { fmt.Fprintf(os.Stderr, "ringo: "+format+"\r\n", args...) }
	say("serving %s on %s, %v; built in %v", dir, iface, self.Addr(), time.Since(begin).Round(100*time.Millisecond))

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	ctx, end := context.WithCancel(ctx)
	defer end()
	s := &netboot.Server{Dir: dir, Self: self.Addr(), MAC: f.hardware, Log: say}
	if *f.dhcp {
		s.Pool = netip.PrefixFrom(self.Addr(), self.Bits())
	}
	if *f.once {
		s.Served = func(name string) {
			if name == "ringo.elf" || name == "ringo.efi" {
				say("done after %v", time.Since(begin).Round(100*time.Millisecond))
				end()
			}
		}
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, on) }()
	if err := f.restart(ctx, self.Addr()); err != nil {
		return err
	}
	if *f.serial != "" {
		console(ctx, *f.serial, defaultBaud, newScreenshots(defaultShots, "ringo flash"))
		end()
	}
	return <-served
}

// stage builds what is served.
func (f *flashFlags) stage() (dir string, err error) {
	root, content, err := f.content(hostpkg.GRUB)
	if err != nil {
		return "", err
	}
	dir = filepath.Join(root, "build", "pxe")
	if err := media.PXE(dir, content); err != nil {
		return "", err
	}
	guests, err := guestos.Lookup([]string{undionly})
	if err != nil {
		return "", err
	}
	store := guestStore(root)
	if _, ok := store.Have(guests[0]); !ok {
		if err := fetchGuests(root, guests, guestos.Options{}); err != nil {
			return "", err
		}
	}
	loader, err := os.ReadFile(store.Path(guests[0]))
	if err != nil {
		return "", err
	}
	return dir, os.WriteFile(filepath.Join(dir, guests[0].File), loader, 0o666)
}

// restart makes the machine boot, if the flags say how.
func (f *flashFlags) restart(ctx context.Context, self netip.Addr) error {
	if *f.wake {
		if err := netboot.Wake(f.hardware, self); err != nil {
			return fmt.Errorf("-wake: %w", err)
		}
	}
	if *f.reset == "" {
		return nil
	}
	c := exec.CommandContext(ctx, "sh", "-c", *f.reset)
	c.Stdout, c.Stderr = os.Stderr, os.Stderr
	if err := c.Run(); err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("-reset: %w", err)
	}
	return nil
}
