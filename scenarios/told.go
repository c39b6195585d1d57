package scenarios

import (
	"time"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session"
	"ibsoak/harness"
)

// The scenarios of this file tell a trader something that is old, late, said twice or left out. What it then
// holds, or that it is silent, is judged from the books and the wire.

// settings are a Gateway's that differ from a healthy one's in what its exchange or its sessions do.
func settings(s session.Semantics) *harness.Settings {
	out := harness.Settings(fakegateway.Config{Semantics: s})
	return &out
}

// holdsShares says how many shares of AAPL are wanted.
func holdsShares(shares int64) harness.Trader {
	n := decimal.MustNew(shares, 0)
	return harness.Trader{Positions: []harness.WantedPosition{{Symbol: "AAPL", Want: &n, Max: &n}}}
}

// operateAt is an operation at a time of the scenario's clock.
func operateAt(id, why string, at time.Duration, o fault.Operation, farm string) fault.Fault {
	return fault.Fault{
		ID: id, Why: why, When: fault.When{At: new(fault.Duration(at))},
		What: fault.What{Do: fault.Operate, Operation: o, Farm: farm},
	}
}

func marketHalt() harness.Scenario {
	start := time.Date(2026, time.March, 2, 15, 30, 0, 0, time.UTC)
	s := settings(session.Semantics{Halts: []market.Halt{
		{Symbol: "AAPL", From: start.Add(-10 * time.Minute), To: start.Add(24 * time.Hour)},
	}})
	s.Clock.Start = start
	halted, traded := holdsShares(0), holdsShares(1)
	traded.Positions[0].Symbol = "KO"
	return harness.Scenario{
		Name: "market-halt",
		Summary: "Prices that stand still under a connection that is well are not traded on: what has been halted " +
			"for ten minutes is not ordered.",
		Why: "Every request is answered at once, and every answer about AAPL ends with the same bar, ten minutes old " +
			"at the start and older each time. A trader that looks at when an answer came, and not at the time of " +
			"what is in it, decides on that. The other symbol shows that it trades at all.",
		Labels:  []string{"short", "orders", "data"},
		Gateway: harness.Gateway{Settings: s},
		Subject: harness.Subject{
			Trader: harness.Trader{Positions: append(halted.Positions, traded.Positions...)},
			Mode:   harness.Continuous, Interval: interval, Cycles: 12, Symbols: []string{"AAPL", "KO"},
			Args: []string{"--strategy", "hold"},
		},
		Checks: with(
			harness.Check{Name: "exposure", Evidence: 1},
			harness.Check{Name: "cycles", Want: 12},
			harness.Check{Name: "sigterm", Within: 3 * time.Second},
		),
		Limit: 20 * time.Minute,
	}
}

func lateAnswers() harness.Scenario {
	bars := func(symbol string) fault.Request {
		return fault.Request{Inbound: workRequest, Of: fault.Values{"contract.symbol": symbol}}
	}
	late := bars("AAPL")
	late.Nth = 1 // a trader that subscribes asks once
	next := bars("KO")
	return harness.Scenario{
		Name: "late-answers",
		Summary: "An answer that comes when another one is awaited is taken for what it is: no order has a " +
			"limit that another contract's price has made.",
		Why: "Bars of AAPL are kept back until bars of KO are asked for, and come first. A client that takes the " +
			"next answer for the one that it waits for sells KO at a price of AAPL, which is several times as " +
			"high. The ids tell the two apart.",
		Labels: []string{"short", "orders", "data"},
		Gateway: harness.Gateway{Faults: []fault.Fault{{
			ID: "late", Why: "the answer meets the next question", When: fault.When{AnswerTo: &late},
			What: fault.What{Do: fault.Withhold, Release: &fault.Moment{Inbound: next.Inbound, Of: next.Of}},
		}}},
		Subject: harness.Subject{
			Mode: harness.Continuous, Interval: interval, Cycles: 14, Symbols: []string{"AAPL", "KO"},
			Args: []string{"--strategy", "alternate", "--order-type", "LMT", "--request-timeout", "2s"},
		},
		Checks: with(
			harness.Check{Name: "limit-near-price", Fault: "late", Evidence: 4},
			harness.Check{Name: "faults-delivered"},
			harness.Check{Name: "cycles", Want: 14},
			harness.Check{Name: "sigterm", Within: 3 * time.Second},
		),
		Limit: 20 * time.Minute,
	}
}

func fillsToldBadly() harness.Scenario {
	live := fault.Values{"reqId": int64(-1)}
	return harness.Scenario{
		Name: "fills-told-badly",
		Summary: "Fills that are told to nobody, and fills that are told twice, are counted once each: in the end " +
			"the ten shares that were wanted are held, and never more could have been.",
		Why: "The order for ten fills in four parts. The session is lost with the first, so parts of it fill while " +
			"the trader is away: who counts only what he was told buys again. From then on every execution is " +
			"told twice: who counts each telling believes that he has what he has not.",
		Labels: []string{"short", "orders", "recovery"},
		Gateway: harness.Gateway{
			Settings: settings(session.Semantics{MaxFillShares: 3, FillLatency: 10 * time.Second}),
			Faults: []fault.Fault{
				{
					ID: "told-to-nobody", Why: "the session ends with the first fill",
					Where: fault.Where{Connection: 1},
					When:  fault.When{Outbound: "execDetails", Nth: 1, Of: live}, What: fault.What{Do: fault.RST},
				},
				{
					ID: "told-twice", Why: "once more, under its own id", Where: fault.Where{FromConnection: 2},
					When: fault.When{Outbound: "execDetails"}, What: fault.What{Do: fault.Duplicate},
				},
			},
		},
		Subject: harness.Subject{
			Trader: holdsShares(10), Mode: harness.Continuous, Interval: interval, Cycles: 10,
			Args: []string{"--strategy", "hold", "--shares", "10"},
		},
		Checks: recoveryChecks(1, firstTry+interval, 10,
			harness.Check{Name: "exposure", Evidence: 1}),
		Limit: 20 * time.Minute,
	}
}

func noPositions() harness.Scenario {
	from := fault.Where{FromConnection: 2}
	return harness.Scenario{
		Name: "no-positions",
		Summary: "An account whose positions are not told is not taken for an empty one: no order is sent until an " +
			"answer has come to its end.",
		Why: "The trader has bought and loses its session. From then on neither positions nor the end of them come " +
			"to anybody who asks. Who takes the silence for \"none\" buys what he has once more.",
		Labels: []string{"short", "orders", "recovery"},
		Gateway: harness.Gateway{Faults: []fault.Fault{
			{
				ID: "reset", Why: "the Gateway's process dies", Where: fault.Where{Connection: 1}, When: midSession(),
				What: fault.What{Do: fault.RST},
			},
			{
				ID: "no-end", Why: "the answer never ends", Where: from,
				When: fault.When{Outbound: "positionEnd"}, What: fault.What{Do: fault.Drop},
			},
			{
				ID: "no-position", Why: "and nothing is in it", Where: from,
				When: fault.When{Outbound: "position"}, What: fault.What{Do: fault.Drop},
			},
		}},
		Subject: harness.Subject{
			Trader: holdsShares(1), Mode: harness.Continuous, Interval: interval, For: 12 * time.Minute,
			Args: []string{"--strategy", "hold", "--request-timeout", "1s"},
		},
		Checks: with(
			harness.Check{Name: "silent-under-fault", Fault: "no-end", Within: 200 * time.Millisecond},
			harness.Check{Name: "exposure", Evidence: 1},
			harness.Check{Name: "sigterm", Within: 3 * time.Second},
		),
		Limit: 20 * time.Minute,
	}
}
