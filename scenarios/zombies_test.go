package scenarios_test

func zombieClaims() {
	holds("consecutive-10-leaky", func(c *claim) {
		c.control = true
		c.forMutants = firstLives(5) // the fourth of a leaking trader meets silence
		c.kills = kills{
			"naive": {"no-zombies-at-gateway", "completed-handshakes", "exit-codes"},
		}
	})
	holds("zombies-present", func(c *claim) {
		c.kills = kills{
			"control":               {"one-connection"}, // dials, because it does not look
			"exits-zero-on-failure": {"classified"},
		}
	})
	holds("kill-9-mid-session", func(c *claim) {
		c.control = true
		// The first lives, one in each phase of a session: a plain close leaves a zombie in every one.
		c.forMutants = firstLives(len(c.Subject.KillPoints))
		c.kills = kills{"plain-close": {"no-zombies-at-gateway"}}
	})
}
