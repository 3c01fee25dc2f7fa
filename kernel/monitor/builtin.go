package monitor

import (
	"math"
	"strings"
)

func (r *Registry) help() Command {
	return Command{
		Name:  "help",
		Usage: "[NAME]",
		Group: "shell",
		Help:  "list the commands, or say what one does",
		Run: func(c *Context, args []string) error {
			if len(args) == 1 {
				return r.describe(c, args[0])
			}
			r.list(c)
			return nil
		},
		Complete: func(args []string) []string {
			if len(args) > 1 {
				return nil
			}
			return r.complete(args)
		},
	}
}

// list prints one line for each command, by group.
func (r *Registry) list(c *Context) {
	group := ""
	for _, cmd := range r.sorted() {
		if cmd.Group != group {
			group = cmd.Group
			c.Printf("%s\n", group)
		}
		c.Printf("  %-28s %s\n", cmd.synopsis(), cmd.Help)
	}
}

func (r *Registry) describe(c *Context, name string) error {
	cmd := r.commands[name]
	if cmd == nil {
		return BadInput("there is no command %s", quote(name))
	}
	c.Printf("usage: %s\n%s\n%s", cmd.synopsis(), cmd.Help, cmd.More)
	return nil
}

func (r *Registry) repeat() Command {
	return Command{
		Name:  "repeat",
		Usage: "N COMMAND...",
		Group: "shell",
		Help:  "run a command N times, until it fails or Ctrl-C",
		Run: func(c *Context, args []string) error {
			n, err := Number("N", args[0], 1, math.MaxUint64)
			if err != nil {
				return err
			}
			for ; n > 0 && c.Err() == nil; n-- {
				if err := r.run(c, args[1:]); err != nil {
					return err
				}
			}
			return c.Err()
		},
		Complete: func(args []string) []string {
			if len(args) < 2 {
				return nil
			}
			return r.complete(args[1:])
		},
	}
}

func (r *Registry) time() Command {
	return Command{
		Name:  "time",
		Usage: "COMMAND...",
		Group: "shell",
		Help:  "run a command and say how long it took",
		Run: func(c *Context, args []string) error {
			begin := c.clock()
			err := r.run(c, args)
			c.Printf("%s took %v\n", strings.Join(args, " "), c.clock()-begin)
			return err
		},
		Complete: r.complete,
	}
}
