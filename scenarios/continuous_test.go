package scenarios_test

func continuousClaims() {
	holds("continuous-1h", func(c *claim) {
		c.long = true
	})
	holds("continuous-1h", func(c *claim) {
		c.scale = 60 // the same 120 cycles in a minute
		c.alone = true
	})
}
