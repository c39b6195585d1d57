package scenarios_test

func zombieClaims() {
	holds("consecutive-10-leaky", func(*claim) {})
	holds("zombies-present", func(*claim) {})
	holds("kill-9-mid-session", func(*claim) {})
}
