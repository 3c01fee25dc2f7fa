// Package vmshell is the monitor's commands for virtual machines: the command
// vm with its own commands, and short forms of those that look at a machine.
//
// Package kernel adds them to its monitor. What they show is package inspect's;
// a machine stands still while that looks, and goes on before the text goes to
// the terminal. See docs/monitor.md.
package vmshell

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/vmm/manager"
	"github.com/ringo-vmm/ringo/vmm/pc"
)

// Commands are the commands for the machines of m. attach shows a machine's
// console on the terminal, display its display.
func Commands(m *manager.Manager, attach, display func(*manager.Machine) error) []monitor.Command {
	s := &shell{manager: m, attach: attach, display: display}
	commands := []monitor.Command{{
		Name: "vm", Usage: "[COMMAND] [NAME] [ARGUMENT...]", Group: "virtual machines",
		Help: "all about virtual machines; vm alone lists its commands", Run: s.vm, Complete: s.completeVM, More: listing(),
	}}
	for _, sub := range subs {
		if sub.short {
			commands = append(commands, s.command(sub))
		}
	}
	commands = append(commands, s.diskCommand())
	return commands
}

// shell is what the commands share.
type shell struct {
	manager *manager.Manager
	attach  func(*manager.Machine) error
	display func(*manager.Machine) error

	mu     sync.Mutex
	last   string // the machine that was named last
	number int    // the processor that was named with it
}

// sub is a command of vm.
type sub struct {
	name, usage, help string
	most              int  // arguments after the machine's name; -1: any number
	named             bool // the machine's name must be there
	none              bool // it is about no machine
	short             bool // it is a command of the monitor too
	run               func(s *shell, c *monitor.Context, v *manager.Machine, args []string) error
	save              func(s *shell, c *monitor.Context, args []string) error // what it is instead, of all machines, with the argument save
	words             []string                                                // that can stand as an argument, for Tab
}

// command is a sub as a command of the monitor.
func (s *shell) command(sub *sub) monitor.Command {
	return monitor.Command{
		Name: sub.name, Usage: sub.usage, Group: "virtual machines", Help: sub.help,
		Run: func(c *monitor.Context, args []string) error {
			err := s.run(c, sub, args)
			if u := new(usageError); errors.As(err, u) {
				return monitor.BadInput("%v", u.error)
			}
			return err
		},
		Complete: func(args []string) []string { return s.complete(sub, args) },
	}
}

// usageError is an error in what was typed.
type usageError struct{ error }

// listing is a line for each command of vm.
func listing() string {
	var b strings.Builder
	for _, sub := range subs {
		fmt.Fprintf(&b, "  %-52s %s\n", strings.TrimSpace("vm "+sub.name+" "+sub.usage), sub.help)
	}
	return b.String()
}

// vm is the command vm.
func (s *shell) vm(c *monitor.Context, args []string) error {
	if len(args) == 0 {
		c.Printf("%s", listing())
		return nil
	}
	for _, sub := range subs {
		if sub.name != args[0] {
			continue
		}
		err := s.run(c, sub, args[1:])
		if u := new(usageError); errors.As(err, u) {
			return fmt.Errorf("%s: %v (usage: vm %s)", sub.name, u.error, strings.TrimSpace(sub.name+" "+sub.usage))
		}
		return err
	}
	return fmt.Errorf("there is no command vm %s (vm alone lists them)", args[0])
}

// run finds the machine that a command is about, and runs it.
func (s *shell) run(c *monitor.Context, sub *sub, args []string) error {
	switch {
	case sub.save != nil && len(args) > 0 && args[0] == saveWord:
		return sub.save(s, c, args[1:])
	case sub.none && len(args) > sub.most:
		return usageError{errTooMany}
	case sub.none:
		return sub.run(s, c, nil, args)
	}
	v, args, err := s.pick(sub, args)
	if err != nil {
		return err
	}
	if sub.most >= 0 && len(args) > sub.most {
		return usageError{errTooMany}
	}
	return sub.run(s, c, v, args)
}

var errTooMany = errors.New("too many arguments")

// pick finds the machine that a command is about: the one that its first
// argument names, else the one that was named last, else the only one that
// there is or that is not off. It returns the other arguments.
func (s *shell) pick(sub *sub, args []string) (*manager.Machine, []string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(args) > 0 {
		v, number, err := s.find(args[0])
		switch {
		case err == nil:
			s.last, s.number = v.Config.Name, number
			return v, args[1:], nil
		case v != nil:
			return nil, nil, err
		case sub.named || sub.most >= 0 && len(args) > sub.most:
			return nil, nil, err
		}
	} else if sub.named {
		return nil, nil, usageError{errors.New("which machine?")}
	}
	if v, err := s.manager.Find(s.last); err == nil {
		return v, args, nil
	}
	s.number = 0
	all := s.manager.Machines()
	if len(all) == 0 {
		return nil, nil, errors.New("there are no machines")
	}
	if len(all) > 1 {
		all = slices.DeleteFunc(all, func(v *manager.Machine) bool { return v.State() == manager.Off })
	}
	if len(all) == 1 {
		return all[0], args, nil
	}
	return nil, nil, usageError{errors.New("which machine? " + strings.Join(s.names(), ", "))}
}

// find finds the machine that a word names, and the processor: NAME.N, or 0. If
// only the processor is wrong the machine comes with the error.
func (s *shell) find(word string) (v *manager.Machine, number int, err error) {
	name, suffix, given := strings.Cut(word, ".")
	if v, err = s.manager.Find(name); err != nil || !given {
		return v, 0, err
	}
	if number, err = strconv.Atoi(suffix); err != nil || number < 0 || number >= v.Config.CPUs {
		return v, 0, fmt.Errorf("%s has the processors 0 to %d, not %q", name, v.Config.CPUs-1, suffix)
	}
	return v, number, nil
}

// names are the machines' names.
func (s *shell) names() (names []string) {
	for _, v := range s.manager.Machines() {
		names = append(names, v.Config.Name)
	}
	return names
}

func (s *shell) completeVM(args []string) (words []string) {
	if len(args) == 1 {
		for _, sub := range subs {
			words = append(words, sub.name)
		}
		return words
	}
	for _, sub := range subs {
		if sub.name == args[0] {
			return s.complete(sub, args[1:])
		}
	}
	return nil
}

// complete gives the words that could stand in the place of the last of args.
func (s *shell) complete(sub *sub, args []string) (words []string) {
	if len(args) == 1 && !sub.none {
		words = s.names()
	}
	return append(words, sub.words...)
}

// still writes what f says about a machine while it stands still.
func still(c *monitor.Context, v *manager.Machine, f func(w io.Writer, p *pc.PC) error) error {
	var text bytes.Buffer
	err := v.Still(func(p *pc.PC) error { return f(&text, p) })
	if err != nil {
		return err
	}
	return show(c, text.Bytes())
}

// show writes text to the terminal, until Ctrl-C.
func show(c *monitor.Context, text []byte) error {
	for _, line := range bytes.SplitAfter(text, []byte("\n")) {
		if err := c.Err(); err != nil {
			return err
		}
		c.Write(line)
	}
	return nil
}

// number parses an argument.
func number(name, word string, min, max uint64) (uint64, error) {
	n, err := monitor.Number(name, word, min, max)
	if err != nil {
		return 0, usageError{err}
	}
	return n, nil
}
