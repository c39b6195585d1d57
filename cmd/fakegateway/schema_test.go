package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ibsoak/fakegateway/fault"
)

// says runs the program and returns what it says on stdout.
func says(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), args, &stdout, &stderr); code != exitOK {
		t.Fatalf("%v: exit %d: %s", args, code, stderr.String())
	}
	return stdout.String()
}

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSchemaAndBlocksArePrinted(t *testing.T) {
	if !json.Valid([]byte(says(t, "schema"))) {
		t.Error("the schema is no JSON")
	}
	if list := says(t, "blocks"); !strings.Contains(list, "ack-withheld") {
		t.Errorf("blocks: %s", list)
	}
}

func TestGenerateIsTheSameForASeed(t *testing.T) {
	like := file(t, "storm.yaml", "generate:\n- times: 9\n  fault:\n    when: {at: {between: [1s, 1m]}}\n"+
		"    what: {do: rst}\n")
	first := says(t, "generate", "--like", like, "--seed", "5")
	if first != says(t, "generate", "--like", like, "--seed", "5") ||
		first == says(t, "generate", "--like", like, "--seed", "6") {
		t.Errorf("generated:\n%s", first)
	}
	s, err := fault.Parse("generated", []byte(first))
	if err != nil || len(s.Faults) != 9 {
		t.Errorf("%d faults, %v", len(s.Faults), err)
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"generate"}, &stdout, &stderr); code != exitUsage {
		t.Errorf("without a file: exit %d", code)
	}
}

func TestCheckReadsTheHook(t *testing.T) {
	dir := t.TempDir()
	schedule := filepath.Join(dir, "s.yaml")
	for name, text := range map[string]string{
		"s.yaml": "hook: a.star\n", "a.star": "def on_message(m, state):\n    return None\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := says(t, "check", schedule); !strings.Contains(got, "a.star is asked") {
		t.Errorf("check: %s", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "a.star"), []byte("x = \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"check", schedule}, &stdout, &stderr)
	if code != exitUsage || !strings.Contains(stderr.String(), "a.star:1:5") {
		t.Errorf("exit %d: %s", code, stderr.String())
	}
}
