//go:build tamago

package main

import (
	"fmt"
	"io"
	"sync/atomic"

	"github.com/ringo-vmm/ringo/kernel/klog"
	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/kernel/terminal"
	"github.com/ringo-vmm/ringo/vmm/manager"
)

// hostTerminal is a place where somebody sits: a terminal that a monitor and the
// guests' consoles share.
type hostTerminal struct {
	*terminal.Switch
	// display is a machine's display there.
	display func(v *manager.Machine) terminal.Guest
}

// The terminals: the one on the serial line, and the one of the machine's own
// screen and keyboard, which is used if there are both.
var (
	serialLine = hostTerminal{terminal.New(serialTerminal{}), ansiDisplay}
	local      = hostTerminal{terminal.New(localTerminal{}), drawnDisplay}
	localUsed  bool
)

// guestShown tells that the serial line shows a guest, so that the log keeps its
// lines to itself there unless they matter.
var guestShown atomic.Bool

// attach shows a machine's console on the terminal.
func (t *hostTerminal) attach(v *manager.Machine) error {
	t.Attach(terminal.Guest{Name: v.Config.Name, Console: v.Console})
	return nil
}

// attachDisplay shows a machine's display on the terminal, whose keys are the
// machine's keyboard then.
func (t *hostTerminal) attachDisplay(v *manager.Machine) error {
	if v.Screen == nil {
		return fmt.Errorf("%s has no display: that takes firmware", v.Config.Name)
	}
	t.Attach(t.display(v))
	return nil
}

// ansiDisplay is a display as a terminal at the other end of a line shows it.
func ansiDisplay(v *manager.Machine) terminal.Guest {
	return terminal.Guest{Name: v.Config.Name, Console: v.Screen, Show: v.ShowScreen, Leave: manager.LeaveScreen}
}

// showFirst shows the console of the first machine that runs.
func (t *hostTerminal) showFirst() {
	for _, v := range machines.Machines() {
		if v.State() != manager.Off {
			t.attach(v)
			return
		}
	}
}

// shell makes the terminal's monitor.
func (t *hostTerminal) shell() *monitor.Shell {
	shell := monitor.New(t.Monitor(), t.commands(), sinceEntry)
	t.Back = func(text string) { io.WriteString(shell, text+"\n") }
	go t.Run()
	return shell
}

// runMonitor is the monitor: a shell on each terminal. It does not return. What
// the command line wants of it is done on the serial line, if there is one.
func runMonitor() {
	serialLine.Shows = guestShown.Store
	first, second := &serialLine, &local
	if localUsed && !consoles.hasSerial {
		first, second = second, first
	}
	shell := first.shell()
	if localUsed && consoles.hasSerial {
		other := second.shell()
		go func() { logf(klog.Error, "monitor at the screen: %v", other.Run()) }()
	}
	if line, ok := handover.Lookup("run"); ok {
		shell.RunLine(line)
	} else {
		first.showFirst()
	}
	logf(klog.Error, "monitor: %v", shell.Run())
	select {}
}

// machineEnded tells the user that a machine has ended: on the terminals that
// show it, and in the log.
func machineEnded(v *manager.Machine, e manager.Ended) {
	line := fmt.Sprintf("vm %s: ended: %v", v.Config.Name, e.Ending)
	text := "\n[" + line + "]\n" + e.PostMortem
	remoteMonitors.Ended(v.Config.Name, text)
	seen := serialLine.Ended(v.Config.Name, text)
	if local.Ended(v.Config.Name, text); seen {
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
