// Package amd64 is the processor: its registers, descriptor tables,
// exceptions and page tables, in the terms of the AMD Architecture
// Programmer's Manual (APM) and the Intel Software Developer's Manual (SDM).
//
// The package compiles on any amd64 Linux so that its logic is tested there;
// the functions that execute privileged instructions fault outside ring 0.
// Its first callers are package boot, which enters long mode, and package
// kernel.
package amd64
