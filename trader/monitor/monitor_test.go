package monitor

import (
	"bufio"
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"ibsoak/trader/status"
)

func ready() status.Snapshot {
	now := time.Now()
	return status.Snapshot{
		At: now, Begun: now, Step: now, Patience: time.Hour, BlindAfter: time.Minute,
		Session: status.Session{State: status.Synced, Since: now}, Cycle: status.Cycle{Interval: time.Second},
		Symbols:  []status.Symbol{{Symbol: "AAPL", At: now}},
		Timeline: []status.Event{{At: now, Kind: "life", Text: "the trader started"}},
	}
}

func get(t *testing.T, h http.Handler, path string, change func(r *http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	r.Host = "127.0.0.1:9184"
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestHealthAndReadinessTellTheTruth: alive is not ready, connected is not synced, blind is not ready.
func TestHealthAndReadinessTellTheTruth(t *testing.T) {
	for name, c := range map[string]struct {
		change       func(s *status.Snapshot)
		alive, ready int
		why          string
	}{
		"well":      {func(*status.Snapshot) {}, 200, 200, "ok"},
		"connected": {func(s *status.Snapshot) { s.Session.State = status.Connected }, 200, 503, "not reconciled"},
		"waiting":   {func(s *status.Snapshot) { s.Session.State, s.Session.Why = status.Waiting, "refused" }, 200, 503, "waiting: refused"},
		"degraded":  {func(s *status.Snapshot) { s.Session.State = status.Degraded }, 200, 503, "session is degraded"},
		"never decided": {
			func(s *status.Snapshot) { s.Symbols[0] = status.Symbol{Symbol: "AAPL", Blind: time.Now(), Never: true} },
			200, 503, "AAPL: not decided on",
		},
		"blind for a moment": {func(s *status.Snapshot) { s.Symbols[0].Blind = time.Now().Add(-time.Second) }, 200, 200, "ok"},
		"blind":              {func(s *status.Snapshot) { s.Symbols[0].Blind = time.Now().Add(-time.Hour) }, 200, 503, "AAPL: not decided on for 1h"},
		"says nothing any more": {
			func(s *status.Snapshot) { s.Symbols[0].At = time.Now().Add(-10 * time.Minute) }, 200, 503, "AAPL: not decided on for 10m",
		},
		"hangs": {func(s *status.Snapshot) { s.Step = time.Now().Add(-2 * time.Hour) }, 503, 503, "no step for 2h"},
		"ended": {func(s *status.Snapshot) { s.Ended = "exit 0, ok" }, 503, 503, "has ended"},
	} {
		s := ready()
		c.change(&s)
		h := newServer(Config{Board: status.NewBoard(s)}, nil).Handler()
		alive, ready := get(t, h, "/healthz", nil), get(t, h, "/readyz", nil)
		if alive.Code != c.alive || ready.Code != c.ready || !strings.Contains(ready.Body.String(), c.why) {
			t.Errorf("%s: alive %d, ready %d %s; want %d, %d %q", name, alive.Code, ready.Code, ready.Body, c.alive, c.ready, c.why)
		}
	}
}

// TestTheViewNamesWhatIsLate: never decided on, or not in time.
func TestTheViewNamesWhatIsLate(t *testing.T) {
	s, now := ready(), time.Now()
	s.Symbols = append(s.Symbols,
		status.Symbol{Symbol: "NEVER", Blind: now, Never: true},
		status.Symbol{Symbol: "MOMENT", At: now, Blind: now.Add(-time.Second)},
		status.Symbol{Symbol: "LONG", At: now, Blind: now.Add(-time.Hour)},
		status.Symbol{Symbol: "SILENT", At: now.Add(-10 * time.Minute)})
	if got := ViewOf(&s, now).Late; !slices.Equal(got, []string{"NEVER", "LONG", "SILENT"}) {
		t.Errorf("late are %q", got)
	}
}

// TestWhoMayLook: on loopback whoever is there, but no web page of another host through its visitor's browser;
// elsewhere nobody without the token.
func TestWhoMayLook(t *testing.T) {
	open := newServer(Config{Board: status.NewBoard(ready())}, nil).Handler()
	for host, want := range map[string]int{
		"127.0.0.1:9184": 200, "localhost:9184": 200, "[::1]:9184": 200, "evil.example": 403, "evil.example:9184": 403,
		"127.0.0.1.evil.example": 403, "": 403,
	} {
		if got := get(t, open, "/status", func(r *http.Request) { r.Host = host }); got.Code != want {
			t.Errorf("host %q: %d, want %d", host, got.Code, want)
		}
	}
	const token = "0123456789abcdef"
	closed := newServer(Config{Board: status.NewBoard(ready()), Token: token}, nil).Handler()
	for name, c := range map[string]struct {
		path   string
		change func(r *http.Request)
		want   int
	}{
		"none":        {"/status", nil, 401},
		"none, page":  {"/", nil, 401},
		"none, ready": {"/readyz", nil, 401},
		"wrong":       {"/status", func(r *http.Request) { r.Header.Set("Authorization", "Bearer 0123456789abcdeF") }, 401},
		"empty":       {"/status", func(r *http.Request) { r.Header.Set("Authorization", "Bearer ") }, 401},
		"header":      {"/metrics", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }, 200},
		"link":        {"/?token=" + token, nil, 200},
		"cookie":      {"/status", func(r *http.Request) { r.AddCookie(&http.Cookie{Name: cookieName, Value: token}) }, 200},
	} {
		if got := get(t, closed, c.path, c.change); got.Code != c.want {
			t.Errorf("%s: %d, want %d", name, got.Code, c.want)
		}
	}
	for address, fine := range map[string]bool{
		"127.0.0.1:1": true, "localhost:1": true, "[::1]:1": true, "127.0.0.2:1": true, "0.0.0.0:1": false, ":1": false,
		"192.0.2.1:1": false, "[::]:1": false, "x:1": false,
	} {
		if err := CheckListen(address, ""); (err == nil) != fine {
			t.Errorf("%s: %v", address, err)
		}
		if err := CheckListen(address, token); err != nil {
			t.Errorf("%s with a token: %v", address, err)
		}
	}
}

// TestOnlyReading: nothing can be changed over HTTP.
func TestOnlyReading(t *testing.T) {
	h := newServer(Config{Board: status.NewBoard(ready())}, nil).Handler()
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
		for _, path := range []string{"/", "/status", "/events", "/metrics", "/readyz"} {
			if got := get(t, h, path, func(r *http.Request) { r.Method = method }); got.Code != http.StatusMethodNotAllowed {
				t.Errorf("%s %s: %d", method, path, got.Code)
			}
		}
	}
}

// TestThePageIsOffline: nothing that it is made of comes from elsewhere, and the browser is told so.
func TestThePageIsOffline(t *testing.T) {
	outside := regexp.MustCompile(`(?i)(src|href|url\(|@import|fetch\(|EventSource\()\s*=?\s*['"(]*(https?:)?//`)
	h := newServer(Config{Board: status.NewBoard(ready())}, nil).Handler()
	err := fs.WalkDir(pages, "page", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(pages, path)
		if found := outside.Find(text); found != nil {
			t.Errorf("%s has %s", path, found)
		}
		got := get(t, h, "/"+strings.TrimSuffix(strings.TrimPrefix(path, "page/"), "index.html"), nil)
		if got.Code != 200 || got.Header().Get("Content-Security-Policy") != "default-src 'self'; frame-ancestors 'none'" {
			t.Errorf("%s: %d %v", path, got.Code, got.Header())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	script, err := fs.ReadFile(pages, "page/page.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, markup := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write"} {
		if strings.Contains(string(script), markup) {
			t.Errorf("the page makes markup of text by %s: what a Gateway says stands on it", markup)
		}
	}
}

// stream reads the events of a page.
func stream(t *testing.T, address string) (next func() (event, data string), code int) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<20)
	return func() (event, data string) {
		for lines.Scan() {
			switch {
			case strings.HasPrefix(lines.Text(), "event: "):
				event = strings.TrimPrefix(lines.Text(), "event: ")
			case strings.HasPrefix(lines.Text(), "data: "):
				return event, strings.TrimPrefix(lines.Text(), "data: ")
			}
		}
		return "", ""
	}, answer.StatusCode
}

// TestTheStreamFollowsAndEnds: what changes is pushed, the timeline once; streams are bounded, a writer never
// waits for them, and they end with the server.
func TestTheStreamFollowsAndEnds(t *testing.T) {
	board := status.NewBoard(ready())
	s, err := Listen(Config{Listen: "127.0.0.1:0", Board: board})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	next, _ := stream(t, s.Addr())
	if event, data := next(); event != "timeline" || !strings.Contains(data, "the trader started") {
		t.Errorf("first: %s %s", event, data)
	}
	if event, data := next(); event != "status" || !strings.Contains(data, `"ready":true`) {
		t.Errorf("second: %s %s", event, data)
	}
	for range MaxStreams - 1 {
		if _, code := stream(t, s.Addr()); code != http.StatusOK { // and is never read from
			t.Errorf("a stream was refused: %d", code)
		}
	}
	if _, code := stream(t, s.Addr()); code != http.StatusServiceUnavailable {
		t.Errorf("one stream too many: %d", code)
	}
	began := time.Now()
	for range 10_000 {
		board.Update(func(s *status.Snapshot) { s.Session.State = status.Degraded })
	}
	board.Update(func(s *status.Snapshot) { s.Note(status.Event{Kind: "session", Text: "<b>lost</b>", Bad: true}) })
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("10,000 updates took %s with %d pages that follow", took, MaxStreams)
	}
	for event, data := next(); !strings.Contains(data, "lost"); event, data = next() {
		if event == "" {
			t.Fatal("the stream ended before the news")
		}
		if event == "timeline" && strings.Contains(data, "started") {
			t.Errorf("the timeline came again: %s", data)
		}
	}
	var v View
	if _, data := next(); json.Unmarshal([]byte(data), &v) != nil || v.Ready || v.Why != "session is degraded" {
		t.Errorf("after the news: %+v", v)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// BenchmarkUpdate is what a step of the engine costs beside a page that follows.
func BenchmarkUpdate(b *testing.B) {
	s := ready()
	for range 99 {
		s.Symbols = append(s.Symbols, status.Symbol{Symbol: "X"})
	}
	board := status.NewBoard(s)
	for b.Loop() {
		board.Update(func(s *status.Snapshot) { s.Step = s.At })
	}
}
