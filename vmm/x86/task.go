package x86

// TaskSource is what began a task switch, numbered as in the qualification of
// VMX's exit. SDM vol. 3 table 27-2.
type TaskSource uint8

// The sources.
const (
	TaskByCall TaskSource = iota
	TaskByIRET
	TaskByJump
	TaskByEvent // an interrupt, an exception or INT n, through a task gate
)
