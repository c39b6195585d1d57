package control

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The examples themselves are run by package fakegateway's tests.
func TestEveryRequestHasAnExample(t *testing.T) {
	page, err := os.ReadFile(filepath.FromSlash("../../docs/control-api.md"))
	if err != nil {
		t.Fatal(err)
	}
	patterns := []string{watchPattern}
	for pattern := range (&server{}).endpoints() {
		patterns = append(patterns, pattern)
	}
	for _, pattern := range patterns {
		example, _, _ := strings.Cut("\n> "+pattern, "{")
		if !strings.Contains(string(page), example) {
			t.Errorf("docs/control-api.md has no example of %s", pattern)
		}
	}
}
