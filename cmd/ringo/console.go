package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"go.bug.st/serial"
)

// defaultBaud is the rate of Ringo's console.
const defaultBaud = 115200

// runConsole connects the terminal with a serial port of this computer.
func runConsole(c *cli, args []string) error {
	baud := c.flags.Int("baud", defaultBaud, "`bits` a second")
	shots := c.flags.String("screenshot", defaultShots, "write the monitor's screenshots and other files to this `folder`")
	log := c.flags.String("log", "", "write what comes to this `file` too")
	if err := c.parse(args, 1); err != nil {
		return err
	}
	if *baud <= 0 {
		return usageError("-baud: " + strconv.Itoa(*baud) + " is no rate")
	}
	name := c.flags.Arg(0)
	if name == "" {
		ports, err := serial.GetPortsList()
		if err != nil {
			return err
		}
		if len(ports) != 1 {
			return usageError(fmt.Sprintf("say which serial port; there are %q", ports))
		}
		name = ports[0]
	}
	to := []io.Writer{newScreenshots(*shots, "ringo console")}
	if *log != "" {
		l, err := os.Create(*log)
		if err != nil {
			return usageError("-log: " + err.Error())
		}
		defer l.Close()
		to = append(to, l)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	return console(ctx, name, *baud, to...)
}

// console connects the terminal with a serial port until ctx ends, the user ends
// it or the port is gone. What comes goes to others too.
func console(ctx context.Context, name string, baud int, others ...io.Writer) error {
	port, err := serial.Open(name, &serial.Mode{BaudRate: baud})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	defer port.Close()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	t, err := connectTerminal(port, consoleHelp, func() { end(errQuit) })
	if err != nil {
		return err
	}
	defer t.restore()
	fmt.Fprintf(os.Stderr, "ringo: %s at %d baud; Ctrl-A x ends\r\n", name, baud)
	go func() {
		_, err := io.Copy(io.MultiWriter(append(others, os.Stdout)...), port)
		end(fmt.Errorf("%s is gone: %w", name, errors.Join(err, io.EOF)))
	}()
	<-ctx.Done()
	if err := context.Cause(ctx); err != errQuit && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}
