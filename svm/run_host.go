//go:build !tamago

package svm

// run is only there in ring 0; tests replace it.
var run = func(c *context) { panic("svm: no guest can run here") }
