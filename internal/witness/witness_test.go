package witness_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ibsoak/internal/witness"
)

func TestWhatWasSeenIsReadBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seen")
	t.Setenv(witness.File, path)
	var want []witness.Sighting
	for _, by := range witness.All() {
		want = append(want, witness.Sighting{Kind: "placeOrder", Version: 200, By: by})
		witness.Saw("placeOrder", 200, by)
		witness.Saw("placeOrder", 200, by) // again is not twice
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d lines, want %d:\n%s", len(lines), len(want), text)
	}
	for i, line := range lines {
		if got, err := witness.Parse(line); err != nil || got != want[i] {
			t.Errorf("%q is %+v, %v, want %+v", line, got, err, want[i])
		}
	}
	if _, err := witness.Parse("placeOrder"); err == nil {
		t.Error("half a line was read")
	}
}
