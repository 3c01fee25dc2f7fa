package ioguest

import (
	"slices"
	"testing"
)

// driver is a module that depends on others.
func driver(depends string) []byte {
	return []byte("\x7fELF\x00license=GPL\x00depends=" + depends + "\x00name=x\x00")
}

func TestDriversComeBehindWhatTheyNeed(t *testing.T) {
	got, err := inOrder(map[string][]byte{
		"virtio_blk": driver("virtio,virtio_ring"), "virtio_ring": driver(""), "virtio": driver("virtio-ring"),
		"ext4": driver("jbd2"), "jbd2": driver(""), "unused": driver(""),
	})
	want := []string{"virtio_ring", "virtio", "virtio_blk", "jbd2", "ext4"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
}

func TestADriverWithoutWhatItNeedsIsAnError(t *testing.T) {
	_, err := inOrder(map[string][]byte{"ext4": driver("jbd2")})
	if want := "ext4: the kernel has no module jbd2"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestDriversThatNeedEachOtherEnd(t *testing.T) {
	if got, err := inOrder(map[string][]byte{"ext4": driver("jbd2"), "jbd2": driver("ext4")}); err != nil || len(got) != 2 {
		t.Errorf("%v, %v", got, err)
	}
}
