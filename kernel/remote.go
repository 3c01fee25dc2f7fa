//go:build tamago

package main

import (
	"errors"
	"fmt"
	"net"

	"github.com/ringo-vmm/ringo/drivers/nic"
	"github.com/ringo-vmm/ringo/kernel/frame"
	"github.com/ringo-vmm/ringo/kernel/klog"
	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/kernel/remote"
	"github.com/ringo-vmm/ringo/kernel/terminal"
)

// remoteMonitors are the monitors of users who come over the network.
var remoteMonitors remote.Monitors

// serveSSH serves the monitor by SSH on a listener, to those whose keys are in
// a boot module.
func serveSSH(l net.Listener, module string) error {
	text, ok := bootModule(module)
	if !ok {
		return fmt.Errorf("ssh: off: there is no boot module %s", module)
	}
	if !hasRDRAND {
		return errors.New("ssh: off: this machine has no random numbers fit for keys")
	}
	keys, errs := remote.ParseKeys(text)
	for _, err := range errs {
		logf(klog.Warn, "ssh: warning: %s: %v", module, err)
	}
	remoteMonitors.Clock = sinceEntry
	remoteMonitors.Commands = func(t *terminal.Switch) (*monitor.Registry, error) {
		return (&hostTerminal{t, ansiDisplay}).commands(), nil
	}
	server, err := remote.NewServer(remote.Options{Keys: keys, Monitor: remoteMonitors.Serve,
		Log: func(format string, args ...any) { logf(klog.Info, format, args...) }})
	if err != nil {
		return err
	}
	logf(klog.Info, "ssh: %d keys, at %v, host key %s", keys.Len(), l.Addr(), server.Fingerprint())
	return server.Serve(l)
}

// figures writes the kernel's figures, for remote.ServeMetrics.
func figures(m *remote.Metrics) {
	remote.Machines(m, machines)
	remote.Disks(m, diskFigures())
	remote.Ports(m, portFigures())
	stats := frameStats()
	memory := remote.Memory{Total: stats.Total, Free: stats.Free()}
	for o := range frame.Owners {
		if frame.Owner(o) != frame.Free {
			memory.Owners = append(memory.Owners, remote.Owner{Name: frame.Owner(o).String(), Bytes: stats.Bytes[o]})
		}
	}
	remote.Host(m, memory, sinceEntry())
	var adapters []nic.Status
	for _, n := range hostNICs {
		adapters = append(adapters, n.Status())
	}
	remote.Adapters(m, adapters)
}
