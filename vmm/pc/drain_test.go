package pc

import (
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/vmm/block"
	"github.com/ringo-vmm/ringo/vmm/device/devicetest"
)

// slow is a back end that reads when it is let.
type slow struct {
	block.Backend
	gate chan struct{}
}

func (s slow) ReadAt(p []byte, off int64) (int, error) {
	<-s.gate
	return s.Backend.ReadAt(p, off)
}

// A disk that works on a request is waited for before the machine is saved, and
// when it is paused.
func TestDisksAreDrainedBeforeTheMachineIsLookedAt(t *testing.T) {
	for name, look := range map[string]func(*PC){
		"save":  func(p *PC) { devicetest.Save(p) },
		"pause": func(p *PC) { p.Pause(); p.VM.Resume() },
	} {
		p := build(t, machine(&host{now: 1}))
		s := slow{block.Empty(4096), make(chan struct{})}
		disk, ended := p.NewDisk(s), false
		r := block.Request{Op: block.Read, Buf: [][]byte{make([]byte, 512)}}
		r.Done = func(error) { ended = true }
		disk.Submit(&r)
		looked := make(chan struct{})
		go func() {
			look(p)
			close(looked)
		}()
		select {
		case <-looked:
			t.Errorf("%s: it did not wait", name)
		case <-time.After(20 * time.Millisecond):
		}
		close(s.gate)
		<-looked
		if !ended {
			t.Errorf("%s: the request has not ended", name)
		}
	}
}
