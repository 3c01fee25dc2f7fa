package remote

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/drivers/nic"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/ether"
	"github.com/ringo-vmm/ringo/vmm/ether/vswitch"
	"github.com/ringo-vmm/ringo/vmm/manager"
	"github.com/ringo-vmm/ringo/vmm/vmmtest"
)

// newMachines is a manager with the machines a and b, which halt in 64-bit mode.
func newMachines(t *testing.T) *manager.Manager {
	t.Helper()
	m := manager.New(manager.Options{
		Host: &vmmtest.Host{}, Engine: func() (vmm.Engine, error) { return &vmmtest.Engine{}, nil },
		CPUID: cpuidtest.QEMUEPYC.CPUID(), TSCHz: vmmtest.TSCHz, Wall: func() int64 { return 0 },
		Module: func(name string) ([]byte, bool) { return []byte{0xf4}, name == "image" },
	})
	for _, name := range []string{"a", "b"} {
		text := "[[vm]]\nname = \"" + name + "\"\nmemory = \"4M\"\nkernel = \"image\"\nboot = \"flat\"\naddress = 0x8000\nmode = 64\n"
		for _, err := range m.Configure([]byte(text)) {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		for _, v := range m.Machines() {
			if v.State() != manager.Off {
				v.Destroy()
			}
		}
	})
	return m
}

// The lines of the text format that this package writes.
var (
	helpLine   = regexp.MustCompile(`^# HELP ([a-z_]+) [^\n]+\.$`)
	typeLine   = regexp.MustCompile(`^# TYPE ([a-z_]+) (gauge|counter)$`)
	sampleLine = regexp.MustCompile(`^([a-z_]+)(\{(?:[a-z]+="(?:[^"\\\n]|\\[\\"n])*",?)*\})? (-?[0-9.e+-]+|NaN|[+-]Inf)$`)
)

// parse checks a page strictly and returns its samples.
func parse(t *testing.T, text string) map[string]string {
	t.Helper()
	samples := map[string]string{}
	family, typed, seen := "", "", map[string]bool{}
	in := bufio.NewScanner(strings.NewReader(text))
	for in.Scan() {
		line := in.Text()
		if m := helpLine.FindStringSubmatch(line); m != nil && !seen[m[1]] {
			family, seen[m[1]] = m[1], true
		} else if m := typeLine.FindStringSubmatch(line); m != nil && m[1] == family {
			if typed = m[1]; strings.HasSuffix(typed, "_total") != (m[2] == "counter") {
				t.Errorf("a counter's name ends in _total: %s", line)
			}
		} else if m := sampleLine.FindStringSubmatch(line); m != nil && m[1] == typed {
			if _, twice := samples[m[1]+m[2]]; twice {
				t.Errorf("twice: %s", line)
			}
			samples[m[1]+m[2]] = m[3]
		} else {
			t.Errorf("not in the format, or not in its place: %q", line)
		}
	}
	if !strings.HasSuffix(text, "\n") {
		t.Error("the last line does not end")
	}
	return samples
}

func TestScrapeByHTTP(t *testing.T) {
	machines := newMachines(t)
	if err := machines.Machines()[0].Start(); err != nil {
		t.Fatal(err)
	}
	hold, release := make(chan struct{}), make(chan struct{})
	held := false
	address := serveMetrics(t, func(m *Metrics) {
		if held {
			close(hold)
			<-release
			held = false
		}
		Machines(m, machines)
		Host(m, Memory{Total: 1 << 30, Free: 1 << 29, Owners: []Owner{{"Go heap", 4096}}}, 1500*time.Millisecond)
		Disks(m, []Disk{{VM: "a", Disk: "0", Stats: block.Stats{Requests: [4]uint64{block.Read: 3}, Bytes: [4]uint64{block.Write: 512}, Errors: 1}}})
		Ports(m, []Port{{Name: "a.0", Counters: vswitch.Counters{Received: vswitch.Direction{Frames: 5, Drops: vswitch.Drops{Rate: 2}}}}, {Name: "uplink"}})
		Adapters(m, []nic.Status{{Link: true, Address: ether.MAC{2, 0, 0, 0, 0, 1}, Counters: nic.Counters{SentBytes: 1514}}, {}})
	})
	get := func(path string) (int, string, string) {
		t.Helper()
		r, err := http.Get("http://" + address + path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		return r.StatusCode, r.Header.Get("Content-Type"), string(body)
	}
	status, kind, page := get("/metrics")
	if status != http.StatusOK || kind != contentType {
		t.Errorf("status %d, %s", status, kind)
	}
	samples := parse(t, page)
	for name, want := range map[string]string{
		`ringo_vm_state{vm="a",state="running"}`: "1", `ringo_vm_state{vm="a",state="off"}`: "0", `ringo_vm_state{vm="b",state="off"}`: "1",
		`ringo_vm_starts_total{vm="a"}`: "1", `ringo_vm_memory_bytes{vm="b"}`: "4194304",
		`ringo_uptime_seconds`: "1.5", `ringo_memory_free_bytes`: "536870912", `ringo_memory_used_bytes{owner="Go heap"}`: "4096",
		`ringo_disk_requests_total{vm="a",disk="0",operation="read"}`: "3", `ringo_disk_bytes_total{vm="a",disk="0",operation="write"}`: "512",
		`ringo_disk_errors_total{vm="a",disk="0"}`: "1", `ringo_port_frames_total{port="a.0",direction="received"}`: "5",
		`ringo_port_dropped_frames_total{port="a.0",direction="received",reason="rate"}`: "2", `ringo_port_bytes_total{port="uplink",direction="sent"}`: "0",
		`ringo_nic_up{nic="0",address="02:00:00:00:00:01"}`: "1", `ringo_nic_up{nic="1",address="00:00:00:00:00:00"}`: "0",
		`ringo_nic_sent_bytes_total{nic="0",address="02:00:00:00:00:01"}`: "1514",
	} {
		if got := samples[name]; got != want {
			t.Errorf("%s is %q, want %s", name, got, want)
		}
	}
	for _, name := range []string{`ringo_vcpu_seconds_total{vm="a",vcpu="0",state="idle"}`, `ringo_goroutines`, `ringo_gc_pause_seconds{quantile="0.5"}`} {
		if _, ok := samples[name]; !ok {
			t.Errorf("no %s", name)
		}
	}
	if status, _, _ := get("/"); status != http.StatusNotFound {
		t.Errorf("/: %d", status)
	}
	if r, err := http.Post("http://"+address+"/metrics", "", nil); err != nil || r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %v, %v", r, err)
	}
	// A second request while one is being answered.
	held = true
	first := make(chan int)
	go func() {
		status, _, _ := get("/metrics")
		first <- status
	}()
	<-hold
	if status, _, _ := get("/metrics"); status != http.StatusServiceUnavailable {
		t.Errorf("second request: %d", status)
	}
	close(release)
	if status := <-first; status != http.StatusOK {
		t.Errorf("first request: %d", status)
	}
}

func serveMetrics(t *testing.T, figures func(m *Metrics)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error)
	go func() { served <- ServeMetrics(l, figures) }()
	t.Cleanup(func() {
		l.Close()
		if err := <-served; err != nil {
			t.Errorf("ServeMetrics: %v", err)
		}
	})
	return l.Addr().String()
}

func TestHTTPConnectionsAreBounded(t *testing.T) {
	address := serveMetrics(t, func(m *Metrics) { m.Family("ringo_test", Gauge, "Test.").Add(1) })
	var open []net.Conn
	for range httpConnections {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		// An answer says that the connection has its slot.
		fmt.Fprintf(c, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
		readUntil(t, c, "ringo_test 1\n")
		open = append(open, c)
	}
	for range 100 {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		c.SetReadDeadline(time.Now().Add(20 * time.Second))
		if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil {
			t.Error("one too many is served")
		} else if e, ok := err.(net.Error); ok && e.Timeout() {
			t.Error("one too many is kept")
		}
		c.Close()
	}
	for _, c := range open {
		fmt.Fprintf(c, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
		readUntil(t, c, "ringo_test 1\n")
		c.Close()
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		if r, err := http.Get("http://" + address + "/metrics"); err == nil {
			r.Body.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("no room again")
		}
	}
}

func TestLabelsAndValuesAreEscaped(t *testing.T) {
	var m Metrics
	f := m.Family("x", Gauge, "A \\ b\nc.")
	f.Add(0.25, "name", "a\"b\\c\nd\xff")
	f.Add(1<<62, "name", "")
	f.Add(-3)
	want := "# HELP x A \\\\ b\\nc.\n# TYPE x gauge\nx{name=\"a\\\"b\\\\c\\nd?\"} 0.25\nx{name=\"\"} 4.611686018427388e+18\nx -3\n"
	if got := string(m.text); got != want {
		t.Errorf("page\n%s, want\n%s", got, want)
	}
}
