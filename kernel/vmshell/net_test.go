package vmshell

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/kernel/network"
	"github.com/ringo-vmm/ringo/vmm/config"
	"github.com/ringo-vmm/ringo/vmm/ether"
)

// onNetwork is a network, and a monitor with the command net, which returns what
// a line shows.
func onNetwork(t *testing.T) (n *network.Network, try func(line string) string) {
	t.Helper()
	start := time.Now()
	n, err := network.New(network.Config{Network: config.DefaultNetwork(), Now: func() uint64 { return uint64(time.Since(start)) }, Log: t.Logf})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	r := monitor.NewRegistry()
	if err := r.Add(Net(func() *network.Network { return n }, start.UnixNano)); err != nil {
		t.Fatal(err)
	}
	return n, (&rig{t: t, commands: r}).try
}

func TestNetShowsPortsAndLeases(t *testing.T) {
	n, try := onNetwork(t)
	port, mac, err := n.Plug("web", 0, config.NIC{Policy: config.PolicyInbound})
	if err != nil {
		t.Fatal(err)
	}
	port.Send(ether.Frame{Data: append(append(bytes.Repeat([]byte{0xff}, 6), mac[:]...), make([]byte, 48)...)})
	for line, want := range map[string]string{
		"net": "web (off)", "net leases": "10.77.0.2", "net table": mac.String(), "net ports": "usage", "net capture nobody": "no port",
	} {
		if text := try(line); !strings.Contains(text, want) {
			t.Errorf("%s: %q, want %q", line, text, want)
		}
	}
	none := Net(func() *network.Network { return nil }, nil)
	if err := none.Run(nil, nil); err == nil {
		t.Error("there is a network without one")
	}
}

func TestACaptureIsAPcapFile(t *testing.T) {
	n, try := onNetwork(t)
	port, mac, err := n.Plug("web", 0, config.NIC{Policy: config.PolicyOpen})
	if err != nil {
		t.Fatal(err)
	}
	frame := append(append(bytes.Repeat([]byte{0xff}, 6), mac[:]...), make([]byte, 48)...)
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				return
			default:
				port.Send(ether.Frame{Data: frame})
			}
		}
	}()
	text := try("net capture web 3")
	close(stop)
	_, text, _ = strings.Cut(text, "-----BEGIN PCAP web.pcap-----\n")
	text, rest, ok := strings.Cut(text, "-----END PCAP web.pcap-----\n")
	b, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(text, "\n", ""))
	if !ok || err != nil || len(b) != 24+3*(16+len(frame)) || binary.LittleEndian.Uint32(b) != 0xa1b23c4d || !bytes.Equal(b[40:40+len(frame)], frame) {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	if !strings.Contains(rest, "3 frames") {
		t.Errorf("then %q", rest)
	}
}
