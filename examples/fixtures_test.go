package examples_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The pages for client authors show these programs; here they run as a user runs them, against
// the program fakegateway.

func TestTypeScriptFixture(t *testing.T) {
	node := installTypeScript(t)
	runFixture(t, "typescript", node, "--test", filepath.Join("dist", "fault.test.js"))
}

// TestPythonFixture runs what needs no client library, and what needs one where that is installed.
func TestPythonFixture(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skipf("python3 is not installed: %v", err)
	}
	runFixture(t, "python", python, "-B", "-m", "unittest", "-v")
}

func runFixture(t *testing.T, dir string, command ...string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "fakegateway")
	build := exec.CommandContext(t.Context(), "go", "build", "-race=false", "-o", program, "../cmd/fakegateway")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), clientWithin)
	defer cancel()
	run := exec.CommandContext(ctx, command[0], command[1:]...)
	run.Dir = dir
	run.Env = append(os.Environ(), "FAKEGATEWAY="+program)
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
