package emu

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// ErrEnded says that a machine ended without sending the expected text.
var ErrEnded = errors.New("the machine ended")

const (
	// connectTime is how long Bochs may take to connect its serial line.
	connectTime = time.Minute
	// killTime is how long an emulator that was asked to end may take.
	killTime = 2 * time.Second
	// drainTime is how long the serial line is read after the emulator's end.
	drainTime = time.Second
)

// VM is a running machine.
type VM struct {
	Command []string // the emulator's command line
	Boot    Boot     // how it boots
	GDB     string   // TCP address for gdb, if Options.GDB

	plan     *plan
	cmd      *exec.Cmd
	dir      string
	out      *output
	messages tail // what the emulator itself says
	started  time.Time
	relays   []*relay // of Bochs
	killed   atomic.Bool

	mu   sync.Mutex // held while typing
	line io.Writer  // to the machine's serial line; nil until there is one
	up   chan struct{}

	done chan struct{} // closed when all below is set
	exit Exit
}

// Start checks o and starts the machine. The caller ends it with Kill, which
// also removes its files, unless Done is closed.
func Start(o Options) (*VM, error) {
	p, err := newPlan(o)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "ringo-vm-")
	if err != nil {
		return nil, err
	}
	vm := &VM{
		Boot: p.Boot, plan: p, dir: dir, out: newOutput(o.Serial),
		up: make(chan struct{}), done: make(chan struct{}),
	}
	if err := vm.start(); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return vm, nil
}

func (vm *VM) start() error {
	if vm.plan.machine.bochs {
		return vm.startBochs()
	}
	args, gdb, err := vm.plan.qemu(vm.dir)
	if err != nil {
		return err
	}
	vm.GDB = gdb
	inR, inW, err := os.Pipe()
	if err != nil {
		return err
	}
	outR, outW, err := os.Pipe()
	if err != nil {
		inR.Close()
		inW.Close()
		return err
	}
	err = vm.exec(args, inR, outW)
	inR.Close()
	outW.Close()
	if err != nil {
		inW.Close()
		outR.Close()
		return err
	}
	vm.connect(inW)
	go vm.supervise(func() { vm.read(outR, inW) }, outR.SetReadDeadline)
	return nil
}

// startBochs lets Bochs connect to a listener of ours. The listener takes one
// connection and is closed.
func (vm *VM) startBochs() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	var lines []string
	for _, address := range vm.plan.Lines {
		r, err := newRelay(address)
		if err != nil {
			l.Close()
			vm.closeRelays()
			return err
		}
		vm.relays = append(vm.relays, r)
		lines = append(lines, r.bochs.Addr().String())
	}
	args, err := vm.plan.bochs(vm.dir, l.Addr().String(), lines)
	if err == nil {
		err = vm.exec(args, nil, &vm.messages)
	}
	if err != nil {
		l.Close()
		vm.closeRelays()
		return err
	}
	t := l.(*net.TCPListener)
	t.SetDeadline(time.Now().Add(connectTime))
	var conn net.Conn
	var mu sync.Mutex
	go vm.supervise(func() {
		c, err := l.Accept()
		l.Close()
		if err != nil {
			fmt.Fprintf(&vm.messages, "Bochs did not connect its serial line: %v\n", err)
			vm.signal(syscall.SIGKILL)
			return
		}
		mu.Lock()
		conn = c
		mu.Unlock()
		vm.connect(c)
		vm.read(c)
	}, func(when time.Time) error {
		t.SetDeadline(when)
		mu.Lock()
		defer mu.Unlock()
		if conn != nil {
			return conn.SetReadDeadline(when)
		}
		return nil
	})
	return nil
}

// exec starts the emulator in a process group of its own, so that a Ctrl-C at
// the terminal is for this program alone, and so that it dies with it.
func (vm *VM) exec(args []string, stdin io.Reader, stdout io.Writer) error {
	vm.cmd = exec.Command(vm.plan.machine.program(), append(args, vm.plan.Extra...)...)
	vm.Command = vm.cmd.Args
	if stdin != nil {
		vm.cmd.Stdin = stdin
	}
	vm.cmd.Stdout, vm.cmd.Stderr = stdout, &vm.messages
	vm.cmd.WaitDelay = drainTime
	vm.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	vm.started = time.Now()
	return vm.cmd.Start()
}

// connect makes w the way to the machine's serial line.
func (vm *VM) connect(w io.Writer) {
	vm.line = w
	close(vm.up)
}

// read collects the machine's output until it ends, then closes its arguments.
func (vm *VM) read(r io.ReadCloser, w ...io.Closer) {
	_, err := io.Copy(vm.out, r)
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, syscall.ECONNRESET) {
		fmt.Fprintf(&vm.messages, "serial line: %v\n", err)
		vm.signal(syscall.SIGKILL)
	}
	r.Close()
	for _, c := range w {
		c.Close()
	}
}

// supervise runs read beside the emulator, and finishes when both have.
func (vm *VM) supervise(read func(), deadline func(time.Time) error) {
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		read()
	}()
	vm.cmd.Wait()
	deadline(time.Now().Add(drainTime))
	<-finished
	vm.closeRelays()
	if b, err := os.ReadFile(filepath.Join(vm.dir, bochsLog)); err == nil {
		vm.messages.Write(b)
	}
	os.RemoveAll(vm.dir)
	text, _, _ := vm.out.now()
	vm.exit = classify(text, vm.cmd.ProcessState, vm.killed.Load(), vm.plan.machine.bochs)
	vm.out.end()
	close(vm.done)
}

// closeRelays ends what is at the lines beside the first.
func (vm *VM) closeRelays() {
	for _, r := range vm.relays {
		r.close()
	}
}

// signal sends s to the emulator and whatever it started.
func (vm *VM) signal(s syscall.Signal) { syscall.Kill(-vm.cmd.Process.Pid, s) }

// PID is the emulator's process id.
func (vm *VM) PID() int { return vm.cmd.Process.Pid }

// Done is closed when the machine has ended and all its output is there.
func (vm *VM) Done() <-chan struct{} { return vm.done }

// Exit waits for the machine's end and says how it came.
func (vm *VM) Exit() Exit {
	<-vm.done
	return vm.exit
}

// Kill ends the machine, if it has not ended, and waits until it has.
func (vm *VM) Kill() {
	select {
	case <-vm.done:
		return
	default:
	}
	vm.killed.Store(true)
	vm.signal(syscall.SIGTERM)
	t := time.NewTimer(killTime)
	defer t.Stop()
	select {
	case <-vm.done:
		return
	case <-t.C:
	}
	vm.signal(syscall.SIGKILL)
	<-vm.done
}

// Output is all that the machine has sent on COM1, with each CR LF as LF.
func (vm *VM) Output() string {
	text, _, _ := vm.out.now()
	return string(text)
}

// FirstOutput is the time from the emulator's start to the first byte from
// COM1; 0 if there was none.
func (vm *VM) FirstOutput() time.Duration {
	vm.out.mu.Lock()
	defer vm.out.mu.Unlock()
	if vm.out.first.IsZero() {
		return 0
	}
	return vm.out.first.Sub(vm.started)
}

// harmless is what QEMU says at every start: that its translator lacks some
// features of the processor model it was given.
var harmless = regexp.MustCompile(`(?m)^.*TCG doesn't support requested feature.*\n?`)

// Messages are the last of the emulator's own.
func (vm *VM) Messages() string {
	return strings.TrimSpace(harmless.ReplaceAllString(vm.messages.String(), ""))
}

// Expect waits until re matches what the machine sent after the first from
// bytes of Output, and returns the index in Output at which the match ends.
// The error is ErrEnded if the machine ended without it, or ctx's cause.
func (vm *VM) Expect(ctx context.Context, from int, re *regexp.Regexp) (end int, err error) {
	return vm.out.expect(ctx, from, re)
}

// Write sends bytes to the machine's COM1 as they are.
func (vm *VM) Write(p []byte) (int, error) {
	select {
	case <-vm.up:
	case <-vm.done:
		return 0, ErrEnded
	}
	vm.mu.Lock()
	defer vm.mu.Unlock()
	return vm.line.Write(p)
}

// Type sends text as a terminal would: a newline is the Enter key, CR.
func (vm *VM) Type(text string) error {
	_, err := io.WriteString(vm, strings.ReplaceAll(text, "\n", "\r"))
	return err
}

// still is how long a machine that has been asked is silent when it has said all.
const still = 2 * time.Second

// Ask types text and returns what comes, until nothing has for two seconds, but
// waits no longer than limit.
func (vm *VM) Ask(text string, limit time.Duration) string {
	from := len(vm.Output())
	if vm.Type(text) != nil {
		return ""
	}
	for end, size := time.Now().Add(limit), -1; size != len(vm.Output()) && time.Now().Before(end); {
		size = len(vm.Output())
		select {
		case <-time.After(still):
		case <-vm.done:
		}
	}
	return vm.Output()[from:]
}
