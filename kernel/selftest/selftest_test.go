package selftest

import (
	"testing"
	"time"
)

// What these programs want of a kernel, Linux gives; so they are right.
func TestProgramsPassOnLinux(t *testing.T) {
	for _, test := range Tests {
		// A busy developer's machine does not wake anybody within 1 ms.
		if test.Name == "timers" {
			continue
		}
		t.Run(test.Name, func(t *testing.T) {
			d := test.Default
			if d == 0 {
				d = time.Second
			}
			if err := test.Run(min(d, 300*time.Millisecond)); err != nil {
				t.Error(err)
			}
		})
	}
}
