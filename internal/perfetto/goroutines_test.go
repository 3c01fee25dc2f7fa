package perfetto

import (
	"bytes"
	"runtime/trace"
	"strings"
	"testing"
	"time"

	"github.com/ringo-vmm/ringo/internal/perfetto/record"
)

// work sends what comes on, after a sleep.
func work(in, out chan int) {
	for v := range in {
		time.Sleep(time.Millisecond)
		out <- v
	}
	close(out)
}

// worked is what Go's tracer saw of work.
func worked(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := trace.Start(&b); err != nil {
		t.Fatal(err)
	}
	in, out := make(chan int), make(chan int)
	go work(in, out)
	for i := range 5 {
		in <- i
		<-out
	}
	close(in)
	<-out
	trace.Stop()
	return b.Bytes()
}

func TestGoroutinesHaveTracks(t *testing.T) {
	trace := saved()
	trace.Go = worked(t)
	track, ready, slept, receives := "", 0, 0, 0
	gaps, end := 0.0, 0.0 // in µs
	for _, e := range open(t, trace, nil).Events {
		if e.Process != "host: goroutines" || !strings.HasSuffix(e.Track, " perfetto.work") {
			continue
		}
		if track != "" {
			gaps += e.At - end
		}
		end = e.At + e.Dur
		if track != "" && track != e.Track {
			t.Errorf("tracks %s and %s", track, e.Track)
		}
		track = e.Track
		switch thread, _ := e.Args["thread"].(float64); {
		case e.Cat != "goroutine", e.Name == "running" && thread == 0, e.Name != "running" && e.Name != "ready":
			t.Errorf("%+v", e)
		case e.Name == "ready":
			ready++
		case e.Args["until"] == "sleep":
			slept++
		case e.Args["until"] == "chan receive":
			receives++
		}
	}
	if gaps < 5*1000 {
		t.Errorf("it slept for %f µs", gaps)
	}
	if track == "" || slept != 5 || ready < slept || receives < 1 {
		t.Errorf("track %q: slept %d times, want 5; ready %d times; received %d times", track, slept, ready, receives)
	}
}

func TestBadGoroutinesAreRefused(t *testing.T) {
	good := worked(t)
	for name, file := range map[string][]byte{"no trace": []byte("go 1.26 trance"), "cut short": good[:len(good)/2]} {
		trace := saved()
		trace.Go = file
		if err := Write(&bytes.Buffer{}, trace, nil); err == nil || !strings.Contains(err.Error(), "goroutines") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever comes as goroutines, what comes of it is in good form, or an error.
func FuzzGoroutines(f *testing.F) {
	f.Add(worked(f))
	f.Fuzz(func(t *testing.T, file []byte) {
		var out bytes.Buffer
		if Write(&out, &record.Trace{Clock: record.Clock{Hz: 1}, Go: file}, nil) != nil {
			return
		}
		if _, err := Parse(out.Bytes()); err != nil {
			t.Errorf("%v\n%s", err, out.Bytes())
		}
	})
}
