package monitor

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Command is one command of the monitor.
type Command struct {
	Name string // what one types: lower-case letters, digits and '-'

	// Usage names the arguments, separated by spaces, such as "ADDR [N]". What is
	// in brackets may be left out, and "..." lets anything follow. The shell counts
	// the arguments by it before it calls Run; alternatives are written without
	// spaces: "start|stop NAME".
	Usage string

	Group string // the heading under which help lists the command
	Help  string // what the command does, in one line
	More  string // what help says of the command beyond that, whole lines; may be empty

	// Run executes the command and writes its output to c. args are the words
	// after the name. BadInput makes the error for an argument that is wrong.
	Run func(c *Context, args []string) error

	// Complete, if not nil, gives the words that could stand in the place of the
	// last of args, which is what has been typed of it so far, perhaps nothing.
	// The shell leaves out those that do not begin that way.
	Complete func(args []string) []string
}

// synopsis is the command as one types it.
func (cmd *Command) synopsis() string {
	return strings.TrimSpace(cmd.Name + " " + cmd.Usage)
}

// arguments is how many arguments Usage asks for at least, and at most; most is
// -1 when anything may follow.
func (cmd *Command) arguments() (least, most int) {
	depth := 0
	for _, field := range strings.Fields(cmd.Usage) {
		if depth == 0 && !strings.HasPrefix(field, "[") {
			least++
		}
		depth += strings.Count(field, "[") - strings.Count(field, "]")
		most++
		if strings.Contains(field, "...") {
			return least, -1
		}
	}
	return least, most
}

// Registry holds the commands. Add them all before a shell runs: a registry is
// not locked.
type Registry struct {
	commands map[string]*Command
}

// NewRegistry is a registry with the built-in commands help, repeat and time.
func NewRegistry() *Registry {
	r := &Registry{commands: map[string]*Command{}}
	for _, cmd := range []Command{r.help(), r.repeat(), r.time()} {
		r.commands[cmd.Name] = &cmd
	}
	return r
}

// Add registers commands. It returns an error for each that has no function, a
// name that cannot be typed, or the name of another, and adds the rest.
func (r *Registry) Add(commands ...Command) error {
	var errs []error
	for _, cmd := range commands {
		switch {
		case !validName(cmd.Name):
			errs = append(errs, fmt.Errorf("monitor: %q is not a command name: letters a to z, digits and '-'", cmd.Name))
		case r.commands[cmd.Name] != nil:
			errs = append(errs, fmt.Errorf("monitor: there are two commands called %s", cmd.Name))
		case cmd.Run == nil:
			errs = append(errs, fmt.Errorf("monitor: command %s has no Run function", cmd.Name))
		default:
			r.commands[cmd.Name] = &cmd
		}
	}
	return errors.Join(errs...)
}

func validName(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" && name[0] != '-'
}

// sorted are the commands by group, then name.
func (r *Registry) sorted() []*Command {
	var all []*Command
	for _, cmd := range r.commands {
		all = append(all, cmd)
	}
	slices.SortFunc(all, func(a, b *Command) int {
		return strings.Compare(a.Group+"\x00"+a.Name, b.Group+"\x00"+b.Name)
	})
	return all
}

// complete gives the words that could stand in the place of the last of words,
// the first of which is the name of a command.
func (r *Registry) complete(words []string) []string {
	if len(words) == 1 {
		var names []string
		for name := range r.commands {
			names = append(names, name)
		}
		return names
	}
	cmd := r.commands[words[0]]
	if cmd == nil || cmd.Complete == nil {
		return nil
	}
	return cmd.Complete(words[1:])
}
