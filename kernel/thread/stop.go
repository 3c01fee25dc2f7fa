package thread

import (
	"sync/atomic"

	"github.com/ringo-vmm/ringo/amd64"
)

// ending is the processor that ends the machine, by its index plus 1, or 0.
var ending atomic.Uint32

// endedByAnother tells whether a processor other than p ends the machine.
func endedByAnother(p *processor) bool {
	by := ending.Load()
	return by != 0 && by != p.index+1
}

// stopTime bounds the wait for the others to stop, in ns.
const stopTime = 200_000_000

// stopOthers begins the machine's end: no other processor goes on. They get an
// NMI, which reaches them wherever they are, and keep what they were at in
// their aborted. It tells false when this processor has called it before; when
// another one has, it does not return.
func stopOthers(p *processor) bool {
	if !ending.CompareAndSwap(0, p.index+1) {
		if endedByAnother(p) {
			*p.aborted() = *p.current.get()
			halt(p)
		}
		return false
	}
	for i := range uint32(layer.nprocessor) {
		if other := processorAt(i); other != p {
			layer.machine.NMI(other.apicID)
		}
	}
	until := layer.machine.Now() + stopTime
	for i := range uint32(layer.nprocessor) {
		for other := processorAt(i); other != p && atomic.LoadUint32(&other.stopped) == 0 && layer.machine.Now() < until; {
			amd64.Pause()
		}
	}
	return true
}

// halt stops p, the processor that calls it, for good.
func halt(p *processor) {
	atomic.StoreUint32(&p.stopped, 1)
	layer.machine.Halt()
}

// processorTable tells what the other processors were doing when they stopped.
func processorTable(p *processor) {
	for i := range uint32(layer.nprocessor) {
		other := processorAt(i)
		if other == p {
			continue
		}
		l := line().Str("processor ").Dec(uint64(i))
		if t := other.current.get(); t.state == stateIdle {
			l.Str(" idle")
		} else {
			l.Str(" thread ").Dec(uint64(t.tid))
		}
		if atomic.LoadUint32(&other.stopped) == 0 {
			end(l.Str(" does not stop"))
			continue
		}
		l.Str(" at ")
		symbol(l, other.aborted().rip)
		end(l)
	}
}
