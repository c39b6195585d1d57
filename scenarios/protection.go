package scenarios

import (
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/session"
	"ibsoak/harness"
)

func positionProtected() harness.Scenario {
	wanted := holdsShares(10)
	wanted.KeepsStops = true
	return harness.Scenario{
		Name: "position-protected",
		Summary: "A position that comes in parts, with its session lost in between, has a stop at the broker that " +
			"is as large as it is within ten seconds of each change.",
		Why: "A stop that is sent once the order has filled leaves the parts bare for as long as that takes, and for " +
			"good when the session ends first. One that was sent for all of the order sells what is not there while " +
			"only a part has filled.",
		Labels: []string{"short", "orders", "protection"},
		Gateway: harness.Gateway{
			Settings: settings(session.Semantics{MaxFillShares: 3, FillLatency: 10 * time.Second}),
			Faults: []fault.Fault{{
				ID: "in-parts", Why: "the session ends when half of it has filled", Where: fault.Where{Connection: 1},
				When: fault.When{Outbound: "execDetails", Nth: 2, Of: fault.Values{"reqId": int64(-1)}},
				What: fault.What{Do: fault.RST},
			}},
		},
		Subject: harness.Subject{
			Trader: wanted, Mode: harness.Continuous, Interval: interval, Cycles: 40,
			Args: []string{"--strategy", "hold", "--shares", "10"},
		},
		Checks: recoveryChecks(1, firstTry+interval, 40,
			harness.Check{Name: "protected", Evidence: 1},
			harness.Check{Name: "exposure", Evidence: 1}),
		Limit: 40 * time.Minute,
	}
}
