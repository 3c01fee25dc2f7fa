//go:build tamago

package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/ringo-vmm/ringo/kernel/klog"
	"github.com/ringo-vmm/ringo/kernel/network"
	"github.com/ringo-vmm/ringo/kernel/network/bootfiles"
	"github.com/ringo-vmm/ringo/kernel/network/tcpline"
	"github.com/ringo-vmm/ringo/kernel/remote"
	"github.com/ringo-vmm/ringo/kernel/vmshell"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/console"
	"github.com/ringo-vmm/ringo/vmm/pc"
)

// lan is the network inside this machine; nil if nobody has asked for one.
var lan *network.Network

// initNetwork makes the network that a configuration describes, if a machine is
// to be plugged in or Ringo is to be reached by it.
func initNetwork(c *config.Config) error {
	used := slices.ContainsFunc(c.VMs, func(v *config.VM) bool {
		return len(v.NICs) > 0 || slices.ContainsFunc(v.Serials, func(s config.Serial) bool { return s.To.Kind == config.ToTCP })
	})
	if n := &c.Network; !used && n.Uplink == config.UplinkNone && n.SSH == "" && !n.Metrics {
		return nil
	}
	nc := network.Config{Network: c.Network, Now: now, Files: offered(c.Network.Files),
		Log: func(format string, args ...any) { logf(klog.Info, format, args...) }}
	if len(hostNICs) > 0 {
		nc.Adapter = hostNICs[0].Status().Address
	}
	n, err := network.New(nc)
	if err != nil {
		return err
	}
	lan = n
	if up := n.Uplink(); up != nil {
		// A driver takes all frames, whomever they are for: a bridge needs that.
		hostNICs[0].Plug(up)
		up.Connect(hostNICs[0])
	}
	return manage(&c.Network)
}

// offered are the boot modules that machines can fetch, by those files' names;
// nil if there are none. All others are nobody's business, such as the
// configuration and keys.
func offered(files []string) bootfiles.Files {
	if len(files) == 0 {
		return nil
	}
	names := make(map[string]bool)
	for _, f := range files {
		names[path.Base(f)] = true
	}
	return func(name string) ([]byte, bool) {
		if !names[name] {
			return nil, false
		}
		return bootModule(name)
	}
}

// Ports that Ringo itself is reached at. RFC 4253 §4.1; Prometheus, default port
// allocations: node exporter.
const (
	sshPort     = 22
	metricsPort = 9100
)

// manage serves the monitor and the figures, if they are asked for.
func manage(c *config.Network) error {
	var errs []error
	if c.SSH != "" {
		l, err := lan.Listen(sshPort, true)
		if err != nil {
			errs = append(errs, fmt.Errorf("ssh: %w", err))
		} else {
			go func() {
				defer l.Close()
				if err := serveSSH(l, path.Base(c.SSH)); err != nil {
					logf(klog.Warn, "%v", err)
				}
			}()
		}
	}
	if c.Metrics {
		l, err := lan.Listen(metricsPort, true)
		if err != nil {
			errs = append(errs, fmt.Errorf("metrics: %w", err))
		} else {
			logf(klog.Info, "metrics: at %v", l.Addr())
			go func() {
				defer l.Close()
				if err := remote.ServeMetrics(l, figures); err != nil {
					logf(klog.Warn, "metrics: %v", err)
				}
			}()
		}
	}
	return errors.Join(errs...)
}

// plugIn plugs a machine's adapter in: manager.Options.Plug.
func plugIn(machine string, index int, c config.NIC) (pc.Adapter, error) {
	if lan == nil {
		return pc.Adapter{}, errors.New("there is no network")
	}
	port, mac, err := lan.Plug(machine, index, c)
	if err != nil {
		return pc.Adapter{}, err
	}
	return pc.Adapter{Bus: c.Bus, MAC: mac, Port: port, Connect: port.Connect}, nil
}

// serveLine has who connects to a TCP port be at a serial line's other end:
// manager.Options.Serve.
func serveLine(port uint16, line *console.Console) error {
	if lan == nil {
		return errors.New("there is no network")
	}
	l, err := lan.Listen(port, true)
	if err != nil {
		return err
	}
	go tcpline.Serve(context.Background(), l, line)
	return nil
}

// portFigures are the counters of the switch's ports.
func portFigures() (ports []remote.Port) {
	if lan == nil {
		return nil
	}
	for _, p := range lan.Status().Ports {
		ports = append(ports, remote.Port{Name: p.Name, Counters: p.Counters})
	}
	return ports
}

// diskFigures are the counters of the machines' disks.
func diskFigures() (disks []remote.Disk) {
	for _, v := range machines.Machines() {
		// An error says that it is off.
		v.Still(func(p *pc.PC) error {
			for i, d := range p.Disks() {
				disks = append(disks, remote.Disk{VM: v.Config.Name, Disk: fmt.Sprint(i), Stats: d.Stats()})
			}
			return nil
		})
	}
	return disks
}

// netCommand shows the network.
var netCommand = vmshell.Net(func() *network.Network { return lan },
	func() int64 { return time.Now().UnixNano() - int64(now()) })
