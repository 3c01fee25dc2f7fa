//go:build tamago

package main

import "github.com/ringo-vmm/ringo/drivers/fb"

// screen is the framebuffer console, ready once its font is.
var screen struct {
	console fb.Console
	ready   bool
}
