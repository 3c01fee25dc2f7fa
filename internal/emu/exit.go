package emu

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
)

// Outcome is how a machine ended.
type Outcome int

const (
	// Stopped: the kernel ended the machine because it was asked to.
	Stopped Outcome = iota
	// Panicked: the kernel ended the machine because it had to.
	Panicked
	// Reset: the machine ended and the kernel had not said that it would: a
	// triple fault, or a reset by other means.
	Reset
	// NoStart: the emulator gave up before the machine sent anything.
	NoStart
	// Killed: this program ended the emulator.
	Killed
)

func (o Outcome) String() string {
	return [...]string{"stopped", "panicked", "reset", "did not start", "killed"}[o]
}

// Exit is the end of a machine.
type Exit struct {
	Outcome Outcome
	Code    int    // the kernel's exit code; -1 if it gave none
	Reason  string // the kernel's word for it, or the emulator's end in words
}

// Exit codes of a kernel that was asked to end; package kernel/thread has them
// all, as type Stop.
const (
	powerOffCode = 0
	rebootCode   = 10
)

// exitLine is the kernel's last line: the exit code, and why in words. Behind the
// prompt it is if somebody elsewhere, at the screen say, ended the machine.
var exitLine = regexp.MustCompile(`(?m)^(?:ringo> )?ringo: exit (\d{1,3})\b[ :]*(.*?)\r?$`)

// classify tells from the machine's output and the emulator's end what
// happened. The kernel's last line is what counts; the emulators' own status
// says less (Bochs) or can be taken for an error of its own (QEMU).
func classify(text []byte, state *os.ProcessState, killed, bochs bool) Exit {
	if m := exitLine.FindAllSubmatch(text, -1); m != nil {
		last := m[len(m)-1]
		code, err := strconv.Atoi(string(last[1]))
		if err == nil {
			e := Exit{Outcome: Panicked, Code: code, Reason: string(last[2])}
			if code == powerOffCode || code == rebootCode {
				e.Outcome = Stopped
			}
			return e
		}
	}
	status := state.ExitCode()
	switch words := state.String(); {
	case killed:
		return Exit{Killed, -1, words}
	case len(text) == 0 && status != 0 && (bochs || status <= 1):
		return Exit{NoStart, -1, words}
	case !bochs && status > 1 && status&1 == 1:
		return Exit{Panicked, status >> 1, fmt.Sprintf("isa-debug-exit, %s", words)}
	default:
		return Exit{Reset, -1, words}
	}
}
