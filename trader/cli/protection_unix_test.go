//go:build unix

package cli

import (
	"math/rand/v2"
	"testing"

	"ibsoak/fakegateway"
)

// TestKilledWithProtectionOn kills real processes at seeded messages of theirs, while they buy and sell
// in parts on a fast clock. The last life holds, and has one stop that is as large as its position.
func TestKilledWithProtectionOn(t *testing.T) {
	t.Parallel()
	const lives, seed, latest = 6, 9, 60 // latest message to be killed at
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	cfg := fakegateway.Config{Clock: fakegateway.Clock{Scale: 60}}
	cfg.MaxFillShares = 2
	r := newRig(t, cfg)
	w := r.watch()
	for range lives {
		child := newChild(t, r)
		child.Args = append(child.Args, "--shares", "5", "--stop", "5%", "--strategy", "alternate",
			"--absence-wait", "1s", "--max-orders-per-day", "-1")
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		had, at := len(r.gw.Connections()), 1+random.IntN(latest)
		r.await("a message to be killed at", func(v *fakegateway.View) bool {
			n := 0
			for _, c := range v.Connections()[had:] {
				for _, of := range c.MessagesIn {
					n += of
				}
			}
			return n >= at
		})
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := child.Wait(); err == nil {
			t.Error("a killed trader ended well")
		}
		r.await("the Gateway to notice", func(v *fakegateway.View) bool {
			conns := v.Connections()
			return !conns[len(conns)-1].Closed.IsZero()
		})
	}
	run := r.protected("--absence-wait", "1s", "--max-orders-per-day", "-1")
	r.awaitStops("a stop of five", 5)
	run.stop()
	w.want(t)
	r.wantOneOrderAnIntent()
	r.wantHeld(5)
	r.wantAccounts()
}
