package harness

import (
	"bufio"
	"fmt"
	"os/exec"
	"slices"
	"testing"
	"time"
)

// TestSubjectDiesWithHarness kills a harness in the middle of a run, as an impatient user or the
// kernel may: what it had started must go too.
func TestSubjectDiesWithHarness(t *testing.T) {
	t.Parallel()
	command := subject(t, "parent")
	cmd := exec.CommandContext(t.Context(), command[0], command[1:3]...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscan(bufio.NewReader(out), &pid); err != nil {
		t.Fatal(err)
	}
	if left := inGroup(t, pid); len(left) != 1 {
		t.Fatalf("before: %v; want the subject", left)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	deadline, again := time.After(ReapWithin), time.NewTicker(5*time.Millisecond)
	defer again.Stop()
	for {
		left := inGroup(t, pid)
		if len(left) == 0 {
			return
		}
		select {
		case <-again.C:
		case <-deadline:
			t.Fatalf("the subject outlived its harness: %v", left)
		}
	}
}

// inGroup are the processes of a group that have not ended.
func inGroup(t *testing.T, group int) []processRow {
	t.Helper()
	rows, err := readProcesses()
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(rows, func(r processRow) bool { return r.group != group || r.unreaped })
}
