//go:build tamago

package thread

import "github.com/ringo-vmm/ringo/amd64"

// Info is what the monitor shows of a thread. Times are in ns since entry.
type Info struct {
	ID        uint32
	State     string
	Processor uint32  // the one it runs on or last ran on
	WaitsOn   uintptr // host-virtual address of a futex; 0 when it does not wait for one
	Deadline  uint64  // when a wait ends by itself; 0 is never
}

// Threads lists the threads of the Go runtime.
func Threads() (list []Info) {
	var one struct {
		i    int
		info Info
		st   state
		ok   bool
	}
	for one.i = range layer.threads {
		one.ok = false
		Call(func(*struct{}) {
			if r := layer.threads[one.i]; r != 0 {
				t := r.get()
				one.ok, one.st = true, t.state
				one.info.ID, one.info.Processor = t.tid, t.cpu
				one.info.WaitsOn, one.info.Deadline = t.waitsOn, t.deadline
			}
		}, &struct{}{})
		if one.ok {
			one.info.State = stateNames[one.st]
			list = append(list, one.info)
		}
	}
	return list
}

// ProcessorInfo is what the monitor shows of a processor.
type ProcessorInfo struct {
	Index, APICID                uint32
	Interrupts, Switches, Faults uint64
	Idle                         uint64 // ns spent waiting for an interrupt
}

// Processors lists the processors.
func Processors() (list []ProcessorInfo) {
	for i := range layer.nprocessor {
		p := (*processor)(pointer(layer.processors[i]))
		list = append(list, ProcessorInfo{p.index, p.apicID, p.interrupts, p.switches, p.faults, p.idleTime})
	}
	return list
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
