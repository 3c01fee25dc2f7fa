package thread

import (
	"sync/atomic"

	"github.com/ringo-vmm/ringo/amd64"
)

// Other processors' TLBs. A translation that goes away must be gone from all of
// them before its frame is used for anything else, so whoever changes the page
// tables waits for the others, with the layer's lock held. Nobody waits for
// ever: a processor answers the kick, and one that waits for the lock looks for
// itself. One that idles uses no translation of the runtime's; it is left
// alone, and drops everything when it wakes up.

// What processor.translations says.
const (
	translationsCurrent uint32 = iota
	translationsAsked          // somebody waits until the stale ones are gone
	translationsResting        // the processor idles
	translationsStale          // and has to drop all of them when it wakes up
)

// stale is the translations that have just gone away.
type stale struct {
	va, pages uint64 // pages of 4 KiB
}

// allPages is more pages than are worth dropping one by one.
const allPages = 1 << 40

// answerTime bounds the wait for other processors, in ns. One that takes longer
// has hung.
const answerTime = 20_000_000_000

// shootdown makes all processors but p drop the translations of the 4 KiB pages
// from virtual address va. The caller holds the lock.
func shootdown(p *processor, va, pages uint64) {
	layer.stale = stale{va, pages}
	p.spinDelay()
	asked := uint64(0)
	for i := range uint32(layer.nprocessor) {
		if other := processorAt(i); other != p && other.ask() {
			layer.machine.Kick(other.apicID)
			asked |= 1 << i
		}
	}
	if asked == 0 {
		return
	}
	until := running() + answerTime
	for i := range uint32(layer.nprocessor) {
		if asked>>i&1 != 0 {
			processorAt(i).await(p, until)
		}
	}
}

// ask asks the processor to drop the stale translations. It tells whether an
// answer will come.
func (p *processor) ask() bool {
	for {
		switch t := &p.translations; {
		case atomic.CompareAndSwapUint32(t, translationsCurrent, translationsAsked):
			return true
		case atomic.CompareAndSwapUint32(t, translationsResting, translationsStale),
			atomic.LoadUint32(t) == translationsStale:
			return false
		}
	}
}

// await waits for p's answer, for by.
func (p *processor) await(by *processor, until uint64) {
	for atomic.LoadUint32(&p.translations) == translationsAsked {
		if running() > until {
			silent(by, p)
		}
		amd64.Pause()
	}
}

// answer drops the stale translations if somebody has asked.
func (p *processor) answer() {
	if atomic.LoadUint32(&p.translations) == translationsAsked {
		layer.machine.Flush(layer.stale.va, layer.stale.pages)
		atomic.StoreUint32(&p.translations, translationsCurrent)
	}
}

// rest says that the processor is about to idle. It holds the lock, so nobody
// asks now.
func (p *processor) rest() {
	atomic.CompareAndSwapUint32(&p.translations, translationsCurrent, translationsResting)
}

// rise says that the processor does not idle any more.
func (p *processor) rise() {
	if atomic.SwapUint32(&p.translations, translationsCurrent) == translationsStale {
		layer.machine.Flush(0, allPages)
	}
}
