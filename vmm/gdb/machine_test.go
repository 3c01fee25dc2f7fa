package gdb

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/ram"
	"github.com/ringo-vmm/ringo/vmm/vmmtest"
	"github.com/ringo-vmm/ringo/vmm/x86"
)

// end ends a machine.
type end struct{ vm *vmm.VM }

func (e end) In(uint16, int) uint32         { return 0 }
func (e end) Out(_ uint16, _ int, v uint32) { e.vm.End(vmm.Ending{How: vmm.Exited, Code: v}) }

// realVM is a vmm.VM that makes exits.
func realVM(t *testing.T, exits ...vmmtest.Exit) *vmm.VM {
	t.Helper()
	flat := func(c *vmmtest.CPU, e *vmm.Exit) {
		c.S.CR0, c.S.Seg[x86.CS], c.S.RIP = x86.CR0PE, x86.FlatCode32, start
		e.Reason = vmm.ReasonHost
	}
	engine := &vmmtest.Engine{Exits: append(append([]vmmtest.Exit{flat}, exits...), vmmtest.Out(0xf4, 1, 7))}
	vm, err := vmmtest.VM("test", &vmmtest.Host{}, engine, ram.BlockSize)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := vm.NewVCPU(nil); err != nil {
		t.Fatal(err)
	}
	vm.Ports.Register("end", 0xf4, 1, end{vm})
	vm.RAM.Write(start, program)
	return vm
}

// real is such a machine, its Machine, and a peer of gdb's.
func real(t *testing.T, exits ...vmmtest.Exit) (*vmm.VM, *Machine, *peer) {
	t.Helper()
	vm := realVM(t, exits...)
	m := &Machine{
		With: func(f func(*vmm.VM)) error {
			if _, over := vm.Ending(); over {
				return errors.New("off")
			}
			vm.Still(func() { f(vm) })
			return nil
		},
		End: func() { vm.End(vmm.Ending{How: vmm.Stopped}) },
	}
	if err := m.Wait(vm); err != nil {
		t.Fatal(err)
	}
	vm.Start()
	p := connect(t, New(m, func(string) string { return "" }))
	t.Cleanup(func() {
		p.conn.Close()
		<-p.done
		vm.End(vmm.Ending{})
		<-vm.Done()
		vm.Close()
	})
	return vm, m, p
}

// catch has the machine stop at an exit, behind flat.
func (p *peer) catch(reason string) {
	p.t.Helper()
	p.write(frame("qRcmd," + hex("break exit "+reason)))
	for p.receive() != "OK" {
	}
	p.write(frame("vCont;c"))
	for !strings.HasPrefix(p.receive(), "T05") {
	}
}

func hex(text string) string { return fmt.Sprintf("%x", text) }

func TestAMachineWaitsForGdbAndStopsWhereItCatches(t *testing.T) {
	vm, _, p := real(t, vmmtest.Stop(vmm.ReasonHost), vmmtest.Out(0x80, 1, 0))
	if got := p.ask("?"); !strings.HasPrefix(got, "T02") || !strings.Contains(got, "8:f0ff0000;") {
		t.Errorf("before the first instruction: %s", got)
	}
	p.catch("port")
	p.want("m1000,4", "9048ffc0")
	p.want("M1000,1:91", "OK")
	if v := vm.RAM.Span(start)[0]; v != 0x91 {
		t.Errorf("%#x in memory", v)
	}
	p.want("D", "OK")
	<-vm.Done()
	if e, _ := vm.Ending(); e.Code != 7 {
		t.Errorf("ended: %v", e)
	}
}

func TestBreakpointsTakeDebugRegistersAndThenMemory(t *testing.T) {
	vm, m, p := real(t, vmmtest.Out(0x80, 1, 0))
	p.ask("?")
	p.catch("port")
	for i, b := range []string{"1000", "1001", "1002", "1003"} {
		p.want("Z0,"+b+",1", "OK")
		if w := m.hooks.Watch[i]; w.Kind != vmm.WatchExecute || w.Address != start+uint64(i) {
			t.Errorf("%s: %+v", b, w)
		}
	}
	code := vm.RAM.Span(start)
	p.want("Z0,1004,1", "OK")
	if code[4] != int1 || code[0] != 0x90 {
		t.Errorf("code % x", code[:8])
	}
	p.want("Z2,2001,3", "OK") // a byte and a word
	if code[0] != int1 || code[1] != int1 || code[2] != 0xff {
		t.Errorf("code % x", code[:8])
	}
	p.want("m1000,8", "9048ffc08807ebf9")
	p.want("M1000,2:1122", "OK")
	p.want("m1000,3", "1122ff")
	if code[0] != int1 {
		t.Error("writing takes a breakpoint away")
	}
	p.want("Z1,1006,1", "OK") // takes another one's
	p.want("Z4,2008,9", "E05")
	p.want("Z3,2000,1", "E05")
	code[4] = 0x55 // the guest writes over it
	for _, b := range []string{"1000", "1001", "1002", "1003", "1004"} {
		p.want("z0,"+b+",1", "OK")
	}
	if got := [8]byte(code); got != [8]byte{0x11, 0x22, 0xff, 0xc0, 0x55, 0x07, 0xeb, 0xf9} {
		t.Errorf("code % x", got)
	}
	p.want("z2,2001,3", "OK")
	p.want("z1,1006,1", "OK")
	if m.free() != len(m.hooks.Watch) || len(m.code) != 0 {
		t.Errorf("%+v, %+v", m.hooks.Watch, m.code)
	}
}

func TestABreakpointInMemoryStopsTheGuest(t *testing.T) {
	_, m, p := real(t, vmmtest.Out(0x80, 1, 0),
		func(c *vmmtest.CPU, e *vmm.Exit) {
			c.S.RIP, e.Reason, e.Cause = 0x1004, vmm.ReasonDebug, vmm.CauseBreakpoint
		},
		func(c *vmmtest.CPU, e *vmm.Exit) { e.Reason, e.Cause = vmm.ReasonDebug, 1<<2 })
	p.ask("?")
	p.catch("port")
	for _, b := range []string{"1", "2", "3"} {
		p.want("Z2,200"+b+",1", "OK")
	}
	p.want("Z1,1008,1", "OK")
	p.want("Z0,1004,1", "OK")
	if got := p.ask("vCont;c"); !strings.Contains(got, "swbreak") || !m.planted(0, 0x1004) || m.planted(0, 0x1005) {
		t.Error(got)
	}
	p.want("z0,1004,1", "OK")
	if got := p.ask("vCont;c"); !strings.Contains(got, "watch:2003;") {
		t.Error(got)
	}
	if got := p.ask("vCont;c"); !strings.HasPrefix(got, "O") {
		t.Error(got)
	}
	p.receive() // the port at the end
	if got := p.ask("vCont;c"); got != "O"+hex("the machine has ended: exited with 7\n") {
		t.Error(got)
	}
	if got := p.receive(); got != "W00" {
		t.Error(got)
	}
}

func TestKillEndsTheMachine(t *testing.T) {
	vm, _, p := real(t)
	p.want("vKill;1", "OK")
	<-vm.Done()
	if e, _ := vm.Ending(); e.How != vmm.Stopped {
		t.Errorf("ended: %v", e)
	}
	p.want("g", "E.the machine is off")
}

// A machine that starts while gdb is at the one before waits until gdb has left
// that, and comes back.
func TestAMachineThatStartsAgainWaitsForGdb(t *testing.T) {
	_, m, p := real(t)
	again := realVM(t)
	t.Cleanup(again.Close)
	p.ask("?")
	if err := m.Wait(again); err != nil {
		t.Fatal(err)
	}
	again.Start()
	m.With = func(f func(*vmm.VM)) error {
		again.Still(func() { f(again) })
		return nil
	}
	p.write(frame("vCont;c"))
	for p.receive() != "W00" {
	}
	if got := p.ask("?"); !strings.HasPrefix(got, "T02") || !strings.Contains(got, "8:f0ff0000;") {
		t.Errorf("before the first instruction: %s", got)
	}
	p.want("D", "OK")
	<-again.Done()
}

// A machine may start, which calls Wait, while gdb comes or goes, which calls
// With: that waits for the start.
func TestGdbMayComeWhileTheMachineStarts(t *testing.T) {
	vm, m, p := real(t)
	p.want("D", "OK")
	<-vm.Done()
	waited := make(chan error, 1)
	m.With = func(func(*vmm.VM)) error {
		go func() { waited <- m.Wait(vm) }()
		select {
		case <-waited:
		case <-time.After(10 * time.Second):
			t.Fatal("gdb keeps the machine from its start")
		}
		return errors.New("off")
	}
	m.Attach()
	m.Detach()
}
