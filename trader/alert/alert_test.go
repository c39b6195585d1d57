package alert

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/trader/status"
)

// fine is a trader that nothing is wrong with, at this instant.
func fine() status.Snapshot {
	now := time.Now()
	return status.Snapshot{
		Begun: now, Step: now, Patience: 1000 * time.Hour, BlindAfter: 5 * time.Minute, Gateway: "127.0.0.1:4002",
		Account: "D***0001", Session: status.Session{State: status.Synced, Since: now},
		Cycle:   status.Cycle{Interval: 1000 * time.Hour},
		Symbols: []status.Symbol{{Symbol: "AAPL", At: now}, {Symbol: "NVDA", At: now}},
	}
}

// TestConditions: each kind of alert is raised by what it is for, when it is for it and not before.
func TestConditions(t *testing.T) {
	now := time.Now()
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	ten := decimal.MustNew(10, 0)
	seen := map[string]bool{Exit: true} // which Close raises
	for name, c := range map[string]struct {
		change func(s *status.Snapshot)
		want   []string
	}{
		"nothing":         {func(*status.Snapshot) {}, nil},
		"blind, not long": {func(s *status.Snapshot) { s.Symbols[0].Blind = ago(4 * time.Minute) }, nil},
		"blind": {
			func(s *status.Snapshot) { s.Symbols[0].Blind, s.Symbols[0].Held = ago(6*time.Minute), ten },
			[]string{"blind AAPL: AAPL, 10 held: "},
		},
		"all blind": {
			func(s *status.Snapshot) {
				s.Symbols[0].Blind, s.Symbols[1].Blind, s.Symbols[1].Held = ago(6*time.Minute), ago(7*time.Minute), ten
			},
			[]string{"blind all: all 2 symbols: ; held: 10 NVDA"},
		},
		"engine hangs": {func(s *status.Snapshot) { s.Patience, s.Step = time.Minute, ago(2*time.Minute) }, []string{"stuck"}},
		"ended":        {func(s *status.Snapshot) { s.Patience, s.Step, s.Ended = time.Minute, ago(2*time.Minute), "exit 0, ok" }, nil},
		"reconnecting": {
			func(s *status.Snapshot) { s.Session.State, s.Session.Down = status.Waiting, ago(6*time.Minute) },
			[]string{"reconnecting : session is waiting"},
		},
		"a short reconnect": {func(s *status.Snapshot) { s.Session.State, s.Session.Down = status.Waiting, ago(time.Minute) }, nil},
		"flapping": { // connected for a moment only, again and again
			func(s *status.Snapshot) {
				s.Session.State, s.Session.Down, s.Session.Since = status.Connected, ago(6*time.Minute), now
			},
			[]string{"reconnecting : session is connected"},
		},
		"IBKR away": {
			func(s *status.Snapshot) { s.Session.State, s.Session.Since = status.Degraded, ago(6*time.Minute) }, []string{"degraded"},
		},
		"an order of no news": {
			func(s *status.Snapshot) {
				s.Orders = []status.Order{
					{Intent: "I1", State: status.Unknown, Since: ago(6 * time.Minute)},
					{Intent: "I2", State: status.Unknown, Since: ago(time.Minute)},
					{Intent: "I3", State: "working"},
				}
			},
			[]string{"unknown-order I1"},
		},
		"halted":                 {func(s *status.Snapshot) { s.Halted = "day loss" }, []string{"halted : day loss"}},
		"unprotected":            {func(s *status.Snapshot) { s.Unguarded = []string{"NVDA"} }, []string{"unprotected NVDA"}},
		"zombies":                {func(s *status.Snapshot) { s.CloseWait.Gateway = 2 }, []string{"zombies : 2 sockets in CLOSE_WAIT"}},
		"disk full":              {lost(3, ago(time.Hour), false), []string{"unrecorded audit: 3 lines"}},
		"disk full a moment ago": {lost(3, ago(time.Minute), true), []string{"unrecorded audit: 3 lines"}},
		"disk full, and over":    {lost(3, ago(6*time.Minute), true), nil},
	} {
		s := fine()
		s.Symbols = append([]status.Symbol{}, s.Symbols...)
		c.change(&s)
		found := Conditions(&s, now, DefaultAfter)
		if len(found) != len(c.want) {
			t.Errorf("%s: %+v, want %q", name, found, c.want)
			continue
		}
		for i, f := range found {
			seen[f.Name] = true
			if text := f.Name + " " + f.Subject + ": " + f.Text; !strings.HasPrefix(text, c.want[i]) || f.Do == "" {
				t.Errorf("%s: %q (do %q), want %q", name, text, f.Do, c.want[i])
			}
		}
	}
	for _, r := range Table {
		if !seen[r.Name] {
			t.Errorf("no case raises %s", r.Name)
		}
	}
}

// lost is a snapshot's change by lines of the audit that could not be written.
func lost(n int64, last time.Time, repaired bool) func(s *status.Snapshot) {
	return func(s *status.Snapshot) {
		s.Losses = map[string]int64{"audit": n}
		s.Lost = map[string]status.Loss{"audit": {At: last, Repaired: repaired}}
	}
}

// ear is a hook that keeps what it is told.
type ear struct {
	mu   sync.Mutex
	got  []Message
	fail bool
	slow time.Duration
}

func (*ear) name() string { return "ear" }

func (e *ear) deliver(ctx context.Context, m Message) error {
	if e.slow > 0 {
		timer := time.NewTimer(e.slow)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.fail {
		return errors.New("busy")
	}
	e.got = append(e.got, m)
	return nil
}

func (e *ear) messages() []Message {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.got
}

// watched runs a watcher with one hook in virtual time.
func watched(t *testing.T, h *ear, body func(b *status.Board)) *status.Board {
	t.Helper()
	board := status.NewBoard(fine())
	w, err := New(Config{Board: board})
	if err != nil {
		t.Fatal(err)
	}
	w.hooks = []hook{h}
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() { w.Run(ctx) })
	body(board)
	cancel()
	all.Wait()
	w.Close(t.Context(), "")
	return board
}

func later(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
	synctest.Wait()
}

func halt(b *status.Board, why string) { b.Update(func(s *status.Snapshot) { s.Halted = why }) }

// TestEachConditionIsToldOnceRepeatedAndOver.
func TestEachConditionIsToldOnceRepeatedAndOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &ear{}
		board := watched(t, h, func(b *status.Board) {
			halt(b, "day loss")
			later(t, 10*time.Minute)
			if got := h.messages(); len(got) != 1 || !strings.Contains(got[0].Text, "halted: day loss") {
				t.Errorf("after ten minutes: %+v", got)
			}
			later(t, 12*time.Hour)
			if n := len(h.messages()); n < 5 || n > 9 {
				t.Errorf("%d messages in twelve hours about one condition", n)
			}
			halt(b, "")
			later(t, time.Minute)
			if got := h.messages(); !strings.Contains(got[len(got)-1].Text, "over: halted") {
				t.Errorf("the last: %+v", got[len(got)-1])
			}
		})
		if a := board.Load().Alerts; a.Raised != 1 || a.Active != 0 || a.Failed != 0 {
			t.Errorf("%+v", a)
		}
	})
}

// TestTheRateIsLimitedAndNothingIsLost: a thousand conditions that come and go are a few messages, which have
// the last word about each.
func TestTheRateIsLimitedAndNothingIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &ear{}
		board := watched(t, h, func(b *status.Board) {
			for i := range 1000 {
				b.Update(func(s *status.Snapshot) {
					s.Halted, s.Unguarded = "", nil
					if i%2 == 0 {
						s.Halted, s.Unguarded = "day loss", []string{"AAPL"}
					}
				})
				later(t, 2*time.Second)
			}
			later(t, time.Hour)
		})
		got := h.messages()
		if most := 3 + 2*DefaultRate; len(got) < 3 || len(got) > most {
			t.Errorf("%d messages, at most %d allowed", len(got), most)
		}
		if a := board.Load().Alerts; a.Raised != 1000 || a.Held == 0 {
			t.Errorf("%+v", a)
		}
		last := map[string]string{}
		for _, m := range got {
			for _, n := range m.Notices {
				last[n.key()] = n.State
			}
		}
		if last["halted "] != Over || last["unprotected AAPL"] != Over {
			t.Errorf("the last words are %v", last)
		}
	})
}

// TestAFailedDeliveryIsTriedAgainAndCounted, and one that hangs ends at its deadline.
func TestAFailedDeliveryIsTriedAgainAndCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &ear{fail: true}
		board := watched(t, h, func(b *status.Board) {
			halt(b, "day loss")
			later(t, 10*time.Minute)
			h.mu.Lock()
			h.fail = false
			h.mu.Unlock()
			later(t, 10*time.Minute)
		})
		got := h.messages()
		if a := board.Load().Alerts; len(got) == 0 || !strings.Contains(got[0].Text, "day loss") || a.Failed < 4 || a.Failed > 12 {
			t.Errorf("%d messages, %+v", len(got), a)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		h := &ear{slow: time.Hour}
		board := watched(t, h, func(b *status.Board) {
			halt(b, "day loss")
			later(t, time.Minute)
		})
		if a := board.Load().Alerts; a.Failed == 0 || a.Active != 1 {
			t.Errorf("a hook that hangs: %+v", a)
		}
	})
}

// TestTheExitIsTold at once, whatever the limit, with what was held back.
func TestTheExitIsTold(t *testing.T) {
	h := &ear{}
	w, err := New(Config{Board: status.NewBoard(fine())})
	if err != nil {
		t.Fatal(err)
	}
	w.hooks = []hook{h}
	for w.limiter.Allow() {
	}
	halt(w.cfg.Board, "day loss")
	w.turn(t.Context())
	if len(h.got) != 0 {
		t.Error("the limit on the rate let it through")
	}
	w.Close(t.Context(), "the journal of account DU9000001 is full (exit 26, state-unusable)")
	if len(h.got) != 1 || len(h.got[0].Notices) != 2 || strings.Contains(h.got[0].Text, "DU9000001") ||
		!strings.Contains(h.got[0].Text, "exit: the journal of account D***0001 is full (exit 26") {
		t.Errorf("%+v", h.got)
	}
	var log bytes.Buffer
	w, err = New(Config{Board: status.NewBoard(fine()), Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	w.hooks = []hook{&ear{fail: true}}
	w.Close(t.Context(), "the end")
	if !strings.Contains(log.String(), "alerts are lost") || !strings.Contains(log.String(), "the end") {
		t.Errorf("what no hook took is not logged: %s", &log)
	}
}

// TestHooks: a command gets JSON and the text, a webhook JSON; a failure names no secret.
func TestHooks(t *testing.T) {
	m := Message{Text: "halted: day loss", Notices: []Notice{{Condition{Name: Halted}, Raised}}}
	out := filepath.Join(t.TempDir(), "out")
	c, err := parseCommand(`sh -c 'cat > "$0"; echo "$TRADER_ALERT" >> "$0"' ` + out)
	if err != nil {
		t.Skipf("no shell: %v", err)
	}
	if err := c.deliver(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(out)
	if err != nil || !strings.Contains(string(data), `"name":"halted"`) || !strings.HasSuffix(string(data), "}halted: day loss\n") {
		t.Errorf("the command got %q, %v", data, err)
	}
	bad, err := parseCommand(`sh -c 'echo no paper >&2; exit 3'`)
	if err != nil {
		t.Fatal(err)
	}
	if err := bad.deliver(t.Context(), m); err == nil || !strings.Contains(err.Error(), "no paper") {
		t.Errorf("a command that fails: %v", err)
	}
	hanging, err := parseCommand(`sh -c 'exec sleep 60'`)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := hanging.deliver(ctx, m); err == nil {
		t.Error("a command that hangs was no failure")
	}

	var got Message
	code := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		w.WriteHeader(code)
	}))
	defer server.Close()
	h, err := parseWebhook(server.URL + "/T0KEN?key=secret")
	if err != nil {
		t.Fatal(err)
	}
	if err := h.deliver(t.Context(), m); err != nil || got.Text != m.Text {
		t.Errorf("%v, got %+v", err, got)
	}
	code = http.StatusForbidden
	refused := h.deliver(t.Context(), m)
	server.Close()
	gone := h.deliver(t.Context(), m)
	for _, err := range []error{refused, gone} {
		if err == nil || strings.Contains(err.Error(), "T0KEN") || strings.Contains(err.Error(), "secret") {
			t.Errorf("a webhook that fails: %v", err)
		}
	}
}
