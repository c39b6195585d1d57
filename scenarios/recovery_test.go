package scenarios_test

import "ibsoak/harness"

// recoveryScale makes cycles half a second apart, so that what these runs take is the traders'
// own deadlines and back-off.
const recoveryScale = 60

func recoveryClaims() {
	recovers := func(name string) {
		holds(name, func(c *claim) { c.scale = recoveryScale })
	}
	recovers("rst-mid-session")
	for _, name := range []string{"half-close", "half-close-leaky"} {
		holds(name, func(c *claim) { c.scale, c.alone = recoveryScale, true })
	}
	recovers("stall-mid-session")
	recovers("order-faults")
	holds("restart-recovery", func(c *claim) {
		c.scale = recoveryScale
		// A stage is half a second at this scale. The trader must give up in each, as it does when
		// a stage is half a minute, and not sit it out.
		c.forTrader = func(s *harness.Scenario) {
			s.Subject.Args = []string{"--handshake-timeout", "300ms", "--ready-timeout", "300ms"}
		}
	})
}
