package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test binary is the program itself when this is set.
const asProgram = "IBSOAK_TEST_AS_FAKEGATEWAY"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// start runs the program and reads its ready line.
func start(t *testing.T, args ...string) (p *exec.Cmd, gateway, control string) {
	t.Helper()
	p = exec.CommandContext(t.Context(), os.Args[0], args...)
	p.Env = append(os.Environ(), asProgram+"=1")
	p.Stderr = os.Stderr
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("read the ready line: %v", err)
	}
	if n, err := fmt.Sscanf(line, "listening gateway=%s control=%s\n", &gateway, &control); n != 2 {
		t.Fatalf("ready line %q: %v", line, err)
	}
	return p, gateway, control
}

func TestSIGTERMStopsWithinThreeSeconds(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no SIGTERM")
	}
	dir := t.TempDir()
	p, gateway, control := start(t, "--profile", "leaky", "--record", dir, "--seed", "7")
	c, err := net.Dial("tcp", gateway)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	answer, err := http.Post("http://"+control+"/zombies", "application/json",
		strings.NewReader(`{"count":2}`))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("zombies: %d %s %v", answer.StatusCode, text, err)
	}
	began := time.Now()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("exit: %v", err)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("it took %s to stop", took)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "connections.json")); err != nil ||
		strings.Count(string(text), `"planted": true`) != 2 {
		t.Errorf("connections.json: %v\n%s", err, text)
	}
}

func TestBadCommandLines(t *testing.T) {
	sick := filepath.Join(t.TempDir(), "sick.yaml")
	if err := os.WriteFile(sick, []byte("faults:\n  - wen: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	wrong := filepath.Join(t.TempDir(), "wrong.yaml")
	if err := os.WriteFile(wrong, []byte("farms:\n- kind: market\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--nonsense"}, "--nonsense"},
		{[]string{"nonsense"}, "nonsense"},
		{[]string{"--listen", "here"}, "HOST:PORT"},
		{[]string{"--schedule", ""}, "--schedule is empty: leave it out, or say which"},
		{[]string{"--accounts", ""}, "--accounts is empty"},
		{[]string{"generate", "--like", ""}, "--like is empty"},
		{[]string{"--max-server-version", "99"}, "157..226"},
		{[]string{"--max-server-version", "new"}, "new"},
		{[]string{"--profile", "jolly"}, "healthy, leaky"},
		{[]string{"--seed", "-1"}, "-1"},
		{[]string{"--schedule", "nowhere.yaml"}, "nowhere.yaml"},
		{[]string{"--schedule", sick}, "sick.yaml:2:5: unknown key"},
		{[]string{"--settings", "nowhere.yaml"}, "nowhere.yaml"},
		{[]string{"--settings", wrong}, `wrong.yaml:2:3: farms[0]: farm without a name`},
		{[]string{"--settings", wrong, "--catalogue", "F07a"}, "exclude each other"},
		{[]string{"--catalogue", "F99"}, "want one of F01a"},
		{[]string{"catalogue", "F99"}, "want one of F01a"},
		{[]string{"--clock-start", "noon"}, "2026-03-07T23:44:50-05:00"},
		{[]string{"--clock-scale", "-1"}, "clock.scale"},
		{[]string{"--clock-scale", "0"}, "clock.scale: 0: want above 0"},
		{[]string{"--clock-scale", "NaN"}, "clock.scale: NaN"},
		{[]string{"check", sick}, "sick.yaml:2:5: unknown key"},
		{[]string{"check"}, "FILE"},
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), c.args, &stdout, &stderr)
		if code != exitUsage || !strings.Contains(stderr.String(), c.want) || stdout.Len() > 0 ||
			strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("%v: exit %d, stderr %q, want %d and one line with %q", c.args, code,
				stderr.String(), exitUsage, c.want)
		}
	}
}

func TestPortInUse(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"--listen", ln.Addr().String()}, &stdout, &stderr)
	if code != exitError || !strings.Contains(stderr.String(), "--listen") {
		t.Errorf("exit %d, stderr %q", code, stderr.String())
	}
}

func TestCheckExplains(t *testing.T) {
	file := filepath.Join(t.TempDir(), "s.yaml")
	text := "faults:\n- when: {phase: accepted}\n  what: {do: hold}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"check", file}, &stdout, &stderr)
	want := "f1: When a connection is accepted, hold the socket open as a zombie.\n"
	if code != exitOK || stdout.String() != want {
		t.Errorf("exit %d\n got %q\nwant %q\n%s", code, stdout.String(), want, stderr.String())
	}
	stdout.Reset()
	if code := run(t.Context(), []string{"profiles"}, &stdout, &stderr); code != exitOK ||
		!strings.Contains(stdout.String(), "crash-on-fin") {
		t.Errorf("profiles: exit %d, %s", code, stdout.String())
	}
}

func TestStopBeforeAnyClient(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr bytes.Buffer
	if code := run(ctx, nil, &stdout, &stderr); code != exitOK {
		t.Errorf("exit %d: %s", code, stderr.String())
	}
}

func TestCatalogueListsShowsAndRuns(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"catalogue"}, &stdout, &stderr); code != exitOK ||
		!strings.Contains(stdout.String(), "F51a   reset-before-ack") {
		t.Errorf("catalogue: exit %d, %s", code, stdout.String())
	}
	stdout.Reset()
	if code := run(t.Context(), []string{"catalogue", "F11c"}, &stdout, &stderr); code != exitOK ||
		!strings.HasSuffix(stdout.String(), "\naccounts: [U9000001]\n") {
		t.Errorf("catalogue F11c: exit %d, %s", code, stdout.String())
	}
	copied := filepath.Join(t.TempDir(), "mine.yaml")
	if err := os.WriteFile(copied, stdout.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"--catalogue", "F11c"},
		{"--settings", copied},
		{"--accounts", "U9000001"},
		{"--catalogue", "F11b", "--accounts", "U9000001"},
	} {
		_, _, control := start(t, args...)
		answer, err := http.Get("http://" + control + "/books")
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		if err := errors.Join(err, answer.Body.Close()); err != nil ||
			!strings.Contains(string(text), `"id":"U9000001"`) || strings.Contains(string(text), "DU9") {
			t.Errorf("%v: %v, books %s", args, err, text)
		}
	}
}
