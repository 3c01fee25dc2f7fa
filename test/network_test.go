//go:build boot

package test

import (
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
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

// worldServer answers every request by HTTP with the same page, at a TCP port of
// this machine, which the emulator's network has as 10.0.2.2.
func worldServer(t *testing.T, page []byte) (port int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write(page) })}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	return l.Addr().(*net.TCPAddr).Port
}

// streamMiB is how much two machines move by TCP, and forwardedMiB what comes from
// one through a forwarded port.
const streamMiB, forwardedMiB = 100, 4

// Two machines with different adapters get addresses by DHCP, know each other by
// name, and move data undamaged; the world is reached, and reaches them.
func TestTwoMachinesOnANetwork(t *testing.T) {
	t.Parallel()
	world := make([]byte, 2<<20)
	rand.NewChaCha8([32]byte{1}).Read(world)
	port := worldServer(t, world)
	address := freePort(t)

	c := boot(t, emu.Options{MemMiB: 896, NIC: "virtio", Forward: []string{leads(address, 8080)}, Modules: described(t, "../iso/net.toml")})
	c.Expect(`net: ready`).Expect(busybox)
	c.Send(escape).Expect(monitor).Send("vm attach right\n").Expect(`net: eth0 is 10\.77\.0\.3, right`).Expect(busybox)

	c.Send(fmt.Sprintf("mkdir /www; mount -t tmpfs -o size=%dm www /www; httpd -h /www\n", streamMiB+forwardedMiB)).Expect(busybox)
	file := func(name string, mib int) (sum string) {
		t.Helper()
		c.Send(fmt.Sprintf("head -c %d /dev/urandom > /www/%s; md5sum < /www/%[2]s\n", mib<<20, name))
		sum = c.Match(`([0-9a-f]{32})  -`)[1]
		c.Expect(busybox)
		return sum
	}
	sum, small := file("f", streamMiB), file("g", forwardedMiB)
	c.attach("left")
	c.Send("ping -c 3 right\n").Expect(`PING right \(10\.77\.0\.3\)`).Expect(`3 packets received`).Expect(busybox)
	start := time.Now()
	c.Send("wget -q -O - http://right/f | md5sum\n").Expect(sum + `  -`).Expect(busybox)
	t.Logf("%d MiB by TCP in %v", streamMiB, time.Since(start).Round(time.Millisecond))
	c.Send(fmt.Sprintf("wget -q -O - http://10.0.2.2:%d/ | md5sum\n", port)).Expect(fmt.Sprintf(`%x  -`, md5.Sum(world))).Expect(busybox)
	if got := fmt.Sprintf("%x", md5.Sum(get(t, "http://"+address+"/g"))); got != small {
		t.Errorf("the forwarded port gave %s, want %s", got, small)
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

// Over a bridge a machine is on the network of Ringo's own adapter: its address
// comes from the DHCP server there, beside Ringo's, and it reaches a TCP server.
func TestABridgeLeadsToTheWorld(t *testing.T) {
	t.Parallel()
	page := make([]byte, 2<<20)
	rand.NewChaCha8([32]byte{2}).Read(page)
	port := worldServer(t, page)
	for _, nic := range []string{"virtio", "e1000"} {
		t.Run(nic, func(t *testing.T) {
			c := boot(t, emu.Options{MemMiB: 640, NIC: nic, Modules: networked(t, "[network]\nuplink = \"bridge\"\n"+linuxOn("guest", ""), cloudKernel, netRAMDisk)})
			guest := c.Match(`net: eth0 is (10\.0\.2\.\d+)`)[1]
			c.Expect(busybox).Send(fmt.Sprintf("wget -q -O - http://10.0.2.2:%d/ | md5sum\n", port)).Expect(fmt.Sprintf(`%x  -`, md5.Sum(page))).Expect(busybox)
			c.Send(escape).Expect(monitor).Send("net\n")
			if ringo := c.Match(`uplink bridge: (10\.0\.2\.\d+)/24`)[1]; ringo == guest {
				t.Errorf("Ringo and the machine are both %s", guest)
			}
			c.Expect(`@uplink`).Expect(`ringo> `)
		})
	}
}

// Policies bind machines as they say, and Ringo's services are there for all.
func TestPoliciesOfAdapters(t *testing.T) {
	t.Parallel()
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

// managed is a machine whose monitor and figures are there for the network.
type managed struct {
	*console
	shell, figures string // addresses of SSH and of the figures
	keys           string // folder of the keys "key", which may log in, and "other"
}

// manage boots it, with a guest that has come to its shell.
func manage(t *testing.T) *managed {
	t.Helper()
	m := &managed{shell: freePort(t), figures: freePort(t), keys: t.TempDir()}
	for _, name := range []string{"key", "other"} {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(m.keys, name)).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	authorized := filepath.Join(m.keys, "authorized_keys")
	if err := os.Rename(filepath.Join(m.keys, "key.pub"), authorized); err != nil {
		t.Fatal(err)
	}
	text := "[network]\nuplink = \"nat\"\nssh = \"authorized_keys\"\nmetrics = true\n" + linuxOn("a", "")
	m.console = boot(t, emu.Options{MemMiB: 640, NIC: "e1000e", Forward: []string{leads(m.shell, 22), leads(m.figures, 9100)},
		Modules: networked(t, text, cloudKernel, netRAMDisk, authorized)})
	m.Expect(`ssh: 1 keys`).Expect(`net: ready`).Expect(busybox)
	return m
}

// ssh runs a command of the monitor, by OpenSSH's client with a key and more
// options.
func (m *managed) ssh(key, command string, options ...string) (string, error) {
	_, port, _ := net.SplitHostPort(m.shell)
	args := append([]string{"-F", "none", "-p", port, "-i", filepath.Join(m.keys, key), "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no",
		"-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes", "-o", "ConnectTimeout=60"}, options...)
	out, err := exec.Command("ssh", append(args, "ringo@127.0.0.1", command)...).CombinedOutput()
	return string(out), err
}

// The monitor is used by SSH with OpenSSH's client, by those who have a key, and
// the figures are read by HTTP.
func TestManagementByNetwork(t *testing.T) {
	m := manage(t)
	if out, err := m.ssh("key", "vm list; net"); err != nil || !strings.Contains(out, "running") || !strings.Contains(out, "10.77.0.2") {
		t.Errorf("ssh: %v\n%s", err, out)
	}
	const denied = "Permission denied (publickey)"
	if out, err := m.ssh("other", "vm list"); err == nil || !strings.Contains(out, denied) {
		t.Errorf("ssh with another key: %v\n%s", err, out)
	}
	if out, err := m.ssh("key", "vm list", "-o", "PubkeyAuthentication=no"); err == nil || !strings.Contains(out, denied) {
		t.Errorf("ssh without a key: %v\n%s", err, out)
	}
	page := string(get(t, "http://"+m.figures+"/metrics"))
	for _, want := range []string{`ringo_vm_state{vm="a",state="running"} 1`, `ringo_vcpu_exits_total{vm="a"`, `ringo_port_frames_total{port="a",direction="sent"}`, `ringo_nic_up{nic="0"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the figures lack %s", want)
		}
	}
	if t.Failed() {
		t.Logf("%s", page)
	}
}

// crowd opens 100 connections, sends the same on each, and returns what each
// received until the other side closed it. They are opened one after the other,
// since the emulator's network lets one wait and no more.
func crowd(t *testing.T, address, send string) (received [100]string) {
	t.Helper()
	var all sync.WaitGroup
	for i := range received {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(waitTime))
		io.WriteString(c, send)
		all.Go(func() {
			b, err := io.ReadAll(c)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%s keeps a connection for %v", address, waitTime)
			}
			received[i] = string(b)
		})
	}
	all.Wait()
	return received
}

// Of 100 clients at once that say nothing to SSH, or half a request to the
// figures, few are listened to, and those not for long. A guest goes on
// meanwhile, and who comes next is served.
func TestACrowdOfClientsIsBounded(t *testing.T) {
	t.Parallel()
	m := manage(t)
	m.Send("while n=$((n+1)); do echo beat $n at $(cut -d. -f1 /proc/uptime); sleep 1; done\n").Expect(`beat 3 at`)
	for _, c := range []struct {
		address, send, heard string
		least, most          int
	}{
		{m.shell, "", "SSH-2.0-Ringo", 1, 8},
		{m.figures, "GET /metrics HTTP/1.0\r\nHost: ", "200 OK", 0, 0},
		{m.figures, "GET /metrics HTTP/1.0\r\n\r\n", "200 OK", 1, 100},
	} {
		heard := 0
		start := time.Now()
		for _, text := range crowd(t, c.address, c.send) {
			if strings.Contains(text, c.heard) {
				heard++
			}
		}
		t.Logf("%d of 100 were heard, after %q; the last was sent away after %v", heard, c.send, time.Since(start).Round(time.Second))
		if heard < c.least || heard > c.most {
			t.Errorf("%d of 100 clients were heard, want %d to %d", heard, c.least, c.most)
		}
		m.Expect(`beat \d+ at`)
	}
	if out, err := m.ssh("key", "vm list"); err != nil || !strings.Contains(out, "running") {
		t.Errorf("ssh afterwards: %v\n%s", err, out)
	}
	get(t, "http://"+m.figures+"/metrics")
	m.Send("\x03").Expect(busybox).Send("echo $((6*7))ab\n").Expect(`42ab`)
	last := 0
	for i, beat := range regexp.MustCompile(`beat (\d+) at (\d+)\s`).FindAllStringSubmatch(m.vm.Output(), -1) {
		at, _ := strconv.Atoi(beat[2])
		if beat[1] != strconv.Itoa(i+1) || i > 0 && at-last > maxPause {
			t.Errorf("the guest said %q after one at %d", beat[0], last)
		}
		last = at
	}
}

// maxPause is how long a guest that has something to say each second may be
// silent on a busy machine, in its own seconds.
const maxPause = 15

// iPXE in a machine gets Linux from Ringo by HTTP and starts it, by either kind of
// adapter.
func TestIPXEFromRingo(t *testing.T) {
	t.Parallel()
	script := filepath.Join(t.TempDir(), "boot.ipxe")
	if err := os.WriteFile(script, []byte("#!ipxe\nkernel vmlinuz-cloud console=ttyS0 quiet initrd=net.cpio\ninitrd net.cpio\nboot\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	iso := grubCD(t, "linux16 /boot/ipxe.lkrn", map[string]string{"ipxe.lkrn": "ipxe.lkrn"})
	for _, nic := range []string{"e1000", "virtio"} {
		t.Run(nic, func(t *testing.T) {
			text := "[network]\nfiles = [\"boot.ipxe\", \"vmlinuz-cloud\", \"net.cpio\"]\nhttp = true\n[[vm]]\nname = \"pxe\"\nmemory = \"256M\"\nfirmware = \"bios-256k.bin\"\n" +
				"vgabios = \"vgabios-stdvga.bin\"\nboot = \"cd\"\ndisk = [{ file = \"guest.iso\", cd = true }]\nnet = [{ bus = \"" + nic + "\" }]\n"
			c := boot(t, emu.Options{MemMiB: 896, Modules: networked(t, text, iso, script, cloudKernel, netRAMDisk, "../build/guests/bios-256k.bin", "../build/guests/vgabios-stdvga.bin")})
			c.Expect(`Booting from DVD/CD`).Expect(`net: ready`)
		})
	}
}

// With VMX too, two machines get addresses and reach each other by name.
func TestNetworkWithVMX(t *testing.T) {
	t.Parallel()
	c := boot(t, emu.Options{Machine: "bochs-vmx", MemMiB: 768, Modules: networked(t, linuxOn("left", "")+linuxOn("right", ""), cloudKernel, netRAMDisk)})
	c.Expect(`net: eth0 is 10\.77\.0\.2, left`).Expect(busybox).attach("right").Send("ping -c 1 -W 30 left\n").Expect(`1 packets received`)
}
