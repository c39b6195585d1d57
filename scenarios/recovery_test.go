package scenarios_test

import (
	"time"

	"ibsoak/harness"
)

// recoveryScale makes cycles half a second apart, so that what these runs take is the traders'
// own deadlines and back-off.
const recoveryScale = 60

// bounded ends a mutant's run after eight seconds, which is enough to recover in, as the control
// shows. Without it the harness would wait as long as the claim allows for what never comes.
func bounded(s *harness.Scenario) { s.Subject.For = recoveryScale * 8 * time.Second }

func recoveryClaims() {
	recovers := func(name string, k kills) {
		holds(name, func(c *claim) {
			c.scale, c.mutantScale = recoveryScale, recoveryScale
			c.control, c.forMutants, c.kills = true, bounded, k
		})
	}
	recovers("rst-mid-session", kills{
		"blind-reconnect": {"first-bytes"},
		"never-recovers":  {"recovery", "cycles"},
		"two-connections": {"one-connection-per-client"},
	})
	recovers("half-close", kills{
		"ignores-eof": {"no-zombies-at-trader"},
	})
	recovers("half-close-leaky", kills{
		"plain-close": {"no-zombies-at-gateway"},
	})
	recovers("stall-mid-session", kills{
		"trusts-keepalive": {"recovery"},
	})
	holds("order-faults", func(c *claim) {
		c.scale, c.mutantScale = recoveryScale, recoveryScale
		c.forMutants = bounded
		c.kills = kills{"resends-order": {"no-duplicate-orders"}} // the control has no orders
	})
	holds("restart-recovery", func(c *claim) {
		c.scale, c.mutantScale = recoveryScale, recoveryScale
		c.control, c.forMutants = true, bounded
		// A stage is half a second at this scale. The trader must give up in each, as it does when
		// a stage is half a minute, and not sit it out.
		c.forTrader = func(s *harness.Scenario) {
			s.Subject.Args = []string{"--handshake-timeout", "300ms", "--ready-timeout", "300ms"}
		}
		c.kills = kills{"tight-reconnect": {"connect-rate"}}
	})
}
