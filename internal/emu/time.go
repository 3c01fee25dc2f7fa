package emu

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// ProcessTime is the processor time that a process has used so far, its threads'
// included, to 10 ms.
func ProcessTime(pid int) (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// Fields 14 and 15, of which 2 is the name in parentheses; in 1/100 s.
	// proc_pid_stat(5).
	fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("process %d: %d fields in its state", pid, len(fields))
	}
	var ticks time.Duration
	for _, f := range fields[11:13] {
		n, err := strconv.Atoi(f)
		if err != nil {
			return 0, fmt.Errorf("process %d: %w", pid, err)
		}
		ticks += time.Duration(n)
	}
	return ticks * 10 * time.Millisecond, nil
}
