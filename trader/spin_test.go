package trader

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"ibsoak/trader/broker"
	"ibsoak/trader/status"
)

// tally counts what a trader's log has, without keeping it.
type tally struct{ lines, bytes atomic.Int64 }

func (n *tally) Write(p []byte) (int, error) {
	n.lines.Add(int64(bytes.Count(p, []byte("\n"))))
	n.bytes.Add(int64(len(p)))
	return len(p), nil
}

// TestNothingSpins: in every state, for an hour, the rates of dials, cycles, questions and log lines are
// bounded. A trader that spun on a closed market has written 20 GB of log in an hour.
func TestNothingSpins(t *testing.T) {
	atOnce := func(context.Context, string) error { return errors.Join(broker.ErrIncomplete, errDropped) }
	dropAt := func(w *world, what string) func(context.Context, string) error {
		return func(_ context.Context, asked string) error {
			if asked == what {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.session.end(errDropped)
			}
			return nil
		}
	}
	for name, begin := range map[string]func(w *world){
		"all is well":                func(*world) {},
		"refused at once":            func(w *world) { w.dial = func(context.Context) error { return errRefused } },
		"closed after the handshake": func(w *world) { w.ask = dropAt(w, "open orders") },
		"closed after reconciling":   func(w *world) { w.ask = dropAt(w, "bars") },
		"every answer an error":      func(w *world) { w.ask = atOnce },
		"no answers":                 func(w *world) { w.ask = hang("time") },
		"bars are refused at once": func(w *world) {
			w.ask = func(_ context.Context, what string) error {
				if what == "bars" {
					return &broker.Error{Code: 162, Message: "pacing violation"}
				}
				return nil
			}
		},
		"old bars":              func(w *world) { w.frozen = true },
		"an old clock":          func(w *world) { w.behind = time.Hour },
		"an unknown symbol":     func(w *world) { w.unknown = "AAPL" },
		"an order of no news":   func(w *world) { w.answers = []answer{swallow} },
		"an order that lives":   func(w *world) { w.answers = []answer{acknowledge}; w.stubborn = true },
		"every order refused":   func(w *world) { w.answers = repeated(refuse, 500) },
		"every order ends lost": func(w *world) { w.answers = repeated(withholdAndDrop, 500) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				const hours = 1
				var log tally
				var questions atomic.Int64
				r.cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
				r.cfg.Board = status.NewBoard(status.Snapshot{})
				begin(r.w)
				ask := r.w.ask
				r.w.ask = func(ctx context.Context, what string) error {
					questions.Add(1)
					if ask != nil {
						return ask(ctx, what)
					}
					return nil
				}
				l := r.start()
				r.later(hours * time.Hour)
				s := r.cfg.Board.Load()
				if err := l.stop(); err != nil {
					t.Logf("ended with %v", err) // an order may be unknown
				}
				for _, rate := range []struct {
					what     string
					got      int64
					mostHour int64
				}{
					{"dials", int64(len(r.w.dials)), 121}, // one an interval: a session that completed a cycle was useful
					{"cycles", s.Cycle.Completed + s.Cycle.Failed, 2 * 121},
					{"questions", questions.Load(), 121 * 16},
					{"log lines", log.lines.Load(), 1000},
					{"bytes of log", log.bytes.Load(), 400_000},
					{"events of the timeline", int64(len(s.Timeline)), status.MaxTimeline / hours},
				} {
					if rate.got > hours*rate.mostHour {
						t.Errorf("%d %s in %d hours, at most %d allowed", rate.got, rate.what, hours, hours*rate.mostHour)
					}
				}
				if s.Step.Before(time.Now().Add(-s.Patience)) {
					t.Errorf("no step since %s", s.Step)
				}
			})
		})
	}
}

func repeated(a answer, n int) []answer {
	all := make([]answer, n)
	for i := range all {
		all[i] = a
	}
	return all
}
