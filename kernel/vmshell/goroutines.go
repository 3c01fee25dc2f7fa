package vmshell

import (
	"bytes"
	"context"
	"fmt"
	gotrace "runtime/trace"
	"time"

	"github.com/ringo-vmm/ringo/internal/perfetto/record"
)

// goroutines records what Ringo's goroutines do for a time, by the execution tracer
// of Go's runtime. When it is off it costs nothing.
func goroutines(ctx context.Context, d time.Duration) ([]byte, error) {
	var file bounded
	if err := gotrace.Start(&file); err != nil {
		return nil, err
	}
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
	gotrace.Stop()
	if file.lost {
		return nil, fmt.Errorf("the goroutines of this time take more than %d MiB: ask for less", record.MaxGo>>20)
	}
	return file.Bytes(), ctx.Err()
}

// bounded keeps what is written to it until it is too much for a trace.
type bounded struct {
	bytes.Buffer
	lost bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.lost = b.lost || b.Len()+len(p) > record.MaxGo; !b.lost {
		b.Buffer.Write(p)
	}
	return len(p), nil
}
