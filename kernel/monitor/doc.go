// Package monitor is the shell on the machine's serial line: a line editor, a
// registry of commands, and the commands that need nothing of the kernel but a
// function or a small interface.
//
// Package kernel makes a Registry, adds its commands and these, and runs one
// Shell for each console. The package is ordinary Go that touches no hardware,
// so all of it is tested on Linux. See docs/monitor.md.
package monitor
