package main

import (
	"errors"
	"fmt"
	"strings"
)

// gdbGuest is a machine to debug, and the TCP address at which gdb finds it.
type gdbGuest struct{ name, address string }

// gdbGuests are machines to debug as flags give them: NAME=ADDRESS.
type gdbGuests []gdbGuest

func (g *gdbGuests) String() string { return "" }

func (g *gdbGuests) Set(s string) error {
	name, address, ok := strings.Cut(s, "=")
	if !ok || name == "" || strings.ContainsAny(name, ", \"") {
		return errors.New("want NAME=ADDRESS, linux=:1234 say")
	}
	if !strings.Contains(address, ":") {
		return fmt.Errorf("%s is no TCP address: want :1234 or 127.0.0.1:1234", address)
	}
	*g = append(*g, gdbGuest{name, local(address)})
	return nil
}

// local is an address on this machine alone, if it does not say where.
func local(address string) string {
	if strings.HasPrefix(address, ":") {
		return "127.0.0.1" + address
	}
	return address
}

// gdbLines are the serial lines that gdb is at, from COM2 on, by their TCP
// addresses, and the kernel's command line with their names in it.
func (f *runFlags) gdbLines() (line string, addresses []string) {
	line = *f.append
	var guests []string
	for i, g := range f.gdbGuests {
		guests = append(guests, fmt.Sprintf("com%d:%s", i+2, g.name))
		addresses = append(addresses, g.address)
	}
	if len(guests) > 0 {
		line += " gdb-guest=" + strings.Join(guests, ",")
	}
	if *f.gdbSerial != "" {
		line += fmt.Sprintf(" gdb=com%d", len(addresses)+2)
		addresses = append(addresses, local(*f.gdbSerial))
	}
	return strings.TrimSpace(line), addresses
}

// gdbAddresses says where gdb can connect.
func (f *runFlags) gdbAddresses() string {
	var list []string
	for _, g := range f.gdbGuests {
		list = append(list, fmt.Sprintf("vm %s waits for gdb: target remote %s", g.name, g.address))
	}
	if *f.gdbSerial != "" {
		list = append(list, fmt.Sprintf("Ringo: gdb %s -ex 'target remote %s'", f.image, local(*f.gdbSerial)))
	}
	return strings.Join(list, "; ")
}
