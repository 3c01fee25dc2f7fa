package ether

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// FuzzQueue holds a queue against a list: each byte of the script puts a frame
// of that size, or takes one.
func FuzzQueue(f *testing.F) {
	f.Add([]byte{10, 0, 200, 255, 255, 0, 0, 0})
	f.Add(bytes.Repeat([]byte{90, 90, 0}, 50))
	f.Fuzz(func(t *testing.T, script []byte) {
		q := NewQueue(8, 400)
		var want []Frame
		for i, n := range script {
			if n == 0 {
				g, ok := q.Get()
				if ok != (len(want) > 0) {
					t.Fatalf("frame: %v, want %d", ok, len(want))
				}
				if ok {
					if !bytes.Equal(g.Data, want[0].Data) || g.Offload != want[0].Offload {
						t.Fatalf("got %+v, want %+v", g, want[0])
					}
					want = want[1:]
				}
				q.Done()
				continue
			}
			g := Frame{Data: bytes.Repeat([]byte{byte(i)}, int(n)), Offload: Offload{Size: uint16(i)}}
			if q.Put(g) {
				want = append(want, g)
			} else if sum := 0; len(want) < 8 {
				for _, w := range want {
					sum += len(w.Data)
				}
				if sum+2*255+int(n) < 400 {
					t.Fatalf("%d bytes refused beside %d", n, sum)
				}
			}
		}
	})
}

func TestAQueueServesItsGoroutine(t *testing.T) {
	q := NewQueue(4, 4096)
	done := make(chan int)
	go func() {
		sum := 0
		for q.Wait() {
			for {
				f, ok := q.Get()
				if !ok {
					break
				}
				sum += int(binary.BigEndian.Uint16(f.Data))
				q.Done()
			}
			if sum == 100*99/2 {
				break
			}
		}
		done <- sum
	}()
	var b [2]byte
	for i := range 100 {
		binary.BigEndian.PutUint16(b[:], uint16(i))
		for !q.Put(Frame{Data: b[:]}) {
		}
	}
	if sum := <-done; sum != 4950 {
		t.Errorf("sum %d", sum)
	}
	q.Close()
	if q.Wait() || q.Wait() || q.Put(Frame{Data: b[:]}) {
		t.Error("a closed queue goes on")
	}
}
