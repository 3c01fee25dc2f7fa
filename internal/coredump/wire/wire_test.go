package wire

import (
	"bytes"
	"math/rand"
	"testing"
)

func contents() map[string][]byte {
	r := rand.New(rand.NewSource(1))
	noise := make([]byte, MaxContent)
	r.Read(noise)
	mixed := bytes.Clone(noise)
	clear(mixed[1000:20000])
	copy(mixed[25000:], mixed[:5000])
	return map[string][]byte{
		"nothing": {}, "one byte": {7}, "short": []byte("hello"), "zeros": make([]byte, MaxContent),
		"noise": noise, "mixed": mixed, "text": bytes.Repeat([]byte("what a machine "), 300), "run": bytes.Repeat([]byte{1}, 290),
	}
}

func TestExpandUndoesCompress(t *testing.T) {
	for name, content := range contents() {
		dst := make([]byte, maxCompressed)
		n := compress(dst, content, new([tableSize]uint16))
		got, err := Expand(dst[:n], len(content))
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}

func TestZerosBecomeSmall(t *testing.T) {
	dst := make([]byte, maxCompressed)
	if n := compress(dst, make([]byte, MaxContent), new([tableSize]uint16)); n > 200 {
		t.Errorf("%d bytes", n)
	}
}

func TestWriterDoesNotAllocate(t *testing.T) {
	w := &Writer{Print: func([]byte) {}}
	content := contents()["mixed"]
	if n := testing.AllocsPerRun(10, func() {
		w.Begin(1)
		w.Processor(0, &Registers{})
		w.Memory(0x1000, content)
		w.End()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzCompress(f *testing.F) {
	f.Add([]byte("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"))
	f.Fuzz(func(t *testing.T, content []byte) {
		content = content[:min(len(content), MaxContent)]
		dst := make([]byte, maxCompressed)
		n := compress(dst, content, new([tableSize]uint16))
		if got, err := Expand(dst[:n], len(content)); err != nil || !bytes.Equal(got, content) {
			t.Fatal(err)
		}
	})
}

func FuzzExpand(f *testing.F) {
	f.Add([]byte("\x10a\x01\x00"), 20)
	f.Fuzz(func(t *testing.T, src []byte, size int) {
		if size < 0 || size > MaxContent {
			return
		}
		if got, err := Expand(src, size); err == nil && len(got) != size {
			t.Fatalf("%d bytes for %d", len(got), size)
		}
	})
}
