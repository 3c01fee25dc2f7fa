//go:build tamago

package svm

// run enters the guest and returns when it exits. Interrupts must be on: a
// pending one ends the guest's run and is taken on the way back.
//
//go:noescape
func run(c *context)

// vmsave stores this processor's segment state that #VMEXIT does not restore
// in the page at host-physical address pa. APM vol. 2 §15.5.2.
func vmsave(pa uint64)
