package limited

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What a program has started ends with it.
func TestTheEndIsTheChildrensToo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	pipe := filepath.Join(t.TempDir(), "pid")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		done <- Run(exec.CommandContext(ctx, "sh", "-c", `sleep 1000 & echo $! > "$0"; wait`, pipe), 1<<30)
	}()
	text, err := os.ReadFile(pipe)
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-done; err == nil {
		t.Error("it has ended well")
	}
	// Whoever adopts the child reaps it soon.
	for end := time.Now().Add(10 * time.Second); alive(child); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("process %d goes on", child)
		}
	}
}

// alive tells whether a process exists and is no zombie.
func alive(pid int) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func TestMemoryIsBounded(t *testing.T) {
	const take = `x=$(head -c 100000000 /dev/zero | tr '\0' x); echo ${#x}`
	var exit *exec.ExitError
	if err := Run(exec.CommandContext(t.Context(), "sh", "-c", take), 32<<20); !errors.As(err, &exit) {
		t.Errorf("with 32 MiB: %v", err)
	}
	if err := Run(exec.CommandContext(t.Context(), "sh", "-c", take), 1<<30); err != nil {
		t.Errorf("with 1 GiB: %v", err)
	}
}
