//go:build tamago && linux

package main

import (
	"github.com/ringo-vmm/ringo/amd64"
	_ "github.com/ringo-vmm/ringo/boot"
	"github.com/ringo-vmm/ringo/kernel/thread"
)

const (
	areaPages   = thread.AreaPages
	kernelStack = thread.KernelStack
)

var earlyFunc = early

func early(magic, info, area uint64) {
	thread.Init(hw)
	puts("early\n")
	thread.InitProcessor(uintptr(area), 0)
	puts("processor\n")
	mem.init()
	lapicInit()
	puts("run\n")
	if !thread.Run(&mem, [][]byte{[]byte("GOTRACEBACK=all")}) {
		puts("no run\n")
	}
	puts("leaving\n")
}

func puts(s string) {
	for i := range len(s) {
		for amd64.Ports.In8(amd64.Ports{}, 0x3fd)&0x20 == 0 {
		}
		amd64.Ports.Out8(amd64.Ports{}, 0x3f8, s[i])
	}
}

func putb(s []byte) {
	for i := range s {
		for amd64.Ports.In8(amd64.Ports{}, 0x3fd)&0x20 == 0 {
		}
		amd64.Ports.Out8(amd64.Ports{}, 0x3f8, s[i])
	}
}

type hardware struct{}

var hw = hardware{}

func (hardware) Now() uint64  { return amd64.RDTSC() }
func (hardware) Wall() uint64 { return 0 }
func (hardware) SetTimer(deadline uint64) {
	n := uint64(0)
	if deadline != 1<<64-1 {
		n = 1
		if now := amd64.RDTSC(); deadline > now {
			n += (deadline - now) / 2
		}
		if n > 1000000000 {
			n = 1000000000
		}
	}
	amd64.Registers(0xfee00000).Write32(0x380, uint32(n))
}
func (hardware) Kick(apicID uint32)          {}
func (hardware) Interrupt(vector uint8) bool { return vector == 0xff }
func (hardware) Acknowledge()                { amd64.Registers(0xfee00000).Write32(0xb0, 0) }
func (hardware) Print(p []byte)              { putb(p) }
func (hardware) Readable(va uint64) bool {
	return va < 1<<30 || va >= 0xc000000000 && va < 0xc100000000
}
func (hardware) Random(p []byte) {
	for i := range p {
		p[i] = byte(amd64.RDTSC())
	}
}
func (hardware) Stop(why thread.Stop) {
	puts("stop ")
	puts(why.String())
	puts("\n")
	amd64.Ports{}.Out8(0xf4, uint8(why))
	amd64.Halt()
}

func lapicInit() {
	p := amd64.Ports{}
	p.Out8(0x21, 0xff)
	p.Out8(0xa1, 0xff)
	l := amd64.Registers(0xfee00000)
	l.Write32(0xf0, 0x1ff)
	l.Write32(0x80, 0)
	l.Write32(0x3e0, 0xb)
	l.Write32(0x320, thread.TimerVector)
}
