package emu

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// bochsNIC is the network adapter of Bochs' build.
const bochsNIC = "e1000"

// nics are QEMU's devices by the names that Options.NIC may have.
var nics = map[string]string{"virtio": "virtio-net-pci", "e1000": "e1000", "e1000e": "e1000e"}

// checkForward checks one of Options.Forward.
func checkForward(s string) error {
	host, guest, ok := strings.Cut(s, ":")
	for _, port := range []string{host, guest} {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || !ok {
			return errorf("forwarded ports %q: want HOST:GUEST, such as 2222:22", s)
		}
	}
	return nil
}

// userNetwork is the arguments for the network adapter. The emulator is the
// router 10.0.2.2 and gives out 10.0.2.15; forwarded ports listen on this
// machine's loopback only.
func (p *plan) userNetwork() []string {
	var forwards strings.Builder
	for _, f := range p.Forward {
		host, guest, _ := strings.Cut(f, ":")
		forwards.WriteString(",hostfwd=tcp:127.0.0.1:" + host + "-:" + guest)
	}
	return []string{"-netdev", "user,id=uplink" + forwards.String(), "-device", nics[p.NIC] + ",netdev=uplink,romfile="}
}

// bochsNetwork is userNetwork for Bochs: lines of its configuration. They name
// a file of the network's options.
func (p *plan) bochsNetwork(dir string) ([]string, error) {
	options := filepath.Join(dir, "slirp.conf")
	var text strings.Builder
	text.WriteString("# slirp config\n") // Bochs looks for it
	for _, f := range p.Forward {
		host, guest, _ := strings.Cut(f, ":")
		fmt.Fprintf(&text, "hostfwd = tcp:127.0.0.1:%s-10.0.2.15:%s\n", host, guest)
	}
	if err := os.WriteFile(options, []byte(text.String()), 0o666); err != nil {
		return nil, err
	}
	return []string{
		"plugin_ctrl: e1000=true",
		"pci: enabled=1, chipset=i440fx, slot1=e1000",
		fmt.Sprintf("e1000: enabled=1, mac=52:54:00:12:34:56, ethmod=slirp, script=%q", options),
	}, nil
}
