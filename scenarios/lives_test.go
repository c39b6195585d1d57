package scenarios_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ibsoak/scenarios"
	"ibsoak/trader/exit"
)

func livesClaims() {
	holds("once", func(*claim) {})
	holds("consecutive-10", func(*claim) {})
	holds("consecutive-300", func(c *claim) {
		c.long = true
	})
}

var _ = Describe("the exit codes that scenarios allow", func() {
	It("are those of the bundled trader", func() {
		known := make(map[int]bool)
		for _, row := range exit.Table {
			known[int(row.Code)] = true
		}
		for _, s := range scenarios.All() {
			for _, check := range s.Checks {
				for _, code := range check.Exits {
					Expect(known).To(HaveKey(code), "%s, %s", s.Name, check.Name)
				}
			}
		}
		Expect(allowed("zombies-present", "classified")).To(ConsistOf(int(exit.Zombies)))
		Expect(allowed("stall-handshake", "classified")).To(ConsistOf(
			int(exit.NoHandshakeReply), int(exit.WrongAccount), int(exit.NoNextValidID)))
		Expect(allowed("handshake-faults", "classified")).To(ConsistOf(
			int(exit.HandshakeClosed), int(exit.HandshakeReset)))
	})
})

// allowed are the exit codes that a scenario's check allows.
func allowed(scenario, check string) []int {
	GinkgoHelper()
	s, err := scenarios.Named(scenario)
	Expect(err).NotTo(HaveOccurred())
	for _, c := range s.Checks {
		if c.Name == check {
			return c.Exits
		}
	}
	Fail(scenario + " has no check " + check)
	return nil
}
