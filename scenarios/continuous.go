package scenarios

import (
	"time"

	"ibsoak/harness"
)

const (
	// interval is the pace of a trader on 30-second cycles, the one that the field reports use.
	interval = 30 * time.Second

	// workRequest is the request by which a cycle's work is recognised at the Gateway, in IBKR's
	// name: a trader that asks for no prices decides nothing.
	workRequest = "reqHistoricalData"
)

func continuous1h() harness.Scenario {
	const cycles = 120
	return harness.Scenario{
		Name: "continuous-1h",
		Summary: "One hour, 120 cycles, one connection, and neither descriptors, threads, processes, " +
			"memory nor open subscriptions grow.",
		Why: "120 cycles of 30 s are an hour. One socket, descriptor or thread lost a cycle is 120 " +
			"at the end, which no noise hides. A trader that connects each cycle makes 120 " +
			"connections where one is allowed. At time scale 60 the same 120 cycles take a minute.",
		Labels:  []string{"long", "zombies", "continuous", "nightly"},
		Subject: harness.Subject{Mode: harness.Continuous, Interval: interval, Cycles: cycles},
		Checks: with(
			harness.Check{Name: "one-connection", Want: 1},
			harness.Check{Name: "cycles", Want: cycles},
			harness.Check{Name: "pace"},
			harness.Check{Name: "steady-fds"},
			harness.Check{Name: "steady-threads"},
			harness.Check{Name: "steady-processes"},
			harness.Check{Name: "memory"},
			harness.Check{Name: "steady-subscriptions"},
			harness.Check{Name: "sigterm", Within: 3 * time.Second},
		),
		Limit: 80 * time.Minute,
	}
}
