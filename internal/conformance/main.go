// Command conformance runs the tests that check messages and makes docs/conformance.md of what
// they saw: message by server version, and checked against what.
//
//	go run ./internal/conformance > docs/conformance.md
//
// It fails when a message was checked at no version.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"ibsoak/internal/wire"
	"ibsoak/internal/witness"
)

// shown is how many bytes of failing tests are printed.
const shown = 4096

// checkers are the packages whose tests say what they saw.
var checkers = []string{"./internal/wire"}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, stdout, stderr io.Writer) error {
	seen, err := sightings(ctx)
	if err != nil {
		return err
	}
	if err := write(stdout, seen); err != nil {
		return err
	}
	if !captured(seen) {
		fmt.Fprintln(stderr, "conformance: no captures of real Gateways are beside the project: "+
			"the page has no C; keep the one in docs")
	}
	var unchecked []string
	for _, k := range wire.Kinds() {
		if len(seen[k.String()]) == 0 {
			unchecked = append(unchecked, k.String())
		}
	}
	if len(unchecked) > 0 {
		return fmt.Errorf("checked at no version: %s", strings.Join(unchecked, ", "))
	}
	return nil
}

// checked is what is known of one kind: who saw it at which version.
type checked map[int][]witness.By

// captured reports whether anything was checked against a real Gateway's bytes.
func captured(seen map[string]checked) bool {
	for _, versions := range seen {
		for _, by := range versions {
			if slices.Contains(by, witness.Capture) {
				return true
			}
		}
	}
	return false
}

// sightings runs the tests and reads what they saw.
func sightings(ctx context.Context) (map[string]checked, error) {
	dir, err := os.MkdirTemp("", "conformance-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "seen")
	tests := exec.CommandContext(ctx, "go", append([]string{"test", "-count=1"}, checkers...)...)
	tests.Env = append(os.Environ(), witness.File+"="+path)
	if out, err := tests.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", strings.Join(tests.Args, " "), err, out[:min(len(out), shown)])
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the tests saw nothing: %w", err)
	}
	defer func() { _ = file.Close() }()
	return read(file)
}

func read(r io.Reader) (map[string]checked, error) {
	seen := make(map[string]checked)
	var errs []error
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		s, err := witness.Parse(lines.Text())
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if seen[s.Kind] == nil {
			seen[s.Kind] = make(checked)
		}
		seen[s.Kind][s.Version] = append(seen[s.Kind][s.Version], s.By)
	}
	return seen, errors.Join(append(errs, lines.Err())...)
}
