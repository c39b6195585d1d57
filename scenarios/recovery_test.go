package scenarios_test

import (
	"time"

	"ibsoak/harness"
)

// recoveryScale makes cycles half a second apart, so that what these runs take is the traders'
// own deadlines and back-off.
const recoveryScale = 60

// impatient allows mutants less time for a recovery than the claim does, because the harness
// waits that long for one that never comes. The control shows that it is enough.
func impatient(s *harness.Scenario) {
	for i := range s.Checks {
		if s.Checks[i].Name == "recovery" {
			s.Checks[i].Within = 10 * time.Second
		}
	}
}

func recoveryClaims() {
	recovers := func(name string, k kills) {
		holds(name, func(c *claim) {
			c.scale, c.mutantScale = recoveryScale, recoveryScale
			c.control, c.forMutants, c.kills = true, impatient, k
		})
	}
	recovers("rst-mid-session", kills{
		"blind-reconnect": {"first-bytes"},
		"never-recovers":  {"recovery"},
		"resends-order":   {"no-duplicate-orders"},
	})
	recovers("half-close", kills{
		"ignores-eof": {"no-zombies-at-trader"},
	})
	recovers("stall-mid-session", kills{
		"trusts-keepalive": {"recovery"},
	})
	recovers("restart-recovery", kills{
		"tight-reconnect":        {"connect-rate"},
		"leaks-failed-handshake": {"one-connection-per-client"},
	})
}
