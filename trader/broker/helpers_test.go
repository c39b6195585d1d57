package broker_test

import (
	"context"
	"testing"
	"time"

	"ibsoak/trader/broker"
)

// ctxWithin bounds a step by a limit that only a broken program reaches. It outlives the test's
// own context, so that cleanups can use it.
func ctxWithin(t testing.TB, limit time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), limit)
	t.Cleanup(cancel)
	return ctx
}

// awaitEvent consumes events up to one of type T that fits.
func awaitEvent[T broker.Body](t testing.TB, s *broker.Session, what string, fits func(T) bool) T {
	t.Helper()
	ctx := ctxWithin(t, 20*time.Second)
	for {
		select {
		case e, ok := <-s.Events():
			if !ok {
				t.Fatalf("%s: session over: %v", what, s.Err())
			}
			if e.Generation != s.Generation() {
				t.Errorf("event of generation %d in session %d", e.Generation, s.Generation())
			}
			if body, ok := e.Body.(T); ok && fits(body) {
				return body
			}
		case <-ctx.Done():
			t.Fatalf("%s did not come", what)
		}
	}
}
