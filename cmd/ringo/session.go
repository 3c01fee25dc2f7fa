package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/ringo-vmm/ringo/internal/emu"
)

// session is one machine from its start to its end.
type session struct {
	flags *runFlags
	out   *liveOutput
	vm    *emu.VM
	start time.Time
	term  *terminal // nil unless connected
	typed int       // how many of flags.sends
}

// panicLine begins the kernel's report of its own end.
var panicLine = regexp.MustCompile(`(?m)^ringo: panic`)

// panicTime is how long a kernel that panicked may take to print its dump and
// end the machine.
const panicTime = 5 * time.Second

// answerTime is how long a machine may take to answer -on-timeout.
const answerTime = 20 * time.Second

// Reasons to end a machine that runs.
var (
	errTimeout  = errors.New("timeout")
	errPanicked = errors.New("the kernel panicked and did not end the machine")
	errQuit     = errors.New("quit at the terminal")
)

// run starts the machine, does what the flags say and returns the exit status.
func (s *session) run(parent context.Context) int {
	o := s.flags.options(s.flags.image)
	o.Serial = s.out
	s.start = time.Now()
	vm, err := emu.Start(o)
	if err != nil {
		fmt.Fprintf(os.Stderr, "ringo run: %v\n", err)
		return statusNoStart
	}
	s.vm = vm
	defer vm.Kill()
	s.announce()

	ctx, end := context.WithCancelCause(parent)
	defer end(nil)
	if t := *s.flags.timeout; t > 0 {
		timer := time.AfterFunc(t, func() { end(errTimeout) })
		defer timer.Stop()
	}
	go s.watchPanic(ctx, end)
	if s.flags.expectRE == nil {
		return s.interact(ctx, end)
	}
	err = s.typeAll(ctx)
	if err == nil {
		_, err = vm.Expect(ctx, 0, s.flags.expectRE)
	}
	if err != nil {
		return s.failed(parent, err)
	}
	s.stage("matched after %s (first output after %s)", seconds(time.Since(s.start)), seconds(vm.FirstOutput()))
	if *s.flags.keepGoing {
		return s.interact(ctx, end)
	}
	return statusOK
}

// announce says what was started.
func (s *session) announce() {
	f := s.flags
	s.stage("%s: booting %s by %s", *f.machine, f.image, s.vm.Boot)
	if *f.verbose {
		s.stage("%s", shellQuote(s.vm.Command))
	}
	if addresses := f.gdbAddresses(); addresses != "" {
		s.stage("%s", addresses)
	}
	if s.vm.GDB != "" {
		s.stage("waiting for: gdb %s -ex 'target remote %s'", f.image, s.vm.GDB)
	}
}

// watchPanic ends ctx when the kernel has panicked and hangs.
func (s *session) watchPanic(ctx context.Context, end context.CancelCauseFunc) {
	if _, err := s.vm.Expect(ctx, 0, panicLine); err != nil {
		return
	}
	for size := -1; size != len(s.vm.Output()); {
		size = len(s.vm.Output()) // a crash dump takes its time
		select {
		case <-time.After(panicTime):
		case <-ctx.Done():
			return
		}
	}
	end(errPanicked)
}

// typeAll types each text of the flags after what it waits for has come
// behind the one before.
func (s *session) typeAll(ctx context.Context) error {
	from := 0
	for _, item := range s.flags.sends {
		if _, err := s.vm.Expect(ctx, from, item.after); err != nil {
			return err
		}
		from = len(s.vm.Output())
		if err := s.vm.Type(item.text); err != nil {
			return emu.ErrEnded
		}
		s.typed++
	}
	return nil
}

// interact connects the terminal, if there is one, until the machine or the
// user ends it.
func (s *session) interact(ctx context.Context, end context.CancelCauseFunc) int {
	t, err := connectTerminal(s.vm, runHelp, func() { end(errQuit) })
	if err != nil {
		fmt.Fprintf(os.Stderr, "ringo run: %v\n", err)
		return statusNoStart
	}
	s.term = t
	defer t.restore()
	if t.raw() {
		s.stage("Ctrl-A x ends the machine, Ctrl-A h lists more")
	}
	err = nil
	if s.typed < len(s.flags.sends) {
		err = s.typeAll(ctx)
	}
	if err == nil {
		select {
		case <-s.vm.Done():
			err = emu.ErrEnded
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
	}
	t.restore()
	if err == errQuit {
		s.vm.Kill()
		s.stage("ended at the terminal")
		return statusOK
	}
	return s.failed(ctx, err)
}

// failed ends the machine, says how it came to its end and what to try, and
// returns the exit status.
func (s *session) failed(ctx context.Context, err error) int {
	if err == errTimeout && s.flags.lastWords != "" {
		s.stage("%s are over; asking with %q", *s.flags.timeout, s.flags.lastWords)
		s.vm.Ask(string(s.flags.lastWords), answerTime) // it passes by s.out
	}
	s.vm.Kill()
	exit := s.vm.Exit()
	switch {
	case err == errTimeout && s.flags.expectRE == nil:
		s.stage("ended after %s, as -timeout says", *s.flags.timeout)
		return statusFailed
	case err == errTimeout:
		s.stage("timeout: %s did not come in %s", s.awaited(), *s.flags.timeout)
		s.hints()
		return statusFailed
	case err == errPanicked:
		s.stage("%v", err)
		s.hints("the dump above names the function; docs/running.md says how to go on from there")
		return statusPanic
	case s.out.failed() != nil:
		s.stage("cannot pass on the output: %v", s.out.failed())
		return statusFailed
	case err != emu.ErrEnded:
		s.stage("interrupted")
		return statusInterrupted
	}
	switch exit.Outcome {
	case emu.NoStart:
		s.stage("the emulator did not start: %s", exit.Reason)
		s.hints("run it with -v and try the command line by hand")
		return statusNoStart
	case emu.Panicked:
		s.stage("the kernel ended with exit code %d: %s", exit.Code, exit.Reason)
		s.hints("the dump above names the function; docs/running.md says how to go on from there")
		return statusPanic
	case emu.Reset:
		s.stage("the machine reset, or the emulator died, without a word of the kernel (%s)", exit.Reason)
		s.hints("look at the fault with: ringo run ... -- -d int,cpu_reset (QEMU), or with -gdb")
		return statusPanic
	}
	if s.flags.expectRE == nil || *s.flags.keepGoing && s.term != nil {
		s.stage("the machine ended: %s", exit.Reason)
		return statusOK
	}
	s.stage("the machine ended (%s), but %s had not come", exit.Reason, s.awaited())
	s.hints()
	return statusFailed
}

// awaited is what the run was waiting for.
func (s *session) awaited() string {
	if s.typed < len(s.flags.sends) {
		return fmt.Sprintf("%q, before -send number %d of %d,", s.flags.sends[s.typed].after, s.typed+1, len(s.flags.sends))
	}
	return fmt.Sprintf("%q", *s.flags.expect)
}

// tailLines is how many lines of output a failure repeats.
const tailLines = 20

// controlSequence is what a terminal acts on rather than shows (ECMA-48 §5.4).
var controlSequence = regexp.MustCompile("\x1b\\[[0-9;?]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")

// hints prints the last lines of the machine and of the emulator, and what to
// try.
func (s *session) hints(more ...string) {
	text := strings.TrimRight(controlSequence.ReplaceAllString(s.vm.Output(), ""), "\n")
	if text == "" {
		s.stage("nothing came on the serial line")
		more = append(more, "try another way to boot: -boot pvh, -boot iso; or stop at the first instruction: -gdb")
	} else {
		s.stage("the last lines:")
		printLast(text)
	}
	outcome := s.vm.Exit().Outcome
	if text := s.vm.Messages(); text != "" && (outcome == emu.NoStart || outcome == emu.Reset) {
		s.stage("the emulator says:")
		printLast(text)
	}
	if *s.flags.log == "" {
		more = append(more, "-log FILE keeps all the output")
	}
	if len(more) > 0 {
		s.stage("to try: %s", strings.Join(more, "; "))
	}
}

func printLast(text string) {
	lines := strings.Split(text, "\n")
	for _, l := range lines[max(0, len(lines)-tailLines):] {
		fmt.Fprintf(os.Stderr, "  | %s\n", l)
	}
}

// stage prints a line about the run on standard error, and leaves the
// machine's own line first if the machine is in one.
func (s *session) stage(format string, args ...any) {
	newline := "\n"
	if s.term.raw() {
		newline = "\r\n"
	}
	before := ""
	if s.out.newLine() {
		before = newline
	}
	fmt.Fprint(os.Stderr, before+"ringo run: "+fmt.Sprintf(format, args...)+newline)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

// shellQuote writes a command line that a shell reads back.
func shellQuote(args []string) string {
	quoted := make([]string, len(args))
	for i, a := range args {
		if a == "" || strings.ContainsAny(a, " \t\n'\"\\$`&|;<>()*?[]#~!{}") {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		quoted[i] = a
	}
	return strings.Join(quoted, " ")
}
