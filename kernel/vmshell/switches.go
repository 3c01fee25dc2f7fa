//go:build tamago

package vmshell

import (
	"github.com/ringo-vmm/ringo/internal/perfetto/record"
	"github.com/ringo-vmm/ringo/kernel/thread"
)

// switches are the latest switches of threads on all processors.
func switches() (list []record.Switch) {
	for i := range thread.Count() {
		thread.Switches(i, func(x thread.Switch) {
			list = append(list, record.Switch{Processor: i, Thread: x.Thread, At: x.At})
		})
	}
	return list
}
