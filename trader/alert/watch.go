package alert

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"ibsoak/trader/link"
	"ibsoak/trader/status"
)

// The defaults and limits of Config.
const (
	DefaultRate    = 12 // messages an hour
	DefaultTimeout = 10 * time.Second
	DefaultAfter   = 5 * time.Minute

	burst       = 3           // messages at once, after a quiet time
	look        = time.Second // how often conditions are looked for, at least
	firstRepeat = 15 * time.Minute
	mostRepeat  = 4 * time.Hour // between two words about the same condition
	firstRetry  = 5 * time.Second
	mostRetry   = 5 * time.Minute
	mostWaiting = 200 // notices that wait for a message; more are counted and summed up
)

// Config says what is worth an alert and where it goes. Without a hook an alert is a line of the log.
type Config struct {
	Command string        // a program and its arguments; "" is none
	Webhook string        // a URL that takes JSON; "" is none
	Rate    int           // messages an hour, default 12; further notices wait and go together
	Timeout time.Duration // for each delivery, default 10 s
	After   time.Duration // see Conditions, default 5 min
	Board   *status.Board
	Log     *slog.Logger
}

// Watcher looks at the board and tells. Use New.
type Watcher struct {
	cfg     Config
	hooks   []hook
	limiter *rate.Limiter

	active  map[string]*held
	waiting []Notice
	heldUp  int // of them, by the limit
	over    int // notices beyond mostWaiting
	retryAt time.Time
	retry   time.Duration
	owed    []hook // that have not taken message
	message Message
}

// held is a condition that holds.
type held struct {
	Condition
	told  time.Time
	every time.Duration
}

// New checks the configuration.
func New(cfg Config) (*Watcher, error) {
	w := &Watcher{cfg: cfg, active: map[string]*held{}}
	if cfg.Command != "" {
		c, err := parseCommand(cfg.Command)
		if err != nil {
			return nil, err
		}
		w.hooks = append(w.hooks, c)
	}
	if cfg.Webhook != "" {
		h, err := parseWebhook(cfg.Webhook)
		if err != nil {
			return nil, err
		}
		w.hooks = append(w.hooks, h)
	}
	if cfg.Rate == 0 {
		w.cfg.Rate = DefaultRate
	}
	if cfg.Timeout == 0 {
		w.cfg.Timeout = DefaultTimeout
	}
	if cfg.After == 0 {
		w.cfg.After = DefaultAfter
	}
	if cfg.Log == nil {
		w.cfg.Log = slog.New(slog.DiscardHandler)
	}
	if w.cfg.Rate < 0 || w.cfg.Timeout < 0 || w.cfg.After < 0 {
		return nil, fmt.Errorf("alerts: rate %d, timeout %s and wait %s must not be below 0",
			cfg.Rate, cfg.Timeout, cfg.After)
	}
	w.limiter = rate.NewLimiter(rate.Every(time.Hour/time.Duration(w.cfg.Rate)), burst)
	return w, nil
}

// Run looks and tells until ctx ends. A hook that is slow delays other alerts by Timeout at most. Trading does
// not wait for it; the trader's end does, in Close, for as long as its context allows.
func (w *Watcher) Run(ctx context.Context) {
	ticks := time.NewTicker(look)
	defer ticks.Stop()
	for {
		w.turn(ctx)
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
	}
}

// turn is one look and, when something waits and may go, one message.
func (w *Watcher) turn(ctx context.Context) {
	now := time.Now()
	w.look(now)
	if len(w.owed) == 0 && len(w.waiting) > 0 {
		if !w.limiter.AllowN(now, 1) {
			w.count(func(a *status.AlertCounts) { a.Held += int64(len(w.waiting) - w.heldUp) })
			w.heldUp = len(w.waiting)
			return
		}
		w.compose(now)
	}
	if len(w.owed) > 0 && !now.Before(w.retryAt) {
		w.deliver(ctx)
	}
}

// look compares what holds now with what held.
func (w *Watcher) look(now time.Time) {
	s := w.cfg.Board.Load()
	seen := map[string]bool{}
	for _, c := range Conditions(s, now, w.cfg.After) {
		seen[c.key()] = true
		h, known := w.active[c.key()]
		switch {
		case !known:
			w.active[c.key()] = &held{Condition: c, told: now, every: firstRepeat}
			w.raise(Notice{c, Raised})
		case now.Sub(h.told) >= h.every:
			c.Since = h.Since
			h.told, h.every = now, min(2*h.every, mostRepeat)
			w.raise(Notice{c, Still})
		}
	}
	for key, h := range w.active {
		if !seen[key] {
			delete(w.active, key)
			w.raise(Notice{h.Condition, Over})
		}
	}
	if n := len(w.active); n != s.Alerts.Active {
		w.count(func(a *status.AlertCounts) { a.Active = n })
	}
}

// raise logs a notice and lets it wait for a message.
func (w *Watcher) raise(n Notice) {
	n.Text = link.Redact(n.Text)
	switch {
	case n.Name == Exit: // which the last line on stderr says
	case n.State == Over:
		w.cfg.Log.Info("alert is over", "alert", n.Name, "subject", n.Subject)
	default:
		w.cfg.Log.Error("alert", "alert", n.Name, "subject", n.Subject, "what", n.Text, "do", n.Do)
	}
	w.cfg.Board.Update(func(s *status.Snapshot) {
		if n.State == Raised {
			s.Alerts.Raised++
		}
		if n.State != Still {
			s.Note(status.Event{Kind: "alert", Text: n.String(), Bad: n.State == Raised})
		}
	})
	if len(w.hooks) == 0 {
		return
	}
	for i, before := range w.waiting {
		if before.key() == n.key() {
			w.waiting[i] = n // the newest word about it
			return
		}
	}
	if len(w.waiting) >= mostWaiting {
		w.over++
		return
	}
	w.waiting = append(w.waiting, n)
}

func (w *Watcher) count(change func(a *status.AlertCounts)) {
	w.cfg.Board.Update(func(s *status.Snapshot) { change(&s.Alerts) })
}

// compose makes a message of everything that waits.
func (w *Watcher) compose(now time.Time) {
	s := w.cfg.Board.Load()
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	m := Message{
		At: now, Host: host, Gateway: s.Gateway, Account: s.Account, PID: s.PID, Held: w.heldUp, Notices: w.waiting,
	}
	var lines []string
	for _, n := range w.waiting {
		lines = append(lines, n.String())
	}
	if w.over > 0 {
		lines = append(lines, fmt.Sprintf("and %d more, which are in the log", w.over))
	}
	m.Text = fmt.Sprintf("trader on %s (%s): %s", host, s.Gateway, strings.Join(lines, "\n"))
	w.message, w.owed = m, slices.Clone(w.hooks)
	w.waiting, w.heldUp, w.over, w.retry, w.retryAt = nil, 0, 0, firstRetry, time.Time{}
}

// deliver hands the message to the hooks that do not have it yet.
func (w *Watcher) deliver(ctx context.Context) {
	w.owed = slices.DeleteFunc(w.owed, func(h hook) bool {
		limit, cancel := context.WithTimeout(ctx, w.cfg.Timeout)
		defer cancel()
		err := h.deliver(limit, w.message)
		if err == nil {
			return true
		}
		w.cfg.Log.Error("an alert was not delivered", "hook", h.name(), "error", err, "retry_in", w.retry)
		w.count(func(a *status.AlertCounts) { a.Failed++ })
		return false
	})
	if len(w.owed) == 0 {
		n := int64(len(w.message.Notices))
		w.count(func(a *status.AlertCounts) { a.Sent += n })
		return
	}
	w.retryAt = time.Now().Add(w.retry)
	w.retry = min(2*w.retry, mostRetry)
}

// Close tells what is left, once, whatever the limit on the rate, and an exit that nobody asked for: text is
// its line, "" for none. Run must have returned. What no hook took is logged.
func (w *Watcher) Close(ctx context.Context, text string) {
	if text != "" {
		w.raise(Notice{Condition{Exit, "", text, row(Exit).Do, time.Now()}, Raised})
	}
	if len(w.owed) > 0 {
		w.waiting = append(slices.Clone(w.message.Notices), w.waiting...)
	}
	if len(w.waiting) == 0 {
		return
	}
	w.compose(time.Now())
	w.deliver(ctx)
	if len(w.owed) > 0 {
		w.cfg.Log.Error("alerts are lost: the trader ends", "notices", len(w.message.Notices), "text", w.message.Text)
	}
}
