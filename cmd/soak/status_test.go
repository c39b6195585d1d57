package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ibsoak/harness"
	"ibsoak/scenarios"
)

// ask asks the status of a monitor as host.
func ask(t *testing.T, m *monitor, path, host string) (code int, body string) {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	r.Host = host
	statusHandler(m).ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

func TestStatusOfNoRun(t *testing.T) {
	if code, body := ask(t, &monitor{}, "/status.json", "127.0.0.1:80"); code != http.StatusServiceUnavailable {
		t.Errorf("%d %s", code, body)
	}
	if code, body := ask(t, &monitor{}, "/", "localhost"); code != http.StatusOK || !strings.Contains(body, "no run has begun yet") {
		t.Errorf("%d %s", code, body)
	}
	if code, body := ask(t, &monitor{}, "/", "evil.example:80"); code != http.StatusForbidden {
		t.Errorf("a page of another site is answered: %d %s", code, body)
	}
	if code, body := ask(t, &monitor{}, "/", "[::1]"); code != http.StatusOK { // as the refusal offers
		t.Errorf("[::1] on port 80: %d %s", code, body)
	}
}

func TestLoopback(t *testing.T) {
	for address, ok := range map[string]bool{
		"127.0.0.1:0": true, "[::1]:80": true, "localhost:80": true, "127.9.9.9:1": true,
		":80": false, "0.0.0.0:80": false, "[::]:80": false, "192.168.1.2:80": false, "example.com:80": false, "80": false, "": false,
	} {
		if err := ownAddress(address); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// TestStatusIsServed asks while nothing runs any more and stops: nobody is left.
func TestStatusIsServed(t *testing.T) {
	m := &monitor{}
	m.over(harness.Verdict{Outcome: harness.Fail, Sentence: "<script>\x1b"})
	addr, stop, err := serveStatus("127.0.0.1:0", m)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.Get("http://" + addr + "/")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	_ = r.Body.Close()
	if err != nil || strings.ContainsAny(string(body), "\x1b") || strings.Contains(string(body), "<script>") ||
		!strings.Contains(string(body), "fail: &lt;script&gt;") {
		t.Errorf("%s, %v", body, err)
	}
	stop()
	if _, err := http.Get("http://" + addr + "/"); err == nil {
		t.Error("it is served after its end")
	}
}

// TestSoFarFollowsTheNewestJudgement takes back a failure that a later look does not show.
func TestSoFarFollowsTheNewestJudgement(t *testing.T) {
	m := &monitor{}
	m.judged(harness.Verdict{Outcome: harness.Fail, Sentence: "it failed"}, time.Second)
	if m.now.SoFar != harness.Fail || m.now.Sentence != "it failed" || m.now.Judged != time.Second {
		t.Errorf("%+v", m.now)
	}
	m.judged(harness.Verdict{Outcome: harness.Inconclusive, Sentence: "cut short"}, 2*time.Second)
	if m.now.SoFar != "" || m.now.Sentence != nothingFailed || m.now.Judged != 2*time.Second {
		t.Errorf("%+v", m.now)
	}
}

// TestViewLines holds the live view to lines that a terminal can draw over.
func TestViewLines(t *testing.T) {
	s := status{
		Snapshot: harness.Snapshot{
			Scenario: "x", Life: 3, Lives: 10, Cycles: 7, Connections: 4, Gateway: map[string]int{"CLOSE_WAIT": 2, "ESTABLISHED": 1},
			Trader: map[string]int{"FIN_WAIT": 2}, LastFault: "f1 (rst)\n\x1b[2J at " + strings.Repeat("x", 500),
		},
		Runs: 3, Finished: 1, SoFar: harness.Fail, Sentence: "it failed", Judged: 5 * time.Second,
	}
	lines := viewLines(s)
	for i, want := range []string{
		"  life 3 of 10, cycle 7, run 2 of 3",
		"  open: Gateway's end 2 CLOSE_WAIT, 1 ESTABLISHED; trader's end 2 FIN_WAIT; 4 connections in all",
		"", "  so far, judged at 5s: FAIL it failed",
	} {
		if want != "" && lines[i] != want {
			t.Errorf("line %d\ngot  %q\nwant %q", i, lines[i], want)
		}
	}
	for _, line := range lines {
		if shown := oneLine(line, 79); strings.ContainsAny(shown, "\n\x1b") || len([]rune(shown)) > 79 {
			t.Errorf("%q", shown)
		}
	}
}

// TestPlainLinesAreBounded tells of three thousand lives in a minute: the first twenty lines come as they
// are, then one a second, and the last one always.
func TestPlainLinesAreBounded(t *testing.T) {
	const lives = 3000
	var out strings.Builder
	p := newProgress(&out, harness.Scenario{Name: "many", Subject: harness.Subject{Mode: harness.Once, Runs: lives}}, &monitor{})
	for n := 1; n <= lives; n++ {
		p.update(harness.Progress{
			Elapsed: time.Duration(n) * 20 * time.Millisecond, Life: n, Lives: lives, Done: n, Event: "exit 0",
		})
	}
	p.stop()
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) < 70 || len(lines) > freeLines+62 {
		t.Errorf("%d lines in a minute", len(lines))
	}
	if last := lines[len(lines)-1]; !strings.Contains(last, fmt.Sprintf("life %d of %d: exit 0", lives, lives)) {
		t.Errorf("the last line is %q", last)
	}
	if !strings.Contains(out.String(), "lines left out)") {
		t.Error("it does not say that lines are left out")
	}
}

// TestStatusJSON reads what the JSON says of a run that has begun.
func TestStatusJSON(t *testing.T) {
	var s status
	s.Snapshot = harness.Snapshot{Scenario: "x", Gateway: map[string]int{"ESTABLISHED": 1}}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{`"scenario":"x"`, `"gateway":{"ESTABLISHED":1}`, `"finished":0`, `"sentence":""`} {
		if !strings.Contains(string(text), key) {
			t.Errorf("no %s in %s", key, text)
		}
	}
}

// TestRunThatErrsIsOver makes a run that cannot begin: for whoever watches a row of runs it is over too.
func TestRunThatErrsIsOver(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, harness.RecordFile), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := scenarios.Named("once")
	if err != nil {
		t.Fatal(err)
	}
	m := &monitor{now: status{Runs: 3}}
	j := job{scenario: s, options: harness.Options{OutDir: dir, Command: []string{"trader"}}}
	_, _, err = (&runFlags{}).make(t.Context(), j, m, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "holds a record already") {
		t.Fatal(err)
	}
	if s, _ := m.status(); s.Finished != 1 || s.Over != harness.HarnessError || s.Sentence != err.Error() {
		t.Errorf("%d of %d are over, the last: %q %s", s.Finished, s.Runs, s.Over, s.Sentence)
	}
}

// TestBarFollowsTheTimeScale runs an hour sixty times faster: the bar is as far as the run.
func TestBarFollowsTheTimeScale(t *testing.T) {
	hour := harness.Scenario{Name: "hour", Subject: harness.Subject{Mode: harness.Continuous, For: time.Hour}}
	p := newProgress(io.Discard, hour, &monitor{})
	for elapsed, share := range map[time.Duration]float64{0: 0, 15 * time.Second: 0.25, 54 * time.Second: 0.9, 2 * time.Minute: 0.999} {
		u := harness.Progress{Elapsed: elapsed, For: time.Minute, Cycles: 7}
		if got := float64(p.done(u)) / float64(p.total); got != share {
			t.Errorf("after %s of a minute the bar is at %v, want %v", elapsed, got, share)
		}
	}
	for of, want := range map[int]int{20: 7, 5: 4} {
		p.total = of
		if got := p.done(harness.Progress{Elapsed: time.Hour, For: time.Minute, Cycles: 7, Of: of}); got != want {
			t.Errorf("7 cycles of %d: the bar is at %d", of, got)
		}
	}
}
