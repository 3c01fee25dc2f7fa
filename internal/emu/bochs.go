package emu

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// bochsHostMiB is the most memory that Bochs keeps in its own; what a bigger
// machine has beyond that is swapped to a file of its.
const bochsHostMiB = 2048

// bochs writes a configuration into dir, for a machine whose serial line is a
// TCP connection to the address serial, and the others to lines, and returns the
// command line.
//
// Bochs can connect COM1 both ways only to a terminal or a socket; the socket
// needs no terminal settings and ends by itself when either side does. Of the
// displays, rfb (VNC) is the one that works without a screen: it listens on
// the first free port from 5900 and, with timeout=0, waits for nobody.
//
// clock: sync=none lets idle time pass at once, so a halted machine reaches
// its next timer without waiting; panic: action=fatal makes a triple fault,
// and the kernel's "Shutdown" at port 0x8900, end the emulator.
func (p *plan) bochs(dir, serial string, lines []string) ([]string, error) {
	image, err := p.stage(dir)
	if err != nil {
		return nil, err
	}
	rc := []string{
		"plugin_ctrl: unmapped=true, biosdev=true, speaker=false, extfpuirq=true, parallel=false, serial=true, iodebug=true",
		"display_library: rfb, options=\"timeout=0\"",
		"sound: waveoutdrv=dummy, waveindrv=dummy, midioutdrv=dummy",
		fmt.Sprintf("cpu: model=%s, count=%d, ips=100000000, reset_on_triple_fault=0, ignore_bad_msrs=1", p.machine.model, p.CPUs),
		fmt.Sprintf("memory: guest=%d, host=%d", p.MemMiB, min(p.MemMiB, bochsHostMiB)),
		"romimage: file=/usr/share/bochs/BIOS-bochs-latest, options=fastboot",
		"vgaromimage: file=/usr/share/vgabios/vgabios.bin",
		fmt.Sprintf("ata0-master: type=cdrom, path=%q, status=inserted", image),
		"boot: cdrom",
		"clock: sync=none",
		"com1: enabled=1, mode=socket-client, dev=" + serial,
		fmt.Sprintf("log: %q", filepath.Join(dir, bochsLog)),
		"panic: action=fatal",
		"error: action=report",
		"info: action=ignore",
		"debug: action=ignore",
	}
	if p.NIC != "" {
		lines, err := p.bochsNetwork(dir)
		if err != nil {
			return nil, err
		}
		rc = append(rc, lines...)
	}
	for i, address := range lines {
		rc = append(rc, fmt.Sprintf("com%d: enabled=1, mode=socket-client, dev=%s", i+2, address))
	}
	config := filepath.Join(dir, "bochsrc")
	if err := os.WriteFile(config, []byte(strings.Join(rc, "\n")+"\n"), 0o666); err != nil {
		return nil, err
	}
	// Debian's build is the one with the debugger, which waits for commands.
	commands := filepath.Join(dir, "commands")
	if err := os.WriteFile(commands, []byte("c\n"), 0o666); err != nil {
		return nil, err
	}
	return []string{"-q", "-f", config, "-rc", commands}, nil
}

// bochsLog is the name of Bochs' own log, in the machine's folder.
const bochsLog = "bochs.log"
