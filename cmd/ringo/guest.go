package main

import (
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"golang.org/x/term"

	"github.com/ringo-vmm/ringo/internal/guestos"
)

// guestStore is where the repository at root keeps guests.
func guestStore(root string) guestos.Store {
	return guestos.Store{Root: root, Log: os.Stderr, Live: term.IsTerminal(int(os.Stderr.Fd()))}
}

func runGuest(c *cli, args []string) error {
	var o guestos.Options
	c.flags.StringVar(&o.Deb, "deb", "", "fetch: take the guest from this Debian package, a `file`, rather than from apt-get")
	c.flags.BoolVar(&o.Again, "f", false, "fetch: even what is there")
	c.flags.BoolVar(&o.Lock, "lock", false, "fetch: note what comes in iso/guests.lock, as tested")
	verb := ""
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		verb, args = args[0], args[1:]
	}
	if err := c.parse(args, len(guestos.Guests)); err != nil {
		return err
	}
	guests, err := guestos.Lookup(c.flags.Args())
	if err != nil {
		return usageError(err.Error())
	}
	switch {
	case verb != "fetch" && verb != "list":
		return usageError("say ringo guest fetch or ringo guest list")
	case verb == "list" && c.flags.NFlag()+c.flags.NArg() > 0:
		return usageError("ringo guest list takes nothing else")
	case o.Deb != "" && c.flags.NArg() != 1:
		return usageError("-deb is the package of one guest; name that")
	}
	root, err := findRoot()
	if err != nil {
		return err
	}
	if verb == "list" {
		return listGuests(guestStore(root))
	}
	return fetchGuests(root, guests, o)
}

func listGuests(s guestos.Store) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, g := range guestos.Guests {
		state, ok := s.Have(g)
		if !ok {
			state = "not fetched"
		}
		fmt.Fprintf(w, "%s\tbuild/guests/%s\t%s\t%s\n", g.Name, g.File, g.About, state)
	}
	return w.Flush()
}

// fetchGuests gets guests into the repository at root, where nobody else builds
// or fetches at the same time. One that fails does not keep the others away.
func fetchGuests(root string, guests []*guestos.Guest, o guestos.Options) error {
	unlock, err := lock(root)
	if err != nil {
		return err
	}
	defer unlock()
	var errs []error
	for _, g := range guests {
		errs = append(errs, guestStore(root).Fetch(g, o))
	}
	return errors.Join(errs...)
}
