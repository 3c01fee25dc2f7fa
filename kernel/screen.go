//go:build tamago

package main

import (
	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/boot"
	"github.com/ringo-vmm/ringo/drivers/fb"
	"github.com/ringo-vmm/ringo/drivers/vga"
	"github.com/ringo-vmm/ringo/kernel/klog"
)

// screen is the framebuffer console, ready once its memory is mapped and its
// font loaded.
var screen struct {
	console fb.Console
	ready   bool
}

// initScreen starts the console on the framebuffer that the boot loader set
// up, if it did, and shows there what was logged so far.
func initScreen() error {
	f := &handover.Framebuffer
	if f.Addr == 0 || f.Type != boot.RGB {
		return nil
	}
	mode := &fb.Mode{
		Type: fb.RGB, Width: f.Width, Height: f.Height, Pitch: f.Pitch, BPP: f.BPP,
		Red: field(f.Red), Green: field(f.Green), Blue: field(f.Blue),
	}
	size, err := mode.Bytes()
	if err != nil {
		return err
	}
	va, err := mapScreen(f.Addr, size)
	if err != nil {
		return err
	}
	if err := screen.console.Init(mode, amd64.Bytes(va, int(size))); err != nil {
		return err
	}
	inLayer(replayLog)
	logf(klog.Info, "screen: %dx%d pixels, %d bits each", f.Width, f.Height, f.BPP)
	return nil
}

// replayLog shows the log on the screen and makes it a console. Nothing is
// painted while text comes that will have scrolled off.
func replayLog() {
	var cursor klog.Cursor
	screen.console.Show(vga.Picture)
	for {
		r, _, ok := kernelLog.Read(&cursor, replayText[:])
		if !ok {
			break
		}
		screen.console.Write(vga.Own, logShown.Reset().Record(r).Byte('\n').Bytes())
	}
	screen.console.Show(vga.Own)
	screen.ready = true
}

var replayText [klog.MaxText]byte

// field is a colour field in the driver's terms.
func field(f boot.Field) fb.Field { return fb.Field{Pos: f.Position, Size: f.Size} }
