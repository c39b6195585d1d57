package trader

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
	"ibsoak/trader/risk"
	"ibsoak/trader/strategy"
)

func d(s string) decimal.Decimal { return decimal.MustParse(s) }

// rig is a trader on a state directory, over a world. Each life is one run of an engine.
type rig struct {
	t   *testing.T
	w   *world
	cfg Config
	dir string
}

// inBubble runs body in virtual time with a rig that trades ten shares of AAPL.
func inBubble(t *testing.T, body func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, err := strategy.New(strategy.SMACross, strategy.Params{Shares: d("10"), Fast: 10, Slow: 20})
		if err != nil {
			t.Fatal(err)
		}
		body(&rig{t: t, w: newWorld(), dir: t.TempDir(), cfg: Config{
			Symbols: []string{"AAPL"}, ClientID: 1, Strategy: s, Limits: risk.Limits{},
		}})
	})
}

// life is one run in the background.
type life struct {
	r      *rig
	engine *Engine
	j      *journal.Journal
	cancel context.CancelFunc
	done   chan struct{}
	err    error
}

func (r *rig) start() *life {
	r.t.Helper()
	j, err := journal.Open(r.t.Context(), r.dir)
	if err != nil {
		r.t.Fatal(err)
	}
	e, err := New(r.cfg, r.w.connect(func() int64 {
		floor, err := j.OrderIDFloor(r.t.Context(), r.cfg.ClientID)
		if err != nil {
			r.t.Error(err)
		}
		return floor
	}), j)
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(r.t.Context())
	l := &life{r: r, engine: e, j: j, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(l.done)
		l.err = e.Run(ctx)
	}()
	return l
}

// stop ends the life as SIGTERM does and gives its error.
func (l *life) stop() error {
	l.r.t.Helper()
	begin := time.Now()
	l.cancel()
	err := l.wait()
	if took := time.Since(begin); took > 3*time.Second {
		l.r.t.Errorf("the stop took %s, limit 3 s", took)
	}
	return err
}

// wait waits for the life's own end.
func (l *life) wait() error {
	l.r.t.Helper()
	<-l.done
	l.cancel()
	if err := l.j.Close(); err != nil {
		l.r.t.Error(err)
	}
	return l.err
}

// later lets virtual time pass, and everything that happens in it happen.
func (r *rig) later(d time.Duration) {
	r.t.Helper()
	if !sleep(r.t.Context(), d) {
		r.t.Fatal("the test ended")
	}
	synctest.Wait()
}

// once is one life with --once.
func (r *rig) once() error {
	r.t.Helper()
	r.cfg.Once = true
	return r.start().wait()
}

// journal opens the state directory between lives.
func (r *rig) journal(look func(j *journal.Journal)) {
	r.t.Helper()
	j, err := journal.Open(r.t.Context(), r.dir)
	if err != nil {
		r.t.Fatal(err)
	}
	look(j)
	if err := j.Close(); err != nil {
		r.t.Error(err)
	}
}

func (r *rig) wantCode(err error, want exit.Code) {
	r.t.Helper()
	if code, ok := exit.Of(err); !ok || code != want {
		r.t.Errorf("ended with %d %s (%v), want %d %s", code, code, err, want, want)
	}
}

// wantBooks compares the journal with the world: the same shares, each intent at most one order,
// the intents in these states, and books that add up.
func (r *rig) wantBooks(states ...journal.State) {
	r.t.Helper()
	for ref, n := range r.w.refs() {
		if n != 1 {
			r.t.Errorf("%d orders carry the reference %s", n, ref)
		}
	}
	r.journal(func(j *journal.Journal) {
		p, err := j.Position(r.t.Context(), r.w.account, r.w.conID("AAPL"))
		if err != nil {
			r.t.Fatal(err)
		}
		if held := r.w.held(); p.Total.Cmp(held) != 0 {
			r.t.Errorf("the books say %s, the broker %s", p.Total, held)
		}
		intents, err := j.Intents(r.t.Context())
		if err != nil {
			r.t.Fatal(err)
		}
		var got []journal.State
		for _, in := range intents {
			got = append(got, in.State)
			if in.Executed.Cmp(in.Quantity) > 0 {
				r.t.Errorf("intent %s executed %s of %s", in.ID, in.Executed, in.Quantity)
			}
		}
		if !equal(got, states) {
			r.t.Errorf("intents are %v, want %v", got, states)
		}
	})
}

func equal(a, b []journal.State) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// hang is a script that never answers the named request.
func hang(what string) func(context.Context, string) error {
	return func(ctx context.Context, asked string) error {
		if asked != what {
			return nil
		}
		<-ctx.Done()
		return errors.Join(errNeverAnswered, broker.ErrIncomplete, ctx.Err())
	}
}

var errNeverAnswered = errors.New("the End never came")
