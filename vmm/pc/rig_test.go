package pc

import (
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/amd64/cpuid/cpuidtest"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/console"
	"github.com/ringo-vmm/ringo/vmm/loader"
	"github.com/ringo-vmm/ringo/vmm/vmmtest"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

const (
	memory = 4 << 20 // of each machine, bytes
	blocks = 2       // that this is
)

// host is a vmmtest.Host whose time stands still.
type host struct {
	vmmtest.Host
	now uint64
}

func (h *host) Now() uint64 { return h.now }
func (h *host) TSC() uint64 { return h.now }

// machine is one whose guest makes these exits.
func machine(h vmm.Host, exits ...vmmtest.Exit) Config {
	return Config{
		Name: "test", Memory: memory, CPUs: 1, Host: h, Engine: &vmmtest.Engine{Exits: exits},
		CPUID: cpuidtest.QEMUEPYC.CPUID(), TSCHz: vmmtest.TSCHz, Wall: func() int64 { return 1_700_000_000_000_000_000 },
		Load: loader.Config{
			Kernel: loader.Image{Name: "flat", Data: []byte{0xf4}}, Protocol: loader.Flat, Address: 1 << 20, Mode: loader.Protected,
		},
		Console: console.New(1024),
	}
}

// build makes a machine that is closed with the test.
func build(t testing.TB, c Config) *PC {
	t.Helper()
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.VM.Close)
	return p
}

// run runs a machine to its end.
func run(t *testing.T, p *PC) vmm.Ending {
	t.Helper()
	p.VM.Start()
	select {
	case <-p.VM.Done():
	case <-time.After(10 * time.Second):
		p.VM.End(vmm.Ending{How: vmm.Stopped})
		t.Error("the machine does not end")
		<-p.VM.Done()
	}
	e, _ := p.VM.Ending()
	return e
}

// writeMSR is an exit by WRMSR.
func writeMSR(num uint32, v uint64) vmmtest.Exit {
	return func(c *vmmtest.CPU, e *vmm.Exit) {
		c.S.GPR[x86.RCX], c.S.GPR[x86.RAX], c.S.GPR[x86.RDX] = uint64(num), v&0xffff_ffff, v>>32
		e.Reason, e.Write, e.Length = vmm.ReasonMSR, true, 2
	}
}
