package scenarios

import (
	"fmt"

	"ibsoak/fakegateway/fault"
	"ibsoak/harness"
	"ibsoak/internal/wire"
)

// streamMoments are the n-th request for a trader that subscribes once and asks no more: about as many
// updates as come in the time of n-1 intervals and a half: between its cycles, when what it ordered in one was
// answered. An order that is lost with its session is another scenario's.
func streamMoments(n int) []fault.When {
	const everyFive, ticks = 6, 50 // in an interval: an update every 5 s, some 1.5 ticks a second
	bar, tick := (n-1)*everyFive+everyFive/2, (n-1)*ticks+ticks/2
	return []fault.When{
		{Outbound: wire.HistoricalDataUpdate.String(), Nth: bar},
		{Outbound: "realTimeBars", Nth: bar},
		{Outbound: "tickPrice", Nth: tick},
		{Outbound: "tickByTick", Nth: tick},
	}
}

// halfUpdate is how many bytes of an update go out: of any kind, some are left.
const halfUpdate = 10

// forStreams lets the faults in the middle of a session meet traders that live on a stream, too. Such
// a fault stands in the schedule once for each moment, on the same connection, and whichever comes
// first is the one: so many distinct faults must go out as there were before.
func forStreams(s harness.Scenario) harness.Scenario {
	planned := len(s.Gateway.Faults)
	for _, f := range s.Gateway.Faults[:planned] {
		asked := f.When.Inbound == workRequest || f.When.Outbound == wire.HistoricalData.String()
		if !asked || f.When.Nth < 2 || f.Where.Connection == 0 {
			continue
		}
		for _, when := range streamMoments(f.When.Nth) {
			when.Delay = f.When.Delay
			if f.When.Byte > 0 {
				when.Byte = halfUpdate
			}
			other := f
			other.ID = fmt.Sprintf("%s-at-%s", f.ID, when.Outbound)
			other.Why = fmt.Sprintf("as %s, for a trader on a stream: %s", f.ID, f.Why)
			other.When = when
			s.Gateway.Faults = append(s.Gateway.Faults, other)
		}
	}
	for i, c := range s.Checks {
		if c.Name == "faults-delivered" && c.Want == 0 && len(s.Gateway.Faults) > planned {
			s.Checks[i].Want = planned
		}
	}
	return s
}
