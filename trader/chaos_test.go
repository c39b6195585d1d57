package trader

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
)

// TestWhateverHappensTheBooksEqualTheBrokers runs lives against a world that withholds, drops,
// refuses, replays and loses at random, stops and restarts the trader, and then lets everything
// settle: no reference was ordered twice, nothing executed beyond its intent, and the trader's
// books are the broker's.
func TestWhateverHappensTheBooksEqualTheBrokers(t *testing.T) {
	const seeds = 2
	for seed := range uint64(seeds) {
		inBubble(t, func(r *rig) {
			t.Logf("seed %d", seed)
			random := rand.New(rand.NewPCG(seed, 0))
			r.cfg.AbsenceWait, r.cfg.Interval = 2*time.Minute, time.Minute
			chaos(r, random)
			settle(r)
		})
	}
}

func chaos(r *rig, random *rand.Rand) {
	var mu sync.Mutex // the script is asked from the engine's goroutine
	chance := func(percent int) bool {
		mu.Lock()
		defer mu.Unlock()
		return random.IntN(100) < percent
	}
	r.w.ask = func(ctx context.Context, what string) error {
		switch {
		case chance(1):
			return hang(what)(ctx, what)
		case chance(1):
			r.w.drop()
		case what == "place" && chance(5):
			return broker.ErrNotSent
		}
		return nil
	}
	const lives, steps = 3, 10
	for range lives {
		l := r.start()
		for range steps {
			r.w.mu.Lock()
			r.w.falling = chance(50)
			for len(r.w.answers) < 3 {
				mu.Lock()
				r.w.answers = append(r.w.answers, answer(random.IntN(int(leave)+1)))
				mu.Unlock()
			}
			if n := len(r.w.executions); n > 0 && r.w.live > 0 && chance(50) {
				r.w.session.say(r.w.executions[n-1]) // a replay
			}
			for _, o := range r.w.orders {
				if live(o.status) && chance(40) { // fills that nobody tells
					left, _ := o.Quantity.Sub(o.filled)
					r.w.execute(o, left)
				}
			}
			r.w.mu.Unlock()
			r.later(time.Minute)
		}
		if code, _ := exit.Of(l.stop()); code != exit.OK && code != exit.OrderUnknown {
			r.t.Errorf("a life ended with %s", code)
		}
	}
}

// settle lets the broker be good, and checks.
func settle(r *rig) {
	r.t.Helper()
	r.w.mu.Lock()
	r.w.ask, r.w.answers = nil, nil
	for _, o := range r.w.orders {
		if live(o.status) {
			o.status = "Cancelled"
		}
	}
	r.w.mu.Unlock()
	l := r.start()
	r.later(10 * time.Minute)
	r.wantCode(l.stop(), exit.OK)
	synctest.Wait()
	var states []journal.State
	r.journal(func(j *journal.Journal) {
		intents, err := j.Intents(r.t.Context())
		if err != nil {
			r.t.Fatal(err)
		}
		for _, in := range intents {
			states = append(states, in.State)
			if !in.State.Closed() {
				r.t.Errorf("intent %s is still %s: %s", in.ID, in.State, in.Reason)
			}
		}
	})
	r.wantBooks(states...)
	if r.w.mostLive > 1 {
		r.t.Errorf("%d sessions at once", r.w.mostLive)
	}
	r.t.Logf("%d intents, %d orders, %d executions, %d dials", len(states), len(r.w.orders),
		len(r.w.executions), len(r.w.dials))
}
