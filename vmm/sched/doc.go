// Package sched is the scheduler of virtual processors: it decides which vCPU
// runs on which of the host's processors, and until when. It knows nothing of
// guests, engines and goroutines' threads, and its only notion of time is the
// Clock that it is given, so all of it is tested on a virtual one.
//
// A vCPU has a Turn. While it wants to run, its turn either runs on a processor
// or waits in the queue of one; the rest of the time the turn is idle. The vCPU
// says Begin when it wants to run, Pass when its slice is over, and End when it
// halts. Nothing here stops a vCPU: it looks at Until, and is interrupted when
// Until has come nearer.
//
// The files, in reading order: clock.go, set.go, params.go; policy.go and the
// policies, each in a file: roundrobin.go, stride.go, lottery.go; turn.go, what
// a vCPU calls; processor.go, where turns run and wait; group.go and cap.go,
// what a virtual machine may use; usage.go and slices.go.
//
// The whole scheduler is under one mutex. A decision looks at several
// processors' queues (the least loaded, one to steal from) and at a whole VM
// (its weight is shared, its cap is common), so finer locks would have to be
// taken together and in order. The longest path holds it for a walk over the
// waiting turns, a microsecond or so, and a vCPU comes here when it halts,
// wakes or has used up a slice of milliseconds, not at each exit.
package sched
