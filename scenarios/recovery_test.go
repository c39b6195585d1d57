package scenarios_test

// recoveryScale makes cycles half a second apart, so that what these runs take is the traders'
// own deadlines and back-off, which nobody can scale from outside.
const recoveryScale = 60

func recoveryClaims() {
	holds("rst-mid-session", func(c *claim) {
		c.scale, c.mutantScale = recoveryScale, recoveryScale
		c.control = true
		c.kills = kills{
			"blind-reconnect": "first-bytes",
			"never-recovers":  "recovery",
			"resends-order":   "no-duplicate-orders",
		}
	})
	holds("half-close", func(c *claim) {
		c.scale, c.mutantScale = recoveryScale, recoveryScale
		c.control = true
		c.kills = kills{"ignores-eof": "no-zombies-at-trader"}
	})
	holds("stall-mid-session", func(c *claim) {
		c.scale, c.mutantScale = recoveryScale, recoveryScale
		c.control = true
		c.kills = kills{"never-recovers": "recovery"}
	})
	holds("restart-recovery", func(c *claim) {
		c.scale, c.mutantScale = recoveryScale, recoveryScale
		c.control = true
		c.kills = kills{
			"tight-reconnect":        "connect-rate",
			"leaks-failed-handshake": "one-connection-per-client",
		}
	})
}
