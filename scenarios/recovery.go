package scenarios

import (
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/harness"
	"ibsoak/internal/wire"
)

// What a recovery may take, in real time: nobody can scale a trader's own timers from outside. To
// each comes an interval, for a trader that waits for its next cycle.
const (
	firstTry   = 15 * time.Second // after a session that was good: no reason to wait long
	backOffCap = 90 * time.Second // after a row of failures, a minute and its jitter are common
	liveness   = 45 * time.Second // to find out that a Gateway is silent
)

// recoveryChecks are those of a trader that loses its session so many times and must come back
// by itself each time, and more.
func recoveryChecks(times int, within time.Duration, cycles int, more ...harness.Check) []harness.Check {
	return with(append(more,
		harness.Check{Name: "faults-delivered"},
		harness.Check{Name: "recovery", Want: times, Within: within},
		harness.Check{Name: "fds-after-recovery"},
		harness.Check{Name: "cycles", Want: cycles},
		harness.Check{Name: "pace"},
		harness.Check{Name: "sigterm", Within: 3 * time.Second},
	)...)
}

// midSession is the moment at which a session is lost: the third cycle's request was read and
// nothing answered, so the trader has work in flight.
func midSession() fault.When { return fault.When{Inbound: workRequest, Nth: 3} }

func restartRecovery() harness.Scenario {
	return harness.Scenario{
		Name: "restart-recovery",
		Summary: "A Gateway restart costs the trader one recovery: refused, silent, half ready, " +
			"ready; then it trades on, on one connection.",
		Why: "A real Gateway comes back in stages, and each stage fails in its own way: the port " +
			"is closed, then it accepts and says nothing, then it answers the version without " +
			"accounts or an order id. Traders that trust an open port pile up half-made sessions; " +
			"those without back-off storm it. Recovery counts from the moment it is ready.",
		Labels: []string{"short", "recovery", "zombies", "nightly"},
		Gateway: harness.Gateway{Faults: []fault.Fault{{
			ID:    "restart",
			Why:   "the nightly restart, with a login that takes its time",
			Where: fault.Where{Connection: 1},
			When:  midSession(),
			What: fault.What{Do: fault.Restart, Downtime: &fault.Downtime{
				Refused:     fault.Duration(60 * time.Second),
				AcceptMute:  fault.Duration(30 * time.Second),
				VersionOnly: fault.Duration(30 * time.Second),
			}},
			Until: fault.Until{Count: 1},
		}}},
		Subject: harness.Subject{Mode: harness.Continuous, Interval: interval, Cycles: 8},
		Checks:  recoveryChecks(1, backOffCap+interval, 8),
		Limit:   20 * time.Minute,
	}
}

func rstMidSession() harness.Scenario {
	return harness.Scenario{
		Name:    "rst-mid-session",
		Summary: "A reset in the middle of a request costs one recovery.",
		Why: "The third cycle's request was read and not answered when the reset arrives. Clients " +
			"that reconnect inside a write re-send it on a connection without a handshake.",
		Labels: []string{"short", "recovery", "zombies"},
		Gateway: harness.Gateway{Faults: []fault.Fault{{
			ID: "reset", Why: "the Gateway's process dies",
			Where: fault.Where{Connection: 1}, When: midSession(),
			What:  fault.What{Do: fault.RST},
			Until: fault.Until{Count: 1},
		}}},
		Subject: harness.Subject{Mode: harness.Continuous, Interval: interval, Cycles: 6},
		Checks:  recoveryChecks(1, firstTry+interval, 6),
		Limit:   15 * time.Minute,
	}
}

// halfCloses end three sessions in a row with the Gateway's FIN, each in another state of the
// trader. Each has its cycle before.
func halfCloses() []fault.Fault {
	faults := []fault.Fault{
		{
			ID: "fin-request-read", Why: "the trader waits for an answer of which nothing has come",
			When: fault.When{Inbound: workRequest, Nth: 2},
		},
		{
			ID: "fin-idle", Why: "the trader has its answer and waits for its next cycle",
			When: fault.When{Inbound: workRequest, Nth: 2, Delay: fault.Duration(200 * time.Millisecond)},
		},
		{
			ID: "fin-half-answered", Why: "the trader has read the beginning of an answer",
			When: fault.When{Outbound: wire.HistoricalData.String(), Nth: 2, Byte: halfAnswer},
		},
	}
	for i := range faults {
		faults[i].Where = fault.Where{Connection: i + 1}
		faults[i].What = fault.What{Do: fault.HalfClose}
		faults[i].Until = fault.Until{Count: 1}
	}
	return faults
}

func halfClose() harness.Scenario {
	faults := halfCloses()
	losses := len(faults)
	return harness.Scenario{
		Name: "half-close",
		Summary: "After each of three FINs of the Gateway the trader's socket leaves CLOSE_WAIT " +
			"within a second, and its own FIN is tolerated by a Gateway that goes on sending.",
		Why: "The Gateway half-closes and goes on reading, so its socket times the trader's: FIN " +
			"to FIN is the trader's CLOSE_WAIT, however short. A trader that reads no end of file, " +
			"or drops its socket without closing it, stays there, perhaps only while it idles, or " +
			"only the second time. The last session meets a Gateway that answers the trader's FIN " +
			"with more data, as a busy one does at shutdown. Good manners suffice: to close when " +
			"the other side has closed. half-close-leaky asks for more.",
		Labels: []string{"short", "recovery", "zombies", "shutdown"},
		Gateway: harness.Gateway{Faults: append(faults, fault.Fault{
			ID: "past-eof", Why: "a Gateway in the middle of its writes when the trader leaves",
			Where: fault.Where{FromConnection: losses + 1}, When: fault.When{Phase: fault.Accepted},
			What: fault.What{Do: fault.SendAfterEOF},
		})},
		Subject: harness.Subject{Mode: harness.Continuous, Interval: interval, Cycles: 8},
		Checks:  recoveryChecks(losses, firstTry+interval, 8),
		Limit:   15 * time.Minute,
	}
}

func halfCloseLeaky() harness.Scenario {
	s := halfClose()
	s.Name = "half-close-leaky"
	s.Summary = "A Gateway that ends sessions, and never closes what the trader ends, holds no zombie " +
		"of a trader that comes back three times and then stops."
	s.Why = "The Gateway says FIN three times; the trader's own end of the last session, at SIGTERM, " +
		"is what it would keep in CLOSE_WAIT for ever. This demands more than good manners: a reset " +
		"in place of a FIN, or after one that the Gateway does not answer (SO_LINGER with 0 seconds)."
	s.Gateway = harness.Gateway{Profile: "leaky", Faults: halfCloses()}
	return s
}

func stallMidSession() harness.Scenario {
	return harness.Scenario{
		Name: "stall-mid-session",
		Summary: "A Gateway that falls silent in the middle of a session is found out and costs " +
			"one recovery.",
		Why: "Only the Gateway's program stops: its kernel acknowledges every byte, so keepalive " +
			"and TCP_USER_TIMEOUT never fire and a flag says connected for ever. Nothing but a " +
			"round trip with a deadline finds it.",
		Labels: []string{"short", "recovery"},
		Gateway: harness.Gateway{Faults: []fault.Fault{{
			ID: "stall", Why: "the Gateway's writer thread hangs",
			Where: fault.Where{Connection: 1}, When: midSession(),
			What:  fault.What{Do: fault.StopWriting},
			Until: fault.Until{Count: 1},
		}}},
		Subject: harness.Subject{Mode: harness.Continuous, Interval: interval, Cycles: 6},
		Checks:  recoveryChecks(1, liveness+firstTry+interval, 6),
		Limit:   15 * time.Minute,
	}
}
