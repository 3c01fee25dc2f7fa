package monitor

import (
	"runtime"
	"runtime/debug"
)

// Version is the command version. version is what the image was built as.
func Version(version string) Command {
	return Command{
		Name:  "version",
		Group: "kernel",
		Help:  "say which Ringo and which Go this is",
		Run: func(c *Context, args []string) error {
			c.Printf("Ringo %s, %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			info, ok := debug.ReadBuildInfo()
			if !ok {
				return nil
			}
			for _, s := range info.Settings {
				switch s.Key {
				case "vcs.revision", "vcs.time", "vcs.modified":
					c.Printf("%s %s\n", s.Key, s.Value)
				}
			}
			return nil
		},
	}
}
