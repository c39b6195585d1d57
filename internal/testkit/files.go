package testkit

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
)

// ModuleRoot is the directory of go.mod.
func ModuleRoot(t T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatalf("%v", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatalf("no go.mod at or above the test's directory")
		}
		dir = parent
	}
}

// Captures is the directory of bytes and transcripts of real Gateways. They are kept beside the
// project and are no part of it, so a test must skip, and say so, when the directory is not there.
func Captures(t T) string {
	t.Helper()
	return filepath.Join(ModuleRoot(t), "..", "shared", "captures")
}

// Buffer is a bytes.Buffer that can be read while another goroutine writes to it.
type Buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write appends p.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// String is what was written so far.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
