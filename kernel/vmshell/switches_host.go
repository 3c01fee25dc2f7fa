//go:build !tamago

package vmshell

import "github.com/ringo-vmm/ringo/internal/perfetto/record"

// switches are none where Ringo has no threads of its own.
func switches() []record.Switch { return nil }
