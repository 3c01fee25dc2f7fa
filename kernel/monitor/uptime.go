package monitor

import (
	"fmt"
	"time"
)

// Uptime is the command uptime. sinceBoot is the time since the kernel's entry.
func Uptime(sinceBoot func() time.Duration) Command {
	return Command{
		Name:  "uptime",
		Group: "kernel",
		Help:  "say how long the kernel has run",
		Run: func(c *Context, args []string) error {
			c.Printf("up %s\n", days(sinceBoot()))
			return nil
		},
	}
}

// days is d to the millisecond, in days and a clock's digits.
func days(d time.Duration) string {
	const day = 24 * time.Hour
	clock := fmt.Sprintf("%02d:%02d:%06.3f", d%day/time.Hour, d%time.Hour/time.Minute, (d % time.Minute).Truncate(time.Millisecond).Seconds())
	if d >= day {
		clock = fmt.Sprintf("%d days ", d/day) + clock
	}
	return clock
}
