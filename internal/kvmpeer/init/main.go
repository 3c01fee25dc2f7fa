// Init is the whole user space of the KVM peer: a Linux kernel with KVM that
// runs a micro-guest, for the sake of comparison with Ringo. It is the first
// program of an initial RAM disk (package kvmpeer) and does what a virtual
// machine monitor has to: it loads KVM, makes a virtual machine, and answers for
// the devices that KVM leaves to user space. It is as small as that can be, so
// that what is measured is KVM.
//
// The kernel's command line names the guest, as guest=NAME. Then the machine is
// switched off.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"golang.org/x/sys/unix"

	"github.com/ringo-vmm/ringo/vmm/guests"
)

func main() {
	// The thread is KVM's; nothing allocates while the guest runs.
	runtime.LockOSThread()
	debug.SetGCPercent(-1)
	console, err := run()
	os.Stdout.Write(console)
	if err != nil {
		fmt.Printf("kvmpeer: %v\n", err)
	} else {
		fmt.Println("kvmpeer: done")
	}
	unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
}

// run runs the guest and returns what it wrote to its debug console.
func run() (console []byte, err error) {
	if err := loadModules("/modules"); err != nil {
		return nil, err
	}
	// The kernel makes what it does not know on its command line variables.
	name := os.Getenv("guest")
	g, ok := guests.Find(name)
	if !ok {
		return nil, fmt.Errorf("no guest is called %q", name)
	}
	vm, err := newMachine(g)
	if err != nil {
		return nil, err
	}
	err = vm.run()
	return vm.console, err
}

// loadModules loads kernel modules in the order of their names.
func loadModules(dir string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		m, err := os.Open(dir + "/" + f.Name())
		if err != nil {
			return err
		}
		err = unix.FinitModule(int(m.Fd()), "", 0)
		m.Close()
		if err != nil {
			return fmt.Errorf("loading the module %s: %w", f.Name(), err)
		}
	}
	return nil
}
