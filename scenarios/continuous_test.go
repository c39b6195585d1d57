package scenarios_test

import "ibsoak/harness"

// firstCycles makes a continuous scenario shorter, with the count that its checks want.
func firstCycles(n int) func(*harness.Scenario) {
	return func(s *harness.Scenario) {
		for i := range s.Checks {
			if s.Checks[i].Want == s.Subject.Cycles {
				s.Checks[i].Want = n
			}
		}
		s.Subject.Cycles = n
	}
}

func continuousClaims() {
	holds("continuous-1h", func(c *claim) {
		c.long = true
	})
	// The same 120 cycles in a minute; for the mutants in ten seconds, and as many of them as it
	// takes to judge memory.
	holds("continuous-1h", func(c *claim) {
		c.scale, c.mutantScale = 60, 300
		c.control, c.forMutants = true, firstCycles(105)
		c.kills = kills{
			"reconnects-each-cycle":  {"one-connection"},
			"ignores-sigterm":        {"sigterm"},
			"leaks-fd-per-cycle":     {"steady-fds"},
			"leaks-thread-per-cycle": {"steady-threads"},
			"leaks-memory-per-cycle": {"memory"},
		}
	})
}
