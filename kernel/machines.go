//go:build tamago

package main

import (
	"path"
	"time"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/kernel/klog"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/inspect"
	"github.com/ringo-vmm/ringo/vmm/manager"
)

// machines are the virtual machines of this machine.
var machines = manager.New(manager.Options{
	Host: vmHost{}, Engine: hostEngine, CPUID: processor,
	Wall: func() int64 { return time.Now().UnixNano() }, Module: bootModule, Plug: plugIn, Serve: serveLine,
	PostMortem: inspect.PostMortem, Ended: machineEnded, Starting: machineStarting,
})

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
	// What is wrong with the text, Configure says too.
	described, _ := config.Parse(text)
	if err := initNetwork(described); err != nil {
		logf(klog.Error, "%v", err)
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
