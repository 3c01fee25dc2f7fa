//go:build tamago

package main

import (
	"fmt"
	"path"
	"sync/atomic"
	"time"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/kernel/klog"
	"github.com/ringo-vmm/ringo/kernel/terminal"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/inspect"
	"github.com/ringo-vmm/ringo/vmm/manager"
)

// machines are the virtual machines of this machine.
var machines = manager.New(manager.Options{
	Host: vmHost{}, Engine: hostEngine, CPUID: processor,
	Wall: func() int64 { return time.Now().UnixNano() }, Module: bootModule,
	PostMortem: inspect.PostMortem, Ended: machineEnded,
})

// screenSwitch shares the terminal between the monitor and the guests.
var screenSwitch = terminal.New(serialTerminal{})

// guestShown tells that the terminal shows a guest, so that the log keeps its
// lines to itself unless they matter.
var guestShown atomic.Bool

// bootModule is the content of the boot module of that name.
func bootModule(name string) ([]byte, bool) {
	for i := range handover.Modules() {
		if m := &handover.Modules()[i]; path.Base(m.Name()) == name {
			return amd64.Bytes(uintptr(m.Start), int(m.End-m.Start)), true
		}
	}
	return nil, false
}

// initMachines starts the virtual machines that the boot modules describe.
func initMachines() error {
	machines.TSCHz = hostClock.Hz()
	text, ok := bootModule(config.ModuleName)
	if !ok {
		return nil
	}
	errs := machines.Configure(text)
	for _, err := range errs {
		logf(klog.Error, "%s: %v", config.ModuleName, err)
	}
	for _, err := range machines.StartAll() {
		logf(klog.Error, "%s: %v", config.ModuleName, err)
	}
	for _, v := range machines.Machines() {
		if at, ok := v.Started(); ok {
			logf(klog.Info, "vm %s: first instruction after %v", v.Config.Name, time.Duration(at).Round(time.Microsecond))
		}
	}
	return nil
}

// showFirst shows the console of the first machine that runs.
func showFirst() {
	for _, v := range machines.Machines() {
		if v.State() != manager.Off {
			attach(v)
			return
		}
	}
}

// attach shows a machine's console on the terminal.
func attach(v *manager.Machine) error {
	screenSwitch.Attach(terminal.Guest{Name: v.Config.Name, Console: v.Console})
	return nil
}

// attachDisplay shows a machine's display on the terminal, whose keys are the
// machine's keyboard then.
func attachDisplay(v *manager.Machine) error {
	if v.Screen == nil {
		return fmt.Errorf("%s has no display: that takes firmware", v.Config.Name)
	}
	screenSwitch.Attach(terminal.Guest{Name: v.Config.Name, Console: v.Screen, Show: v.ShowScreen, Leave: manager.LeaveScreen})
	return nil
}

// machineEnded tells the user that a machine has ended.
func machineEnded(v *manager.Machine, e manager.Ended) {
	line := fmt.Sprintf("vm %s: ended: %v", v.Config.Name, e.Ending)
	text := "\n[" + line + "]\n" + e.PostMortem
	if screenSwitch.Ended(v.Config.Name, text) {
		logf(klog.Debug, "%s", line)
		return
	}
	level := klog.Info
	if e.Crashed() {
		level = klog.Warn
		line += "; vm postmortem " + v.Config.Name + " says more"
	}
	logf(level, "%s", line)
}
