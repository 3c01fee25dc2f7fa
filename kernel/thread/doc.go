// Package thread is the layer between the Go runtime and the processor: it
// answers, in ring 0, the Linux system calls that the stock Go runtime makes.
//
// SYSCALL works at any privilege level, so MSR LSTAR simply points here. The
// layer gives the runtime threads, futexes, timers, signals, memory and an
// event poller; package kernel gives the layer a Machine (clock, timer,
// console) and a Memory (page tables). About thirty system calls are known,
// in the files named after what they do; the rest are ENOSYS, logged once.
//
// Reading order: layout.go (a thread, a processor), entry_amd64.s (how the
// layer is entered and left), enter.go (what each entry does), sched.go,
// futex.go, timer.go, signal.go, memory.go, poll.go.
//
// The layer is Go code that runs with interrupts off, on a stack of its own
// and with a g that is not one. So it allocates nothing, stores no Go pointer
// (see ref), uses no map, channel, defer or interface that is not static, and
// touches the runtime's memory only after touch has made sure that it is
// there.
package thread
