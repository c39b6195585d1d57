package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// With --strict, one capture that does not match fails the command.
func TestStrict(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		add, want, err string
	}{
		{"", "0 differing", ""},
		{
			"handshake {\"server_version\":200}\nclient req_positions {}\nserver account_summary_end {}\n",
			"no accountSummaryEnd", "1 of 1 captures do not match",
		},
	} {
		whole := text(t, "world.txt") + c.add
		if err := os.WriteFile(filepath.Join(dir, "one.txt"), []byte(whole), 0o600); err != nil {
			t.Fatal(err)
		}
		var stdout, stderr bytes.Buffer
		err := run(t.Context(), []string{"--strict", dir}, &stdout, &stderr)
		if (c.err == "") != (err == nil) || err != nil && err.Error() != c.err ||
			!strings.Contains(stdout.String(), c.want) {
			t.Errorf("error %v, want %q, and %q in\n%s", err, c.err, c.want, &stdout)
		}
	}
}

func TestUsage(t *testing.T) {
	for want, args := range map[string][]string{
		"want one DIR, got 0":  nil,
		"no .txt or .yaml":     {t.TempDir()},
		"flag provided but":    {"--lax"},
		"flag: help requested": {"--help"},
	} {
		var stdout, stderr bytes.Buffer
		err := run(t.Context(), args, &stdout, &stderr)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", args, err, want)
		}
	}
}
