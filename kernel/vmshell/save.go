package vmshell

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/ringo-vmm/ringo/internal/perfetto/record"
	"github.com/ringo-vmm/ringo/kernel/monitor"
	"github.com/ringo-vmm/ringo/vmm"
	"github.com/ringo-vmm/ringo/vmm/pc"
)

const (
	saveWord    = "save"
	savedName   = "ringo"
	traceEnding = ".trace"
	maxSeconds  = 60
)

// saveTrace writes what all machines and processors did lately to the terminal, as
// a file for ringo trace open; with a number of seconds, it waits so long first
// and writes what Ringo's goroutines did meanwhile too. The machines stand still
// one after the other, each while its exits are copied.
func saveTrace(s *shell, c *monitor.Context, args []string) error {
	word := savedName
	switch {
	case len(args) > 2:
		return usageError{errTooMany}
	case len(args) > 0:
		word = args[0]
	}
	name, err := named(word, traceEnding)
	if err != nil {
		return err
	}
	var ran []byte
	if len(args) > 1 {
		seconds, err := strconv.Atoi(args[1])
		if err != nil || seconds < 1 || seconds > maxSeconds {
			return usageError{fmt.Errorf("%q: want 1 to %d seconds", args[1], maxSeconds)}
		}
		if ran, err = goroutines(c, time.Duration(seconds)*time.Second); err != nil {
			return err
		}
	}
	t := s.record()
	t.Go = ran
	return sendFile(c, name, func(w io.Writer) error { return t.Write(w) })
}

// record collects a trace. The host's comes first, without what standing still
// makes of it.
func (s *shell) record() *record.Trace {
	host := s.manager.Host
	t := &record.Trace{
		Clock:    clockNow(host, s.manager.TSCHz),
		Switches: switches(),
	}
	for r := range vmm.Reason(vmm.Reasons) {
		t.Reasons = append(t.Reasons, r.String())
	}
	for _, x := range host.Scheduler().Slices() {
		t.Slices = append(t.Slices, record.Slice{Machine: x.Group, CPU: x.Index, Processor: x.Processor, From: x.From, To: x.To})
	}
	for _, v := range s.manager.Machines() {
		m := record.Machine{Name: v.Config.Name}
		// A machine that is off has no exits: that is no error here.
		_ = v.Still(func(p *pc.PC) error {
			for _, cpu := range p.VM.CPUs() {
				m.CPUs = append(m.CPUs, record.CPU{Exits: recordExits(cpu.Stats.Last(maxTrace))})
			}
			return nil
		})
		t.Machines = append(t.Machines, m)
	}
	return t
}

// clockNow reads both clocks at one moment, as far as that goes: the best of some
// readings is the one in which the least time went by.
func clockNow(host vmm.Host, hz uint64) record.Clock {
	best, least := record.Clock{Hz: hz}, ^uint64(0)
	for range 10 {
		before := host.TSC()
		ns := host.Now()
		if took := host.TSC() - before; took < least {
			least, best.TSC, best.NS = took, before+took/2, ns
		}
	}
	return best
}

func recordExits(list []vmm.Trace) []record.Exit {
	exits := make([]record.Exit, len(list))
	for i := range list {
		x := &list[i]
		e := &exits[i]
		*e = record.Exit{Entered: x.Entered, Left: x.TSC, RIP: x.RIP, Info: x.Info, RAX: x.RAX, Reason: uint8(x.Reason), Write: x.Write, Size: x.Size}
		vector, exception, injected := x.Injected()
		e.Vector = vector
		switch {
		case !injected:
		case exception:
			e.Injected = record.Exception
		case vector == vectorNMI:
			e.Injected = record.NMI
		default:
			e.Injected = record.Interrupt
		}
	}
	return exits
}

// vectorNMI is that of a non-maskable interrupt, AMD APM vol. 2 §8.1.
const vectorNMI = 2
