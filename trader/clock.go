package trader

import (
	"context"
	"time"
)

// Clock is the time that an engine goes by. A backtest has its own, which stands still while a cycle
// works and then goes on to the next bar; everybody else has the host's.
type Clock interface {
	Now() time.Time
	// Wait returns at until, or earlier when ctx or over ends. It is called between two cycles.
	Wait(ctx context.Context, until time.Time, over <-chan struct{})
}

// now is what the engine's clock says.
func (e *Engine) now() time.Time {
	if c := e.cfg.Clock; c != nil {
		return c.Now()
	}
	return time.Now()
}

// since is how long ago t was.
func (e *Engine) since(t time.Time) time.Duration { return e.now().Sub(t) }
