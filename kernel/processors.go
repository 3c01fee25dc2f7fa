//go:build tamago && linux

package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"time"

	"github.com/ringo-vmm/ringo/amd64"
	"github.com/ringo-vmm/ringo/boot"
	"github.com/ringo-vmm/ringo/kernel/frame"
	"github.com/ringo-vmm/ringo/kernel/klog"
	"github.com/ringo-vmm/ringo/kernel/thread"
)

// How long the steps of a processor's start take. Intel SDM vol. 3 §9.4.4.
const (
	afterINIT = 10 * time.Millisecond
	afterSIPI = time.Millisecond // 200 µs are asked for
	forStart  = time.Second      // a processor that takes longer is left out
)

// initProcessors starts the other processors that the firmware names, and has
// the Go runtime use them. Each is started from the first processor, whose TSC
// the others are compared with.
func initProcessors() error {
	others := otherProcessors()
	if len(others) == 0 {
		return nil
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer thread.PinTo(0)()
	page, err := trampolinePage()
	if err != nil {
		return err
	}
	delayKicks()
	for _, id := range others {
		inLayer(func() { lapic.SendINIT(id) })
	}
	time.Sleep(afterINIT)
	for _, id := range others {
		if err := startProcessor(id, page); err != nil {
			logf(klog.Warn, "processors: warning: APIC id %d is left out: %v", id, err)
		}
	}
	freeFrames(uint64(page)*pageSize, 0, frame.Kernel)
	runtime.SetDefaultGOMAXPROCS()
	logf(klog.Info, "processors: %d of %d run, GOMAXPROCS %d", thread.Count(), 1+len(others), runtime.GOMAXPROCS(0))
	return nil
}

// otherProcessors are the APIC ids of the processors that can be started, in
// the firmware's order or, for tests, in another one: shuffle=SEED on the
// command line.
func otherProcessors() (ids []uint32) {
	if tables == nil || tables.MADT == nil {
		return nil
	}
	const firstX2 = 0xff // ids from here on are out of xAPIC mode's reach
	self := lapicID()
	for _, p := range tables.MADT.Processors {
		switch {
		case !p.Enabled || p.APICID == self:
		case p.APICID >= firstX2 && !lapic.X2():
			logf(klog.Warn, "processors: warning: APIC id %d is left out: it needs x2APIC mode", p.APICID)
		case len(ids) == thread.MaxProcessors-1:
			logf(klog.Warn, "processors: warning: only %d are used", thread.MaxProcessors)
			return ids
		default:
			ids = append(ids, p.APICID)
		}
	}
	if text, ok := handover.Lookup("shuffle"); ok {
		seed, _ := strconv.ParseUint(text, 0, 64)
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	}
	return ids
}

// delayKicks makes kicks between processors come up to so many microseconds
// late as the command line says, kick-delay=MICROSECONDS, for tests.
func delayKicks() {
	text, ok := handover.Lookup("kick-delay")
	if !ok {
		return
	}
	const most = 1_000_000
	us, err := strconv.ParseUint(text, 0, 64)
	if err != nil || us > most {
		logf(klog.Warn, "processors: warning: kick-delay=%s is not a number of microseconds up to %d", text, most)
		return
	}
	thread.SetKickDelay(us * 1000)
	logf(klog.Info, "processors: kicks come up to %d µs late", us)
}

// trampolinePage writes the code with which processors begin, and returns the
// number of its page.
func trampolinePage() (uint8, error) {
	entry, root := startAddresses()
	if entry >= bootEnd || root >= bootEnd {
		return 0, errors.New("the kernel is above 4 GiB")
	}
	var r struct {
		pa uint64
		ok bool
	}
	thread.Call(func(*struct{}) {
		pa, err := frames.Alloc(0, frame.Below1M, frame.Kernel)
		r.pa, r.ok = pa, err == nil
	}, &struct{}{})
	if !r.ok {
		return 0, errors.New("no free page below 1 MiB")
	}
	boot.Trampoline(amd64.Bytes(uintptr(r.pa), boot.TrampolineSize), uint32(r.pa), uint32(root), uint32(entry))
	return uint8(r.pa / pageSize), nil
}

// startAddresses are the host-physical addresses of startNext, where the
// trampoline ends, and of the first page tables.
func startAddresses() (entry, root uint64)

// areaOrder is the size of a processor's memory for package frame.
const areaOrder = 5

var _ = [1<<areaOrder - areaPages]byte{}

// newArea is memory for a processor, with guard pages.
func newArea() (uint64, error) {
	area, err := allocFrames(areaOrder, frame.Kernel)
	if err != nil {
		return 0, err
	}
	clear(amd64.Bytes(uintptr(area), pageSize<<areaOrder))
	ok := true
	thread.Call(func(*struct{}) {
		for _, page := range thread.Guards {
			ok = ok && space.Unmap(area+uint64(page)*pageSize, pageSize, nil) == nil
		}
		invalidate()
	}, &struct{}{})
	if !ok {
		return 0, errors.New("no memory for page tables")
	}
	return area, nil
}

// startProcessor starts the processor with an APIC id, which has had its INIT,
// in the trampoline's page.
func startProcessor(id uint32, page uint8) error {
	area, err := newArea()
	if err != nil {
		return err
	}
	prepareStart(id, area)
	for deadline, wait := time.Now().Add(forStart), afterSIPI; ; wait = forStart {
		sent := false
		inLayer(func() { sent = lapic.SendSIPI(id, page) == nil })
		if !sent {
			err = errors.New("its local APIC takes no start-up IPI")
		} else if hasStarted(wait) {
			break
		} else if time.Now().After(deadline) {
			err = fmt.Errorf("it has not come up after %v", forStart)
		} else {
			continue
		}
		// From now on it must not come up any more.
		inLayer(func() { lapic.SendINIT(id) })
		cancelStart()
		return err
	}
	index := thread.Count()
	drifts[index] = compareTSC()
	giveOrder(orderJoin)
	for thread.Count() == index {
		time.Sleep(afterSIPI)
	}
	level := klog.Info
	if drifts[index].off() {
		level = klog.Warn
	}
	logf(level, "processors: %d is APIC id %d, %v", index, id, drifts[index])
	return nil
}
