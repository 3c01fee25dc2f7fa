// Ringo is the tool on the developer's own machine: it builds the kernel, runs
// it on emulated machines, makes what a real machine boots from and runs the
// tests. The Makefile's targets call it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// Exit statuses. docs/running.md lists them for people and scripts.
const (
	statusOK          = 0
	statusFailed      = 1   // run: the expected text did not come; others: anything that failed
	statusUsage       = 2   // a mistake on the command line
	statusPanic       = 3   // run: the host kernel panicked, or the machine reset by itself
	statusNoStart     = 4   // run: no machine was started
	statusInterrupted = 130 // Ctrl-C, as a shell has it
)

// command is one of the tool's.
type command struct {
	name  string
	args  string // after the flags, for the usage line
	about string // one line
	run   func(c *cli, args []string) error
}

var commands = []command{
	{"build", "", "build the kernel, build/ringo.elf", runBuild},
	{"run", "[IMAGE] [-- EMULATOR ARGUMENTS]", "boot the kernel on an emulated machine", runRun},
	{"iso", "", "make build/ringo.iso, for CD and USB stick, BIOS and UEFI", runISO},
	{"usb", "-dev /dev/sdX", "write build/ringo.iso to a USB stick and verify it", runUSB},
	{"pxe", "", "make build/pxe, the folder of a network boot server", runPXE},
	{"flash", "", "build, serve by network to a lab machine, and reset it", runFlash},
	{"console", "[PORT]", "connect the terminal with a serial port", runConsole},
	{"guest", "fetch|list [GUEST...]", "get the guest systems that iso/*.toml name, or list them", runGuest},
	{"micro", "[NAME...]", "run the micro-guests of docs/guests.md, or some of them", runMicro},
	{"bench", "", "measure exits, memory and Linux's start, and compare with KVM", runBench},
	{"grade", "[LAB]", "grade a lab of docs/course, or list them", runGrade},
	{"core", "LOG", "make a core file for gdb of the crash dump in a log", runCore},
	{"trace", "open FILE", "make JSON for Perfetto of a trace that trace save made", runTrace},
	{"test", "", "vet, and run unit tests and boot tests", runTest},
	{"vet", "", "go vet, for the host's build and the kernel's", runVet},
	{"fuzz", "", "run every fuzz target for a while", runFuzz},
	{"host", "", "say which packages this machine lacks", runHost},
	{"version", "", "say what this is", runVersion},
}

// usageError is a mistake on the command line.
type usageError string

func (e usageError) Error() string { return string(e) }

// status is an exit status whose reason has been told.
type status int

func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// cli is what a command gets beside its arguments.
type cli struct {
	command
	flags *flag.FlagSet
}

func main() {
	// A reader of standard output that goes away makes writes fail, which
	// ends the emulator in good order; the signal would not. To ignore it
	// would be inherited by the emulator.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	os.Exit(dispatch(os.Args[1:]))
}

func dispatch(args []string) int {
	if len(args) == 0 {
		usage(os.Stderr)
		return statusUsage
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		usage(os.Stdout)
		return statusOK
	}
	for _, cmd := range commands {
		if cmd.name == args[0] {
			return report(cmd.name, cmd.start(args[1:]))
		}
	}
	return report("", usageError(fmt.Sprintf("no command is called %q; ringo help lists them", args[0])))
}

func (cmd command) start(args []string) error {
	c := &cli{command: cmd, flags: flag.NewFlagSet(cmd.name, flag.ContinueOnError)}
	c.flags.SetOutput(io.Discard)
	return cmd.run(c, args)
}

// parse parses the flags that the command has defined, and allows it at most
// the given number of further arguments.
func (c *cli) parse(args []string, most int) error {
	err := c.flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Printf("usage: ringo %s [flags] %s\n\n%s\n\n", c.name, c.args, c.about)
		c.flags.SetOutput(os.Stdout)
		c.flags.PrintDefaults()
		return status(statusOK)
	case err != nil:
		return usageError(fmt.Sprintf("%v; ringo %s -h lists the flags", err, c.name))
	case c.flags.NArg() > most:
		return usageError(fmt.Sprintf("unexpected argument %q", c.flags.Arg(most)))
	}
	return nil
}

// report prints err in one place and one form and returns the exit status.
func report(name string, err error) int {
	var s status
	var u usageError
	switch {
	case err == nil:
		return statusOK
	case errors.As(err, &s):
		return int(s)
	}
	fmt.Fprintln(os.Stderr, strings.TrimSpace("ringo "+name)+": "+err.Error())
	if errors.As(err, &u) {
		return statusUsage
	}
	return statusFailed
}

func usage(w io.Writer) {
	fmt.Fprint(w, "usage: ringo COMMAND [flags]\n\n")
	for _, c := range commands {
		fmt.Fprintf(w, "  %-8s %s\n", c.name, c.about)
	}
	fmt.Fprint(w, "\nringo COMMAND -h lists the command's flags.\n")
}
