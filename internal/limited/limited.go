// Package limited runs programs that are not trusted to end, or to leave memory to
// others.
package limited

import (
	"errors"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Run runs c, which exec.CommandContext has made, with all that it starts in one
// process group: the end of its context ends them all. Each of them may have so
// many bytes of data (RLIMIT_DATA, setrlimit(2)).
func Run(c *exec.Cmd, memory uint64) error {
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = time.Second
	if err := c.Start(); err != nil {
		return err
	}
	limit := unix.Rlimit{Cur: memory, Max: memory}
	if err := unix.Prlimit(c.Process.Pid, unix.RLIMIT_DATA, &limit, nil); err != nil && !errors.Is(err, unix.ESRCH) {
		c.Cancel()
		c.Wait()
		return err
	}
	return c.Wait()
}
