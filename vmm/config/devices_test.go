package config

import (
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

// devices has every device key of a machine, and the network's.
const devices = `
[network]  # before the machines
uplink  = "nat"
address = "192.168.7.1/24"
dns     = false
files   = ["boot.ipxe", "k"]
tftp    = true
http    = true
ssh     = "keys/authorized_keys"
metrics = true

[[vm]]
name    = "web"
machine = "q35"
memory  = "64M"
kernel  = "k"
virtio  = "mmio"
rng     = true
balloon = true
disk    = [{ file = "cd.iso", cd = true }, { file = "a.img", readonly = true, bus = "virtio" }]

[[vm.net]]

[[vm.net]]
bus     = "e1000"
mac     = "52:54:00:12:34:56"
policy  = "inbound"
vlan    = 7
rate    = "10M"
forward = ["tcp:2222:22", "udp:53:5353"]

[[vm.serial]]
bus = "virtio"

[[vm.serial]]
port = 3
to   = "vm:db"

[[vm]]
name   = "db"
memory = "64M"
kernel = "k"
[[vm.disk]]
file = "root.img"
mode = "write"
[[vm.disk]]
file = "b.img"
mode = "overlay"
bus  = "floppy"
[[vm.serial]]
port = 1
to   = "tcp:7000"
[[vm.serial]]
port = 2
to   = "log"
`

func TestDevicesOfAMachine(t *testing.T) {
	c, errs := Parse([]byte(devices))
	if len(errs) != 0 || len(c.VMs) != 2 {
		t.Fatalf("%d machines, errors %q", len(c.VMs), errs)
	}
	web, db := c.VMs[0], c.VMs[1]
	for what, tt := range map[string]struct{ got, want any }{
		"board":    {[]Machine{web.Machine, db.Machine}, []Machine{MachineQ35, MachinePC}},
		"virtio":   {[]Virtio{web.Virtio, db.Virtio}, []Virtio{VirtioMMIO, VirtioPCI}},
		"rng":      {[]bool{web.RNG, db.RNG, web.Balloon, db.Balloon}, []bool{true, false, true, false}},
		"disks":    {web.Disks, []Disk{{File: "cd.iso", CD: true, Bus: BusAHCI}, {File: "a.img", ReadOnly: true, Bus: BusVirtio}}},
		"db disks": {db.Disks, []Disk{{File: "root.img", Write: true, Bus: BusIDE}, {File: "b.img", Bus: BusFloppy}}},
		"adapters": {web.NICs, []NIC{{Bus: BusVirtio, Policy: PolicyOpen}, {
			Bus: BusE1000, MAC: [6]byte{0x52, 0x54, 0, 0x12, 0x34, 0x56}, Policy: PolicyInbound, VLAN: 7, Rate: 10 << 20,
			Forwards: []Forward{{"tcp", 2222, 22}, {"udp", 53, 5353}}}}},
		"lines": {web.Serials, []Serial{{BusSerial, 1, Peer{Kind: ToLog}}, {BusVirtio, 0, Peer{Kind: ToConsole}}, {BusSerial, 3, Peer{Kind: ToVM, VM: "db"}}}},
		"db's":  {db.Serials, []Serial{{BusSerial, 1, Peer{Kind: ToTCP, Port: 7000}}, {BusSerial, 2, Peer{Kind: ToLog}}}},
		"network": {c.Network, Network{Uplink: UplinkNAT, Address: netip.MustParsePrefix("192.168.7.1/24"), DHCP: true, Files: []string{"boot.ipxe", "k"}, TFTP: true, HTTP: true,
			SSH: "keys/authorized_keys", Metrics: true}},
		"its files": {c.Network.Images(), []Image{{"network.files", "boot.ipxe"}, {"network.files", "k"}, {"network.ssh", "keys/authorized_keys"}}},
	} {
		if !reflect.DeepEqual(tt.got, tt.want) {
			t.Errorf("%s:\n%+v\nwant\n%+v", what, tt.got, tt.want)
		}
	}
}

func TestTwoMachinesCannotHaveOneAddressOrPort(t *testing.T) {
	const nic = "net = [{mac = '02:00:00:00:00:01', forward = ['tcp:22:22']}]"
	c, errs := Parse([]byte(good("a", nic) + good("b", nic) + good("c", "serial = [{port = 2, to = 'tcp:22'}]") + good("d", "net = [{forward = ['udp:22:22']}]")))
	if machines(c) != "a d" {
		t.Errorf("machines %s, want a and d", machines(c))
	}
	checkErrors(t, errs, []string{
		"line 10: vm b: net: address 02:00:00:00:00:01 is taken by the machine in line 1",
		"line 10: vm b: net: tcp port 22 of the uplink is taken by the machine in line 1",
		"line 15: vm c: serial: tcp port 22 of the uplink is taken by the machine in line 1",
	})
}

func TestAMistakeInTheNetworkLeavesTheDefault(t *testing.T) {
	for _, tt := range []struct {
		text string
		errs []string
	}{
		{"[network]\nuplink = 'nat'\nmetrix = true\n", []string{"line 3: network.metrix: there is no such key; did you mean metrics?"}},
		{"[network]\nuplink = 'wifi'\n", []string{`line 2: network.uplink: "wifi"; want "none", "nat" or "bridge"`}},
		{"[network]\naddress = '10.0.0.0/24'\n", []string{`line 2: network.address: "10.0.0.0/24" is no machine's address in a private network`}},
		{"[network]\naddress = '8.8.8.8/24'\n", []string{"is no machine's address in a private network"}},
		{"[network]\naddress = '10.0.0.1'\n", []string{`"10.0.0.1" is no IPv4 address with its network`}},
		{"[network]\naddress = 'fd00::1/64'\n", []string{"is no IPv4 address with its network"}},
		{"[network]\naddress = '10.0.0.1/30'\n", []string{"want a network of 16 to 25 bits"}},
		{"[network]\ndhcp = 'yes'\nhttp = 1\n", []string{"line 2: network.dhcp: want true or false, not a string", "line 3: network.http: "}},
		{"[network]\nfiles = 'x'\n", []string{"line 2: network.files: want an array of files, not a string"}},
		{"[network]\nfiles = ['x', 3]\n", []string{"line 2: network.files: "}},
		{"[network]\nfiles = ['a/x', 'b/x']\n", []string{"line 2: network.files: "}},
		{"[network]\nssh = 'x/k'\nuplink = 'nat'\n", nil},
		{"[network]\n[network]\n", []string{"line 2: network: there is one in line 1"}},
		{"[network]\nuplink = \n", []string{"line 2: "}},
		{"[network]\n[net]\n", []string{"line 2: net: there is no such table"}},
		{"network = 3\n", []string{"line 1: network: the network begins with a line [network]"}},
	} {
		c, errs := Parse([]byte(tt.text + good("a", "")))
		if tt.errs == nil {
			// The network's file is there first, so the machine's clashes.
			if c.Network.Uplink != UplinkNAT || len(c.VMs) != 0 || len(errs) != 1 || !strings.Contains(errs[0].Error(), "k is another file than x/k in line 2") {
				t.Errorf("%q: %+v, errors %q", tt.text, c.Network, errs)
			}
			continue
		}
		if machines(c) != "a" || c.Network.Uplink != UplinkNone {
			t.Errorf("%q: machines %q, %+v", tt.text, machines(c), c.Network)
		}
		checkErrors(t, errs, tt.errs)
	}
}

func TestTheNetworkMayStandBehindTheMachines(t *testing.T) {
	c, errs := Parse([]byte(good("a", "") + "[network]\nuplink = 'bridge'\n" + good("b", "")))
	if machines(c) != "a b" || c.Network.Uplink != UplinkBridge || errs != nil {
		t.Errorf("machines %s, %+v, errors %q", machines(c), c.Network, errs)
	}
}
