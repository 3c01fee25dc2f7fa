// Package klog is the kernel's log: the last records in a ring of static
// memory, the boot stages with their times, and Line, which builds a line of
// text where package fmt cannot run.
//
// The kernel appends from its first instructions on, interrupt handlers and
// panics included; the consoles and the monitor's log command read. So
// everything here is pre-runtime code: the zero values are ready, nothing is
// allocated, and no pointer is stored. No method locks: the caller holds one
// lock of its own around every method of a Log.
package klog
