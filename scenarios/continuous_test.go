package scenarios_test

func continuousClaims() {
	holds("continuous-1h", func(c *claim) {
		c.long = true
	})
	// The same 120 cycles in a minute; for the mutants in twelve seconds.
	holds("continuous-1h", func(c *claim) {
		c.scale, c.mutantScale = 60, 300
		c.control = true
		c.kills = kills{
			"reconnects-each-cycle":  {"one-connection"},
			"sits-idle":              {"cycles"},
			"ignores-sigterm":        {"sigterm"},
			"leaks-fd-per-cycle":     {"steady-fds"},
			"leaks-thread-per-cycle": {"steady-threads"},
			"leaks-memory-per-cycle": {"memory"},
		}
	})
}
