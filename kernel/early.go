//go:build tamago

package main

import (
	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/boot"
	"github.com/ringo-vmm/ringo/kernel/klog"
	"github.com/ringo-vmm/ringo/kernel/thread"
)

// start_amd64.s knows these by name.
const (
	areaPages   = thread.AreaPages
	kernelStack = thread.KernelStack
)

var earlyFunc = early

// handover is what the boot loader gave us.
var handover boot.Info

// early runs before the Go runtime, on the first processor's own stack and
// with a g that is not one: it must not allocate. It brings up what the
// runtime stands on, from the hand-over (EAX and EBX at entry) to the first
// thread, which the processor enters when early returns. area is the
// host-virtual address of the processor's own memory.
func early(magic, info, area uint64) {
	entryTSC = amd64.RDTSC()
	thread.Init(machine{})
	thread.InitProcessor(uintptr(area), 0)
	initConsoles()
	say("Ringo, a type-1 hypervisor in Go")
	stage("clock")
	if err := initAPIC(); err != nil {
		fail(err)
	}
	initClock()
	initRandom()
	stage("hand-over")
	err := handover.Parse(uint32(magic), info, physical{})
	reportHandover()
	if err != nil {
		fail(err)
	}
	_, verbose = handover.Lookup("verbose")
	stage("memory")
	if err := initFrames(); err != nil {
		fail(err)
	}
	if err := initSpace(uintptr(area)); err != nil {
		fail(err)
	}
	poison()
	stage("Go runtime")
	if err := startRuntime(); err != nil {
		fail(err)
	}
}

// fail stops a boot that cannot go on.
func fail(err error) {
	logEnd(klog.Error, logLine().Str("ringo: panic: ").Str(err.Error()))
	machine{}.Stop(thread.StopBoot)
}

// reportHandover logs who started us, with what, and what was wrong with it.
func reportHandover() {
	h := &handover
	l := logLine().Str("boot: ").Str(h.Protocol.String())
	if name := h.Loader(); name != "" {
		l.Str(" by ").Text(stringBytes(name))
	}
	if h.UEFI {
		l.Str(" on UEFI")
	}
	logEnd(klog.Info, l)
	if line := h.CommandLine(); line != "" {
		logEnd(klog.Info, logLine().Str("boot: command line: ").Text(stringBytes(line)))
	}
	for i := range h.Problems() {
		l := logLine().Str("boot: warning: ")
		logEnd(klog.Warn, l.Raw(h.Problems()[i].Append(problemText[:0])))
	}
	if h.LostProblems != 0 {
		logEnd(klog.Warn, logLine().Str("boot: warning: and ").Dec(uint64(h.LostProblems)).Str(" more problems"))
	}
}

// problemText is static because a buffer on the stack would escape.
var problemText [boot.MaxProblemText]byte
