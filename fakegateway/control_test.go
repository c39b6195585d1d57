package fakegateway

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

// controlClient is a test's HTTP client.
type controlClient struct {
	t   *testing.T
	url string
}

func serveControl(t *testing.T, s *Server) controlClient {
	t.Helper()
	h := httptest.NewServer(s.Control())
	t.Cleanup(h.Close)
	return controlClient{t, h.URL}
}

// do sends a request, wants a status, and decodes the answer.
func (c controlClient) do(method, path, body string, status int, into any) string {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	if answer.StatusCode != status {
		c.t.Errorf("%s %s: status %d, want %d: %s", method, path, answer.StatusCode, status, text)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			c.t.Errorf("%s %s: %v: %s", method, path, err, text)
		}
	}
	return string(text)
}

func TestControlShowsWhatHappened(t *testing.T) {
	s := startServer(t, Config{})
	http := serveControl(t, s)
	c := dial(t, s).connect(4)
	c.askTime()
	c.until(wire.CurrentTime)
	row(t, s, 1, "the answer", func(r Connection) bool { return r.MessagesOut["currentTime"] == 1 })

	var rows []Connection
	http.do("GET", "/connections", "", 200, &rows)
	if len(rows) != 1 || rows[0].ClientID == nil || *rows[0].ClientID != 4 {
		t.Errorf("connections: %+v", rows)
	}
	var frames []Frame
	http.do("GET", "/transcript", "", 200, &frames)
	kinds := make(map[string]string)
	for _, f := range frames {
		kinds[f.Kind] = f.Direction
	}
	for kind, direction := range map[string]string{
		KindPreamble: "client", KindVersionReply: "server", "startApi": "client",
		"nextValidId": "server", "reqCurrentTime": "client", "currentTime": "server",
	} {
		if kinds[kind] != direction {
			t.Errorf("transcript has %s from %q, want %q", kind, kinds[kind], direction)
		}
	}
	last := frames[len(frames)-1]
	var body struct{ CurrentTime string }
	if err := json.Unmarshal(last.Body, &body); err != nil || body.CurrentTime == "" {
		t.Errorf("the last frame's body is %s", last.Body)
	}
	var later []Frame
	http.do("GET", "/transcript?after="+fmtInt(last.Seq-1), "", 200, &later)
	if len(later) != 1 || later[0].Seq != last.Seq {
		t.Errorf("transcript after %d: %+v", last.Seq-1, later)
	}
	var books map[string]any
	http.do("GET", "/books", "", 200, &books)
	if len(books) == 0 {
		t.Error("no books")
	}
	var health Health
	http.do("GET", "/healthz", "", 200, &health)
	if health.Stage != Ready || health.Open != 1 || health.Gateway != s.Addr() {
		t.Errorf("health: %+v", health)
	}
	if got := http.do("GET", "/receipts", "", 200, nil); got != "[]\n" {
		t.Errorf("receipts: %s", got)
	}
}

func fmtInt(n int) string {
	text, _ := json.Marshal(n) // a number always marshals
	return string(text)
}

func TestControlChangesTheSchedule(t *testing.T) {
	s := startServer(t, Config{})
	http := serveControl(t, s)
	http.do("PUT", "/schedule", "faults:\n- id: a\n  when: {phase: accepted}\n  what: {do: fin}\n",
		200, nil)
	dial(t, s).wantFIN()
	var injected struct{ ID string }
	http.do("POST", "/faults", `{"when":{"phase":"preamble-read"},"what":{"do":"rst"}}`, 200,
		&injected)
	var faults []struct{ ID, Sentence string }
	http.do("GET", "/faults", "", 200, &faults)
	if len(faults) != 2 || faults[1].ID != injected.ID || faults[0].Sentence == "" {
		t.Errorf("faults: %+v", faults)
	}
	http.do("DELETE", "/faults/a", "", 200, nil)
	c := dial(t, s)
	c.greet()
	c.wantRST()
	await(t, s, "both receipts", func(v *View) bool { return len(v.Receipts()) == 2 }) // filed when the bytes are out
	var receipts []fault.Receipt
	http.do("GET", "/receipts", "", 200, &receipts)
	if len(receipts) != 2 {
		t.Errorf("receipts: %+v", receipts)
	}
	http.do("DELETE", "/faults/"+injected.ID, "", 200, nil)
	http.do("POST", "/zombies", `{"count":2}`, 200, nil)
	var health Health
	http.do("GET", "/healthz", "", 200, &health)
	if health.CloseWait != 2 {
		t.Errorf("health: %+v", health)
	}
	http.do("POST", "/restart", `{"downtime":{"acceptMute":"1ms"}}`, 200, &health)
	if health.CloseWait != 0 {
		t.Errorf("health after the restart: %+v", health)
	}
	http.do("POST", "/restart", "", 200, nil)
	dial(t, s).connect(1)
}

func TestControlRefusesWhatItDoesNotKnow(t *testing.T) {
	s := startServer(t, Config{})
	http := serveControl(t, s)
	for _, c := range []struct {
		method, path, body string
		status             int
		detail             string
	}{
		{"PUT", "/schedule", "fault: []", 400, "schedule:1:1"},
		{"PUT", "/schedule", strings.Repeat(" ", fault.MaxFileBytes+1), 413, "too large"},
		{"POST", "/faults", `{"when":{},"wat":1}`, 400, "wat"},
		{"POST", "/faults", `{"when":{"phase":"accepted"},"what":{"do":"fin"}} {}`, 400, "one JSON"},
		{"POST", "/faults", `{"when":{"phase":"accepted"},"what":{"do":"fin","code":3}}`, 400, "code"},
		{"POST", "/faults", ``, 400, "EOF"},
		{"DELETE", "/faults/nobody", "", 404, "nobody"},
		{"POST", "/restart", `{"then":"mute"}`, 400, "mute"},
		{"POST", "/restart", `{"down":1}`, 400, "down"},
		{"POST", "/zombies", `{"count":0}`, 400, "1..1000"},
		{"GET", "/transcript?after=x", "", 400, "after"},
	} {
		var problem struct {
			Title  string
			Status int
			Detail string
		}
		http.do(c.method, c.path, c.body, c.status, &problem)
		if problem.Status != c.status || !strings.Contains(problem.Detail, c.detail) {
			t.Errorf("%s %s %.40q: %+v, want detail with %q", c.method, c.path, c.body, problem,
				c.detail)
		}
	}
}

func TestRecordDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "record")
	s, err := Start(Config{RecordDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	dial(t, s).connect(1)
	kept := len(s.Transcript())
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, TranscriptFile))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) < kept {
		t.Errorf("%d lines, want %d or more", len(lines), kept)
	}
	for i, line := range lines {
		var f Frame
		if err := json.Unmarshal([]byte(line), &f); err != nil || f.Seq != i+1 || len(f.Raw) == 0 {
			t.Errorf("line %d: %v: %s", i+1, err, line)
		}
	}
	text, err = os.ReadFile(filepath.Join(dir, ConnectionsFile))
	if err != nil {
		t.Fatal(err)
	}
	var rows []Connection
	if err := json.Unmarshal(text, &rows); err != nil || len(rows) != 1 || rows[0].Closed.IsZero() {
		t.Errorf("%v: %s", err, text)
	}
}

func TestTranscriptDropsTheOldest(t *testing.T) {
	s := startServer(t, Config{TranscriptFrames: 3})
	dial(t, s).connect(1)
	row(t, s, 1, "the bootstrap", func(r Connection) bool { return !r.BootstrapSent.IsZero() })
	frames := s.Transcript()
	if len(frames) != 3 || s.TranscriptDropped() != frames[0].Seq-1 {
		t.Errorf("%d frames from seq %d, %d dropped", len(frames), frames[0].Seq,
			s.TranscriptDropped())
	}
}
