//go:build boot

package test

import (
	"crypto/md5"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/internal/emu"
	"github.com/ringo-vmm/ringo/internal/media"
	"github.com/ringo-vmm/ringo/vmm/config"
)

// networked are the boot modules of a configuration, with the given files.
func networked(t *testing.T, text string, files ...string) []media.Module {
	t.Helper()
	path := filepath.Join(t.TempDir(), config.ModuleName)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	modules := []media.Module{{Path: path}}
	for _, f := range files {
		modules = append(modules, media.Module{Path: f})
	}
	return modules
}

// Files of guests with a network.
const (
	cloudKernel = "../build/guests/vmlinuz-cloud"
	netRAMDisk  = "../build/guests/net.cpio"
)

// linuxOn describes a Linux machine with a network adapter and more keys of that.
func linuxOn(name, nic string) string {
	return "[[vm]]\nname = \"" + name + "\"\nmemory = \"128M\"\nkernel = \"vmlinuz-cloud\"\ninitrd = \"net.cpio\"\ncmdline = \"console=ttyS0 quiet\"\n[[vm.net]]\n" + nic + "\n"
}

// attach shows a machine's console, which has come so far that it has an address,
// and has its shell ask for a command.
func (c *console) attach(name string) *console {
	c.Helper()
	c.Send(escape).Expect(monitor).Send("vm attach " + name + "\n").Expect(`\[` + name)
	return c.Send("\n").Expect(busybox)
}

// leads has a TCP address of this machine lead to a port of the emulated one.
func leads(address string, port int) string {
	_, p, _ := net.SplitHostPort(address)
	return fmt.Sprintf("%s:%d", p, port)
}

// get fetches a page, which may take some tries: a port of the emulator takes
// connections before anybody is behind it.
func get(t *testing.T, url string) []byte {
	t.Helper()
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	var err error
	for range 5 {
		var r *http.Response
		if r, err = client.Get(url); err != nil {
			continue
		}
		b, readErr := io.ReadAll(r.Body)
		r.Body.Close()
		if err = readErr; err == nil && r.StatusCode == http.StatusOK {
			return b
		}
	}
	t.Fatalf("%s: %v", url, err)
	return nil
}

// Two machines with different adapters get addresses by DHCP, know each other by
// name, and move data undamaged; the world is reached, and reaches them.
func TestTwoMachinesOnANetwork(t *testing.T) {
	world := make([]byte, 2<<20)
	rand.NewChaCha8([32]byte{1}).Read(world)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write(world) })}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	address := freePort(t)

	c := boot(t, emu.Options{MemMiB: 768, NIC: "virtio", Forward: []string{leads(address, 8080)}, Modules: described(t, "../iso/net.toml")})
	c.Expect(`net: ready`).Expect(busybox)
	c.Send(escape).Expect(monitor).Send("vm attach right\n").Expect(`net: eth0 is 10\.77\.0\.3, right`).Expect(busybox)

	c.Send("mkdir /www; dd if=/dev/urandom of=/www/f bs=1M count=16 2>/dev/null; httpd -h /www; md5sum < /www/f\n")
	sum := c.Match(`([0-9a-f]{32})  -`)[1]
	c.Expect(busybox).attach("left")
	c.Send("ping -c 3 right\n").Expect(`PING right \(10\.77\.0\.3\)`).Expect(`3 packets received`).Expect(busybox)
	c.Send("wget -q -O - http://right/f | md5sum\n").Expect(sum + `  -`).Expect(busybox)
	c.Send(fmt.Sprintf("wget -q -O - http://10.0.2.2:%d/ | md5sum\n", l.Addr().(*net.TCPAddr).Port)).Expect(fmt.Sprintf(`%x  -`, md5.Sum(world))).Expect(busybox)
	if got := fmt.Sprintf("%x", md5.Sum(get(t, "http://"+address+"/f"))); got != sum {
		t.Errorf("the forwarded port gave %s, want %s", got, sum)
	}

	c.Send(escape).Expect(monitor)
	c.Send("net\n").Expect(`uplink nat: 10\.0\.2\.15/24`).Expect(`left +10\.77\.0\.2`).Expect(`right +10\.77\.0\.3`).Expect(`ringo> `)
	c.Send(escape).Expect(`back\]`).Send("ping -c 60 ringo > /dev/null &\n").Expect(busybox)
	c.Send(escape).Expect(monitor).Send("net capture left 6\n").Expect(`-----BEGIN PCAP left\.pcap-----\s+TTyyoQIABA`).Expect(`-----END PCAP left\.pcap-----\s+6 frames\s+ringo> `)

	// A machine keeps its address when it is started again.
	c.Send("vm reset right; vm attach right\n").Expect(`net: ready(?s).*net: eth0 is 10\.77\.0\.3, right.*net: ready.*/ # `)
	c.Send("ping -c 1 left\n").Expect(`1 packets received`)
	c.Send(escape).Expect(monitor).Send("vm destroy left; vm destroy right; poweroff\n").Exit(emu.Stopped, 0)
}

// Policies bind machines as they say, and Ringo's services are there for all.
func TestPoliciesOfAdapters(t *testing.T) {
	text := "[network]\nuplink = \"nat\"\nfiles = [\"hello\"]\nhttp = true\n" +
		linuxOn("open", "") + linuxOn("inbound", `policy = "inbound"`) + linuxOn("isolated", `policy = "isolated"`)
	hello := filepath.Join(t.TempDir(), "hello")
	if err := os.WriteFile(hello, []byte("Ringo says hello\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := boot(t, emu.Options{MemMiB: 896, NIC: "e1000", Modules: networked(t, text, cloudKernel, netRAMDisk, hello)})
	c.Expect(`net: ready`).Expect(busybox)
	const reaches, fails = `1 packets received`, `0 packets received|bad address`
	for _, m := range []struct {
		name, open, inbound, isolated, world string
	}{
		{"isolated", fails, fails, reaches, fails},
		{"inbound", fails, reaches, fails, fails},
		{"open", reaches, reaches, fails, reaches},
	} {
		c.attach(m.name)
		for _, to := range []struct{ name, want string }{{"open", m.open}, {"inbound", m.inbound}, {"isolated", m.isolated}, {"10.0.2.2", m.world}} {
			if to.name == m.name {
				continue
			}
			c.Send("ping -c 1 -W 3 " + to.name + "\n").Expect(to.want).Expect(busybox)
		}
		c.Send("wget -q -O - http://ringo/hello; wget -q -O - http://ringo/vms.toml\n").Expect(`Ringo says hello`).Expect(`404`).Expect(busybox)
	}
	c.Send(escape).Expect(monitor).Send("net\n").Expect(`isolated .* \d+ policy`).Expect(`ringo> `)
}

// The monitor is used by SSH with OpenSSH's client, by those who have a key, and
// the figures are read by HTTP.
func TestManagementByNetwork(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"key", "other"} {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, name)).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	if err := os.Rename(filepath.Join(dir, "key.pub"), filepath.Join(dir, "authorized_keys")); err != nil {
		t.Fatal(err)
	}
	text := "[network]\nuplink = \"nat\"\nssh = \"authorized_keys\"\nmetrics = true\n" + linuxOn("a", "")
	shell, figures := freePort(t), freePort(t)
	c := boot(t, emu.Options{MemMiB: 640, NIC: "e1000e", Forward: []string{leads(shell, 22), leads(figures, 9100)},
		Modules: networked(t, text, cloudKernel, netRAMDisk, filepath.Join(dir, "authorized_keys"))})
	c.Expect(`ssh: 1 keys`).Expect(`net: ready`).Expect(busybox)

	_, port, _ := net.SplitHostPort(shell)
	ssh := func(key, command string) (string, error) {
		cmd := exec.Command("ssh", "-F", "none", "-p", port, "-i", filepath.Join(dir, key), "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no",
			"-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "-o", "ConnectTimeout=60", "ringo@127.0.0.1", command)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := ssh("key", "vm list; net"); err != nil || !strings.Contains(out, "running") || !strings.Contains(out, "10.77.0.2") {
		t.Errorf("ssh: %v\n%s", err, out)
	}
	if out, err := ssh("other", "vm list"); err == nil || strings.Contains(out, "running") {
		t.Errorf("ssh with another key: %v\n%s", err, out)
	}
	page := string(get(t, "http://"+figures+"/metrics"))
	for _, want := range []string{`ringo_vm_state{vm="a",state="running"} 1`, `ringo_vcpu_exits_total{vm="a"`, `ringo_port_frames_total{port="a",direction="sent"}`, `ringo_nic_up{nic="0"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the figures lack %s", want)
		}
	}
	if t.Failed() {
		t.Logf("%s", page)
	}
}

// iPXE in a machine gets Linux from Ringo by HTTP and starts it.
func TestIPXEFromRingo(t *testing.T) {
	script := filepath.Join(t.TempDir(), "boot.ipxe")
	if err := os.WriteFile(script, []byte("#!ipxe\nkernel vmlinuz-cloud console=ttyS0 quiet initrd=net.cpio\ninitrd net.cpio\nboot\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	iso := grubCD(t, "linux16 /boot/ipxe.lkrn", map[string]string{"ipxe.lkrn": "ipxe.lkrn"})
	text := "[network]\nfiles = [\"boot.ipxe\", \"vmlinuz-cloud\", \"net.cpio\"]\nhttp = true\n[[vm]]\nname = \"pxe\"\nmemory = \"256M\"\nfirmware = \"bios-256k.bin\"\n" +
		"vgabios = \"vgabios-stdvga.bin\"\nboot = \"cd\"\ndisk = [{ file = \"guest.iso\", cd = true }]\nnet = [{ bus = \"e1000\" }]\n"
	c := boot(t, emu.Options{MemMiB: 896, Modules: networked(t, text, iso, script, cloudKernel, netRAMDisk, "../build/guests/bios-256k.bin", "../build/guests/vgabios-stdvga.bin")})
	c.Expect(`Booting from DVD/CD`).Expect(`net: ready`)
}

// With VMX too, two machines get addresses and reach each other by name.
func TestNetworkWithVMX(t *testing.T) {
	c := boot(t, emu.Options{Machine: "bochs-vmx", MemMiB: 768, Modules: networked(t, linuxOn("left", "")+linuxOn("right", ""), cloudKernel, netRAMDisk)})
	c.Expect(`net: eth0 is 10\.77\.0\.2, left`).Expect(busybox).attach("right").Send("ping -c 1 -W 30 left\n").Expect(`1 packets received`)
}
