package remote

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strconv"
	"time"

	"github.com/ringo-vmm/ringo/drivers/nic"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/ether/vswitch"
	"github.com/ringo-vmm/ringo/vmm/manager"
	"github.com/ringo-vmm/ringo/vmm/pc"
)

// Machines writes the figures of the virtual machines. Each that runs stands
// still while its counters are read, for microseconds.
func Machines(m *Metrics, machines *manager.Manager) {
	all := machines.Machines()
	state := m.Family("ringo_vm_state", Gauge, "1 for the state that the machine is in.")
	for _, v := range all {
		now := v.State()
		for _, s := range []manager.State{manager.Off, manager.Running, manager.Paused} {
			is := 0.0
			if s == now {
				is = 1
			}
			state.Add(is, "vm", v.Config.Name, "state", s.String())
		}
	}
	starts := m.Family("ringo_vm_starts_total", Counter, "Starts of the machine, resets included.")
	for _, v := range all {
		starts.Add(float64(v.Starts()), "vm", v.Config.Name)
	}
	memory := m.Family("ringo_vm_memory_bytes", Gauge, "Memory that the machine is configured with.")
	for _, v := range all {
		memory.Add(float64(v.Config.Memory), "vm", v.Config.Name)
	}
	exits(m, all)
	usage(m, machines)
}

// exits writes the exits of each virtual processor, by reason.
func exits(m *Metrics, all []*manager.Machine) {
	f := m.Family("ringo_vcpu_exits_total", Counter, "Exits of the virtual processor, by reason.")
	for _, v := range all {
		var counts [][vmm.Reasons]uint64
		// An error says that it is off.
		v.Still(func(p *pc.PC) error {
			for _, c := range p.VM.CPUs() {
				counts = append(counts, [vmm.Reasons]uint64(c.Stats.Count[:vmm.Reasons]))
			}
			return nil
		})
		for i, count := range counts {
			for r, n := range count {
				if n != 0 {
					f.Add(float64(n), "vm", v.Config.Name, "vcpu", strconv.Itoa(i), "reason", vmm.Reason(r).String())
				}
			}
		}
	}
}

// usage writes what the virtual processors have used of the host's.
func usage(m *Metrics, machines *manager.Manager) {
	scheduler := machines.Host.Scheduler()
	f := m.Family("ringo_vcpu_seconds_total", Counter, "Time of the virtual processor: run, wait for a processor, idle, capped.")
	for _, u := range scheduler.Usage() {
		vcpu := strconv.Itoa(u.Index)
		for _, t := range []struct {
			state string
			ns    uint64
		}{{"run", u.Run}, {"wait", u.Wait}, {"idle", u.Idle}, {"capped", u.Capped}} {
			f.Add(seconds(t.ns), "vm", u.Group, "vcpu", vcpu, "state", t.state)
		}
	}
	busy := m.Family("ringo_processor_busy_seconds_total", Counter, "Time that the host's processor ran virtual ones.")
	for i, ns := range scheduler.Busy() {
		busy.Add(seconds(ns), "processor", strconv.Itoa(i))
	}
}

// Disk is the counters of a virtual disk.
type Disk struct {
	VM, Disk string
	block.Stats
}

// Disks writes the figures of virtual disks.
func Disks(m *Metrics, disks []Disk) {
	names := [...]string{block.Read: "read", block.Write: "write", block.Flush: "flush", block.Discard: "discard"}
	requests := m.Family("ringo_disk_requests_total", Counter, "Requests of the virtual disk, by operation.")
	for _, d := range disks {
		for op, name := range names {
			requests.Add(float64(d.Requests[op]), "vm", d.VM, "disk", d.Disk, "operation", name)
		}
	}
	bytes := m.Family("ringo_disk_bytes_total", Counter, "Bytes that the virtual disk moved, by operation.")
	for _, d := range disks {
		for op, name := range names {
			bytes.Add(float64(d.Bytes[op]), "vm", d.VM, "disk", d.Disk, "operation", name)
		}
	}
	errors := m.Family("ringo_disk_errors_total", Counter, "Requests of the virtual disk that failed.")
	for _, d := range disks {
		errors.Add(float64(d.Errors), "vm", d.VM, "disk", d.Disk)
	}
}

// Port is the counters of a port of the switch.
type Port struct {
	Name string
	vswitch.Counters
}

// Ports writes the figures of the switch's ports. Directions are as the adapter
// at the port sees them.
func Ports(m *Metrics, ports []Port) {
	frames := m.Family("ringo_port_frames_total", Counter, "Frames that the adapter at the switch's port sent and received.")
	each(ports, func(port, direction string, d *vswitch.Direction) {
		frames.Add(float64(d.Frames), "port", port, "direction", direction)
	})
	bytes := m.Family("ringo_port_bytes_total", Counter, "Bytes of frames that the adapter at the switch's port sent and received.")
	each(ports, func(port, direction string, d *vswitch.Direction) {
		bytes.Add(float64(d.Bytes), "port", port, "direction", direction)
	})
	drops := m.Family("ringo_port_dropped_frames_total", Counter, "Frames lost at the switch's port, by reason.")
	each(ports, func(port, direction string, d *vswitch.Direction) {
		for _, r := range []struct {
			reason string
			n      uint64
		}{{"bad", d.Bad}, {"spoof", d.Spoof}, {"vlan", d.VLAN}, {"policy", d.Policy}, {"rate", d.Rate}, {"full", d.Full}} {
			drops.Add(float64(r.n), "port", port, "direction", direction, "reason", r.reason)
		}
	})
}

// each calls f for both directions of all ports.
func each(ports []Port, f func(port, direction string, d *vswitch.Direction)) {
	for i := range ports {
		f(ports[i].Name, "sent", &ports[i].Sent)
		f(ports[i].Name, "received", &ports[i].Received)
	}
}

// Adapters writes the figures of the host's network adapters.
func Adapters(m *Metrics, adapters []nic.Status) {
	up := m.Family("ringo_nic_up", Gauge, "1 if the network adapter works and has a link.")
	for i, a := range adapters {
		is := 0.0
		if a.Link && a.Err == nil {
			is = 1
		}
		up.Add(is, "nic", strconv.Itoa(i), "address", a.Address.String())
	}
	for _, c := range []struct {
		name, help string
		value      func(c *nic.Counters) uint64
	}{
		{"received_frames", "Frames received", func(c *nic.Counters) uint64 { return c.Received }},
		{"received_bytes", "Bytes of frames received", func(c *nic.Counters) uint64 { return c.ReceivedBytes }},
		{"sent_frames", "Frames sent", func(c *nic.Counters) uint64 { return c.Sent }},
		{"sent_bytes", "Bytes of frames sent", func(c *nic.Counters) uint64 { return c.SentBytes }},
		{"lost_frames", "Frames received and lost", func(c *nic.Counters) uint64 { return c.Lost }},
		{"refused_frames", "Frames that could not be sent", func(c *nic.Counters) uint64 { return c.Refused }},
	} {
		f := m.Family("ringo_nic_"+c.name+"_total", Counter, c.help+", by network adapter.")
		for i := range adapters {
			f.Add(float64(c.value(&adapters[i].Counters)), "nic", strconv.Itoa(i), "address", adapters[i].Address.String())
		}
	}
}

// Memory is how the host's physical memory is used, in bytes.
type Memory struct {
	Total, Free uint64
	Owners      []Owner
}

// Owner is what somebody has of it.
type Owner struct {
	Name  string
	Bytes uint64
}

// Host writes the figures of the kernel itself: its memory, time since the
// start, and the Go runtime.
func Host(m *Metrics, memory Memory, up time.Duration) {
	m.Family("ringo_uptime_seconds", Gauge, "Time since the kernel's start.").Add(up.Seconds())
	m.Family("ringo_memory_bytes", Gauge, "Physical memory that the kernel manages.").Add(float64(memory.Total))
	m.Family("ringo_memory_free_bytes", Gauge, "Physical memory that is free.").Add(float64(memory.Free))
	used := m.Family("ringo_memory_used_bytes", Gauge, "Physical memory in use, by owner.")
	for _, o := range memory.Owners {
		used.Add(float64(o.Bytes), "owner", o.Name)
	}
	m.Family("ringo_goroutines", Gauge, "Goroutines.").Add(float64(runtime.NumGoroutine()))
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(heap)
	m.Family("ringo_heap_bytes", Gauge, "Memory of Go objects.").Add(float64(heap[0].Value.Uint64()))
	m.Family("ringo_heap_allocated_bytes_total", Counter, "Memory of Go objects ever allocated.").Add(float64(heap[1].Value.Uint64()))
	collector(m)
}

// collector writes what garbage collection costs. The runtime remembers the
// last 256 pauses.
func collector(m *Metrics) {
	s := debug.GCStats{PauseQuantiles: make([]time.Duration, 5)}
	debug.ReadGCStats(&s)
	m.Family("ringo_gc_total", Counter, "Garbage collections.").Add(float64(s.NumGC))
	m.Family("ringo_gc_pause_seconds_total", Counter, "Time that collections stopped the kernel.").Add(s.PauseTotal.Seconds())
	f := m.Family("ringo_gc_pause_seconds", Gauge, "Length of the last pauses: least, quartiles, greatest.")
	for i, q := range []string{"0", "0.25", "0.5", "0.75", "1"} {
		f.Add(s.PauseQuantiles[i].Seconds(), "quantile", q)
	}
}
