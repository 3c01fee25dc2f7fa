// Package test boots the kernel on emulated machines, in every way that it can
// be booted, and talks to it on its serial line. The tests are built with the
// tag boot alone, since they need emulators and some minutes:
//
//	go test -tags boot ./test
//
// They run one machine at a time, since some of them measure. Those that keep Bochs
// busy and do not measure come last, two at a time. make test includes them.
package test
