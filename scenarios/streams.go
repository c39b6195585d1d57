package scenarios

import (
	"fmt"

	"ibsoak/fakegateway/fault"
	"ibsoak/harness"
)

// streamMoments are midSession for a trader that subscribes once and asks no more: about as many
// updates as come in the time of two intervals and a bit.
var streamMoments = []fault.When{
	{Outbound: "historicalDataUpdate", Nth: 13}, // every 5 s
	{Outbound: "realTimeBars", Nth: 13},
	{Outbound: "tickPrice", Nth: 100}, // about 1.5 a second
	{Outbound: "tickByTick", Nth: 100},
}

// forStreams lets the faults in the middle of a session meet traders that live on a stream, too. Such
// a fault stands in the schedule once for each moment, on the same connection, and whichever comes
// first is the one: so many distinct faults must go out as there were before.
func forStreams(s harness.Scenario) harness.Scenario {
	planned := len(s.Gateway.Faults)
	for _, f := range s.Gateway.Faults[:planned] {
		if f.When.Inbound != workRequest || f.When.Nth != midSession().Nth || f.Where.Connection == 0 {
			continue
		}
		for _, when := range streamMoments {
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
