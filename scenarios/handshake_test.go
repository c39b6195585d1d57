package scenarios_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"ibsoak/fakegateway/fault"
	"ibsoak/harness"
	"ibsoak/scenarios"
)

func handshakeClaims() {
	holds("stall-handshake", func(c *claim) {
		c.forTrader = func(s *harness.Scenario) { // half a minute less than by its defaults
			s.Subject.Args = []string{"--handshake-timeout", "2s", "--ready-timeout", "3s"}
			for i := range s.Checks {
				if s.Checks[i].Name == "classified" {
					s.Checks[i].Within = 5 * time.Second
				}
			}
		}
	})
	holds("handshake-faults", func(*claim) {})
}

var _ = Describe("the schedule of handshake-faults", func() {
	It("ends one connection with each action at every byte up to the order id's last", func() {
		s, err := scenarios.Named("handshake-faults")
		Expect(err).NotTo(HaveOccurred())
		// From captures of a Gateway at 225: the version reply is "225\0" and a time of 21 bytes
		// with its NUL and zone, managedAccounts has 15 bytes of payload, nextValidId 6.
		const reply, accounts, orderID = 4 + 4 + 22, 4 + 15, 4 + 6
		Expect(s.Gateway.Faults).To(HaveLen(2 * (reply + accounts + orderID)))
		seen := make(map[int64]map[fault.Action]bool)
		for i, f := range s.Gateway.Faults {
			Expect(f.Where.Connection).To(Equal(i + 1))
			offset := *f.When.BytesOut
			if seen[offset] == nil {
				seen[offset] = make(map[fault.Action]bool)
			}
			seen[offset][f.What.Do] = true
		}
		for offset := range int64(reply + accounts + orderID) {
			Expect(seen[offset]).To(HaveLen(2), "offset %d", offset)
			Expect(seen[offset]).To(And(HaveKey(fault.FIN), HaveKey(fault.RST)))
		}
		Expect(s.Subject.Runs).To(Equal(len(s.Gateway.Faults)))
	})
})
