package main

import (
	"net"
	"strconv"
	"testing"
	"time"
)

func TestRequestsAreAnsweredWhateverTheirSize(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- answer(l) }()
	for _, size := range []int64{1, 64 << 10, 1<<20 + 1} {
		done := make(chan error)
		go func() { done <- run([]string{"a", l.Addr().String(), "tcp", strconv.FormatInt(size, 10), "16"}) }()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("%d bytes: %v", size, err)
			}
		case <-time.After(time.Minute):
			t.Fatalf("%d bytes: no answer", size)
		}
	}
	l.Close()
	if err := <-ended; err == nil {
		t.Error("a closed listener is no error")
	}
}
