package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"
)

// connectTime is how long QEMU, which runs, may take to connect for its monitor.
const connectTime = 10 * time.Second

// instructionLog is where QEMU logs the instructions that it executes, and the
// connection to its monitor, by which it is told to.
type instructionLog struct {
	path string
	dir  string
	l    *net.UnixListener
	qmp  net.Conn // nil until it has begun
}

// newInstructionLog makes the place for a log.
func newInstructionLog() (*instructionLog, error) {
	// The path of a socket has to be short: unix(7).
	dir, err := os.MkdirTemp("", "ringo-bench-")
	if err != nil {
		return nil, err
	}
	g := &instructionLog{path: filepath.Join(dir, "log"), dir: dir}
	if g.l, err = net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, "qmp")}); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return g, nil
}

// flags are QEMU's, to connect.
func (g *instructionLog) flags() []string { return []string{"-qmp", "unix:" + g.l.Addr().String()} }

// begin makes QEMU log its instructions, one by one, as long as it runs.
func (g *instructionLog) begin() (err error) {
	g.l.SetDeadline(time.Now().Add(connectTime))
	if g.qmp, err = g.l.Accept(); err != nil {
		return fmt.Errorf("QEMU's monitor: %w", err)
	}
	to := json.NewEncoder(g.qmp)
	err = to.Encode(map[string]string{"execute": "qmp_capabilities"})
	// QEMU 8.1 has another name for what was singlestep; the wrong one is
	// answered and ignored.
	for _, line := range []string{"stop", "logfile " + g.path, "singlestep on", "one-insn-per-tb on", "log exec,nochain", "cont"} {
		err = errors.Join(err, to.Encode(map[string]any{"execute": "human-monitor-command", "arguments": map[string]string{"command-line": line}}))
	}
	if err != nil {
		return fmt.Errorf("QEMU's monitor: %w", err)
	}
	return nil
}

// close ends the connection and removes the log.
func (g *instructionLog) close() {
	if g.qmp != nil {
		g.qmp.Close()
	}
	g.l.Close()
	os.RemoveAll(g.dir)
}
