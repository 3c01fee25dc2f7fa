//go:build tamago

package thread

import "github.com/ringo-vmm/ringo/amd64"

// Info is what the monitor shows of a thread. Times are in ns since entry.
type Info struct {
	ID        uint32
	State     string
	Since     uint64  // when it came into its state
	Processor uint32  // the one it runs on or last ran on
	Pinned    bool    // it may run on no other
	WaitsOn   uintptr // host-virtual address of a futex; 0 when it does not wait for one
	Deadline  uint64  // when a wait ends by itself; 0 is never
	PC        uintptr // where it last entered the layer
}

// Threads lists the threads of the Go runtime.
func Threads() (list []Info) {
	var one struct {
		i, n int
		info Info
		st   state
	}
	for one.n = 1; one.i < one.n; one.i++ {
		Call(func(*struct{}) {
			one.n = layer.nthreads
			t := layer.threads[one.i].get()
			one.st = t.state
			one.info.ID, one.info.Processor, one.info.Pinned, one.info.Since = t.tid, t.cpu, t.pin != 0, t.since
			one.info.WaitsOn, one.info.Deadline, one.info.PC = t.waitsOn, t.timer.at, uintptr(t.rip)
		}, &struct{}{})
		if one.st != stateFree {
			one.info.State = stateNames[one.st]
			list = append(list, one.info)
		}
	}
	return list
}

// ProcessorInfo is what the monitor shows of a processor.
type ProcessorInfo struct {
	Index, APICID                uint32
	Thread                       uint32 // the one it runs, 0 when it idles
	Ready                        int    // threads that wait for it
	Interrupts, Switches, Faults uint64
	Idle                         uint64 // ns spent waiting for an interrupt
}

// Processors lists the processors.
func Processors() (list []ProcessorInfo) {
	for i := range uint32(layer.nprocessor) {
		var info ProcessorInfo
		Call(func(info *ProcessorInfo) {
			p := processorAt(i)
			*info = ProcessorInfo{p.index, p.apicID, p.current.get().tid, p.ready.length(), p.interrupts, p.switches, p.faults, p.idleTime}
		}, &info)
		list = append(list, info)
	}
	return list
}

// Switches calls each for a processor's latest switches, by its index, in the
// order of time.
func Switches(index int, each func(Switch)) {
	var one struct {
		r    *ring
		n    int
		list [ringSize]Switch
	}
	one.r = &rings[index]
	clear(one.list[:]) // the layer must not be the first to touch it
	Call(func(*struct{}) { one.n = one.r.copy(&one.list) }, &struct{}{})
	for _, s := range one.list[:one.n] {
		each(s)
	}
}

// Counts is how often each system call was made, by number.
func Counts() [512]uint32 { return counts }

// BreakFaultStack makes the next exception on this processor a double fault,
// to see that one is survived long enough to be reported.
func BreakFaultStack() {
	p := this()
	tss := (*amd64.TSS)(pointer(p.self + offTSS))
	tss.SetIST(istFault, 0x1000) // page 0 is below
	tss.SetIST(istInterrupt, 0x1000)
}
