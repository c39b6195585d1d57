package scenarios

import (
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/harness"
)

func orderFaults() harness.Scenario {
	faults := []fault.Fault{
		{
			ID: "never-arrived", Why: "the order was read and nobody acted on it",
			When: fault.When{Inbound: "placeOrder", Nth: 1},
		},
		{
			ID: "unacknowledged", Why: "the order works, and its acknowledgement is lost",
			When: fault.When{Outbound: "openOrder", Nth: 1},
		},
		{
			ID: "unreported", Why: "the order was acknowledged, and its status is lost",
			When: fault.When{Outbound: "orderStatus", Nth: 1},
		},
	}
	for i := range faults {
		faults[i].Where.Connection = i + 1
		faults[i].What.Do = fault.RST
	}
	return harness.Scenario{
		Name: "order-faults",
		Summary: "Connections lost around an order, before, at and after its acknowledgement, never " +
			"make it two.",
		Why: "A trader cannot tell the three apart when they happen: in each its order was sent and " +
			"nothing came back. Sending it again is right in the first and buys twice in the other " +
			"two. Only the broker's own record can say. The trader has an order for every cycle, so " +
			"each connection has one to lose.",
		Labels:  []string{"short", "orders", "recovery"},
		Gateway: harness.Gateway{Faults: faults},
		Subject: harness.Subject{
			Mode: harness.Continuous, Interval: interval, Cycles: 12,
			Args: []string{"--strategy", "alternate", "--absence-wait", "2s"},
		},
		Checks: recoveryChecks(len(faults), firstTry+interval, 12,
			// One order of each connection but the first reached the books, or the run shows nothing.
			harness.Check{Name: "no-duplicate-orders", Evidence: len(faults) - 1}),
		Limit: 20 * time.Minute,
	}
}
