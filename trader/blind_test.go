package trader

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
)

// alerts keeps the log's errors.
type alerts struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (a *alerts) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.buf.Write(p)
}

func (a *alerts) count(text string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return strings.Count(a.buf.String(), text)
}

// TestBlindnessIsAnAlertAndNotReady: with shares held and data stale there was one INFO line, then silence
// for as long as it lasted.
func TestBlindnessIsAnAlertAndNotReady(t *testing.T) {
	for name, c := range map[string]struct {
		begin, end func(w *world)
		seen       time.Duration // later, for what was sent stays fresh until it is old
	}{
		"stale data": {
			func(w *world) { w.frozen = true }, func(w *world) { w.frozen = false }, DefaultMaxBarAge,
		},
		"no answers": {
			func(w *world) { w.ask = hang("bars") },
			func(w *world) { w.ask = nil }, DefaultMaxBarAge,
		},
		"no Gateway": {
			func(w *world) { w.dial = func(context.Context) error { return errRefused }; w.session.end(errDropped) },
			func(w *world) { w.dial = nil }, 0,
		},
		"IBKR away": {
			func(w *world) { w.session.say(broker.StateChange{State: broker.Degraded, Code: 1100}) },
			func(w *world) { w.session.say(broker.StateChange{State: broker.Ready, Code: 1102}) }, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				var log alerts
				r.cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelError}))
				var told atomic.Value
				r.cfg.OnReady = func(ok bool, why string) {
					if ok {
						why = "ready"
					}
					told.Store(why)
				}
				change := func(f func(w *world)) {
					r.w.mu.Lock()
					defer r.w.mu.Unlock()
					f(r.w)
				}
				l := r.start()
				r.later(time.Minute)
				if ready := told.Load(); ready != "ready" || log.count("msg=blind") != 0 {
					t.Fatalf("after a good minute: %s", ready)
				}
				change(c.begin)
				r.later(c.seen + DefaultBlindAfter - 2*time.Minute)
				if ready := told.Load(); ready != "ready" || log.count("msg=blind") != 0 {
					t.Errorf("alerted after three minutes: %s", ready)
				}
				r.later(4 * time.Minute)
				if ready := told.Load(); ready == "ready" || log.count("msg=blind") != 1 || log.count("held=10") != 1 {
					t.Errorf("after seven minutes: %s, %d alerts", ready, log.count("msg=blind"))
				}
				r.later(2 * time.Hour)
				if n := log.count("msg=blind"); n < 4 || n > 7 {
					t.Errorf("%d alerts in two hours", n)
				}
				change(c.end)
				r.later(3 * time.Minute)
				if ready := told.Load(); ready != "ready" {
					t.Errorf("after it was over: %s", ready)
				}
				r.wantCode(l.stop(), exit.OK)
			})
		})
	}
}
