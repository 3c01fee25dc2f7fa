package x86

// TaskSource is what began a task switch, with the numbers of SDM vol. 3 table
// 27-2.
type TaskSource uint8

// The sources.
const (
	TaskByCall TaskSource = iota
	TaskByIRET
	TaskByJump
	TaskByEvent // an interrupt, an exception or INT n, through a task gate
)
