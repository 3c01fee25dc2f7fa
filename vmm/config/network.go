package config

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// networkTable is the name of the table that describes the network.
const networkTable = "network"

// Network is the switch that the machines' adapters are plugged into, and what
// Ringo itself does there.
type Network struct {
	Uplink Uplink
	// Address is Ringo's own address on the switch, and how many of its bits
	// are the network's: machines get addresses of that network.
	Address netip.Prefix
	DHCP    bool // Ringo gives machines their addresses
	DNS     bool // and answers for their names
	// Files are the boot modules that machines can fetch, by TFTP and by HTTP
	// if that is on.
	Files []string
	TFTP  bool
	HTTP  bool
	// SSH is the boot module with the keys of those who may use the monitor
	// by SSH, as OpenSSH's authorized_keys has them; empty is nobody.
	SSH     string
	Metrics bool // figures are served in Prometheus' form by HTTP, to the uplink too
}

// Uplink is how the switch reaches the network that Ringo's machine is on.
type Uplink string

// The ways.
const (
	UplinkNone   Uplink = "none"
	UplinkNAT    Uplink = "nat"    // behind the address of Ringo's machine
	UplinkBridge Uplink = "bridge" // as a port of the switch like the others
)

// DefaultNetwork is the network without a table that describes it.
func DefaultNetwork() Network {
	return Network{Uplink: UplinkNone, Address: netip.MustParsePrefix("10.77.0.1/24"), DHCP: true, DNS: true}
}

// Images are the files that the network needs.
func (n *Network) Images() (images []Image) {
	for _, f := range n.Files {
		images = append(images, Image{networkTable + ".files", f})
	}
	if n.SSH != "" {
		images = append(images, Image{networkTable + ".ssh", n.SSH})
	}
	return images
}

// networkKeys are all there are.
var networkKeys = []string{"uplink", "address", "dhcp", "dns", "files", "tftp", "http", "ssh", "metrics"}

func (n *Network) set(name string, v any) (err error) {
	switch name {
	case "uplink":
		n.Uplink, err = choice(v, UplinkNone, UplinkNAT, UplinkBridge)
	case "address":
		n.Address, err = prefix(v)
	case "dhcp":
		n.DHCP, err = truth(v)
	case "dns":
		n.DNS, err = truth(v)
	case "files":
		n.Files, err = files(v)
	case "tftp":
		n.TFTP, err = truth(v)
	case "http":
		n.HTTP, err = truth(v)
	case "ssh":
		n.SSH, err = file(v)
	case "metrics":
		n.Metrics, err = truth(v)
	default:
		err = unknownOf(name, networkKeys)
	}
	return err
}

// maxFiles is more than boot loaders pass.
const maxFiles = 64

// files is v as a list of files.
func files(v any) (list []string, err error) {
	items, ok := v.([]any)
	switch {
	case !ok:
		return nil, wrongType("an array of files", v)
	case len(items) > maxFiles:
		return nil, fmt.Errorf("%d files; there can be %d", len(items), maxFiles)
	}
	for _, item := range items {
		f, err := file(item)
		if err != nil {
			return nil, err
		}
		list = append(list, f)
	}
	return list, nil
}

// Bounds of a network's prefix, in bits: room for MaxVMs machines, and not more
// addresses than a switch has to know.
const minPrefix, maxPrefix = 16, 25

// prefix is v as an address with its network.
func prefix(v any) (p netip.Prefix, err error) {
	s, err := text(v)
	if err != nil {
		return p, err
	}
	p, err = netip.ParsePrefix(s)
	switch {
	case err != nil || !p.Addr().Is4():
		return p, fmt.Errorf("%q is no IPv4 address with its network, such as %q", s, "10.77.0.1/24")
	case p.Bits() < minPrefix || p.Bits() > maxPrefix:
		return p, fmt.Errorf("%q: want a network of %d to %d bits", s, minPrefix, maxPrefix)
	case p.Addr() == p.Masked().Addr() || !p.Contains(p.Addr().Next()) || !p.Addr().IsPrivate():
		return p, fmt.Errorf("%q is no machine's address in a private network (RFC 1918)", s)
	}
	return p, nil
}

// network reads a part of the text that begins with [network]. If it has a
// mistake the default stays, so that nothing is reached that was not meant to be.
func (p *parser) network(c chunk) {
	if p.networkLine != 0 {
		p.add(&Error{Key: networkTable, Line: c.line, Text: fmt.Sprintf("there is one in line %d", p.networkLine)})
		return
	}
	p.networkLine = c.line
	md, doc, err := c.decode()
	if err != nil {
		p.add(syntaxError(c, "", err))
		return
	}
	var values map[string]toml.Primitive
	if err := md.PrimitiveDecode(doc[networkTable], &values); err != nil {
		p.add(&Error{Key: networkTable, Line: c.line, Text: "the network is described in one table"})
		return
	}
	n, errs := DefaultNetwork(), []*Error(nil)
	for _, name := range slices.Sorted(maps.Keys(values)) {
		var v value
		err := md.PrimitiveDecode(values[name], &v)
		if err == nil {
			err = n.set(name, v.any)
		}
		if err != nil {
			errs = append(errs, &Error{Key: networkTable + "." + name, Line: lineOf(&md, values[name], c), Text: err.Error()})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(doc)) {
		if name != networkTable {
			errs = append(errs, &Error{Key: name, Line: lineOf(&md, doc[name], c), Text: "there is no such table"})
		}
	}
	if len(errs) == 0 {
		for _, image := range n.Images() {
			_, key, _ := strings.Cut(image.Key, ".")
			line := lineOf(&md, values[key], c)
			if e := p.name(image, line); e != "" {
				errs = append(errs, &Error{Key: image.Key, Line: line, Text: e})
			}
		}
	}
	if len(errs) == 0 {
		p.config.Network = n
	}
	p.add(errs...)
}
