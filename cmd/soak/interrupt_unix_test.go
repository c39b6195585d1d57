//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"ibsoak/harness"
)

// TestInterrupt runs a trader that would go on for a minute, asks the status page about it, and interrupts
// soak as Ctrl-C does: the trader ends, what was seen is judged as inconclusive, and the record is kept
// and named.
func TestInterrupt(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	soak, dir := filepath.Join(t.TempDir(), "soak"), filepath.Join(t.TempDir(), "record")
	if err := os.Link(self, soak); err != nil {
		data, err := os.ReadFile(self)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(soak, data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), soak, "run", "--scenario", "continuous-1h", "--time-scale", "60", "--out", dir, "--status", "127.0.0.1:0")
	cmd.WaitDelay = 30 * time.Second
	var stdout strings.Builder
	cmd.Stdout = &stdout
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address := regexp.MustCompile(`http://\S+/status\.json`)
	url, said := "", ""
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		said += lines.Text() + "\n"
		if found := address.FindString(lines.Text()); found != "" {
			url = found
		}
		if strings.Contains(lines.Text(), ": cycle ") {
			s := statusAt(t, url)
			if s.Scenario != "continuous-1h" || s.Cycles < 1 || s.Connections < 1 || s.Of < 100 || s.Left <= 0 ||
				s.Gateway["ESTABLISHED"] != 1 || s.Trader["ESTABLISHED"] != 1 || s.Dir != dir || s.Sentence != nothingFailed {
				t.Errorf("status: %+v", s)
			}
			metrics := bodyAt(t, strings.TrimSuffix(url, "/status.json")+"/metrics")
			for _, want := range []string{
				`soak_connections{end="trader",state="ESTABLISHED"} 1`, `soak_verdict{outcome="open"} 1`, `soak_handshake_seconds_count{phase="handshake"} 1`,
			} {
				if !strings.Contains(metrics, want) {
					t.Errorf("no %s in\n%s", want, metrics)
				}
			}
			if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // its code is looked at
	if code := cmd.ProcessState.ExitCode(); code != exitInconclusive {
		t.Errorf("exit %d, want %d\n%s%s", code, exitInconclusive, stdout.String(), said)
	}
	for _, want := range []string{"INCONCLUSIVE continuous-1h: ", "it was interrupted.", "The record is in " + dir} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("no %q in\n%s", want, stdout.String())
		}
	}
	r, err := harness.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if pid := r.Lives[0].PID; syscall.Kill(pid, 0) == nil {
		t.Errorf("the trader still runs as %d", pid)
	}
	if _, err := os.Stat(filepath.Join(dir, "report.html")); err != nil {
		t.Error(err)
	}
}

func bodyAt(t *testing.T, url string) string {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func statusAt(t *testing.T, url string) status {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	var s status
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return s
}
