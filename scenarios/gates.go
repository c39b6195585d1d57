package scenarios

import (
	"fmt"
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/session"
	"ibsoak/harness"
)

// The scenarios of this file ask when a trader sends, and how much: after an outage, over restarts, within what
// IBKR allows.

func outage() harness.Scenario {
	const between = time.Minute
	return harness.Scenario{
		Name: "outage",
		Summary: "While the Gateway has lost IBKR's servers nothing is ordered, and after both ways back the trader " +
			"asks what happened before its first order.",
		Why: "1100 leaves the socket as it is: a trader that looks at sockets trades on into a queue. 1102 says that " +
			"subscriptions live, and not that orders and fills are told already; 1101 says that subscriptions are " +
			"gone. Data farms that come and go are neither: they stop nothing but data.",
		Labels: []string{"short", "orders", "nightly"},
		Gateway: harness.Gateway{Faults: []fault.Fault{
			operateAt("lost", "1100", 3*between, fault.ConnectionLost, ""),
			operateAt("restored", "1102", 5*between, fault.ConnectionRestored, ""),
			operateAt("lost-again", "1100", 8*between, fault.ConnectionLost, ""),
			operateAt("data-lost", "1101", 10*between, fault.ConnectionDataLost, ""),
			operateAt("farm", "2103, while orders go on", 13*between, fault.FarmBroken, "usfarm"),
			operateAt("farm-back", "2104", 14*between, fault.FarmOK, "usfarm"),
		}},
		Subject: harness.Subject{
			Mode: harness.Continuous, Interval: interval, Cycles: 36,
			Args: []string{"--strategy", "alternate"},
		},
		Checks: with(
			harness.Check{Name: "no-orders-in-outage", Evidence: 2},
			harness.Check{Name: "reconciled-after-outage", Evidence: 2},
			harness.Check{Name: "faults-delivered"},
			harness.Check{Name: "cycles", Want: 30},
			harness.Check{Name: "sigterm", Within: 3 * time.Second},
		),
		Limit: 30 * time.Minute,
	}
}

func idsRollBack() harness.Scenario {
	return harness.Scenario{
		Name: "ids-roll-back",
		Summary: "A Gateway that offers ids which were used already gets none of them: a new order's id is above all " +
			"that went before.",
		Why: "After a restart nextValidId can be lower than it was. An order under a used id is refused (103), or it " +
			"changes an order that still works.",
		Labels: []string{"short", "orders", "recovery"},
		Gateway: harness.Gateway{
			Settings: settings(session.Semantics{RollBackIDs: 50}),
			Faults: []fault.Fault{{
				ID: "reset", Why: "the next session is offered less", Where: fault.Where{Connection: 1},
				When: fault.When{Inbound: "placeOrder", Nth: 3}, What: fault.What{Do: fault.RST},
			}},
		},
		Subject: harness.Subject{
			Mode: harness.Continuous, Interval: interval, Cycles: 14,
			Args: []string{"--strategy", "alternate", "--absence-wait", "2s"},
		},
		Checks: recoveryChecks(1, firstTry+interval, 14,
			harness.Check{Name: "fresh-order-ids", Evidence: 4}),
		Limit: 20 * time.Minute,
	}
}

func limitOverRestarts() harness.Scenario {
	const most, runs = 4, 24
	return harness.Scenario{
		Name: "limit-over-restarts",
		Summary: fmt.Sprintf("A limit of %d orders a day is one over all the day's lives: %d of them send no more.",
			most, runs),
		Why: "Whoever counts in memory begins at none with each start, and a supervisor that starts a trader again " +
			"and again has then no limit at all. Every second minute the bundled trader wants its share, and " +
			"sells it in between: without its limit it would order in most of the lives.",
		Labels: []string{"short", "orders"},
		Subject: harness.Subject{
			Trader: harness.Trader{OrderLimit: most}, Mode: harness.Once, Runs: runs,
			// Stops are orders too, and are not what is limited.
			Args: []string{"--strategy", "alternate", "--stop", "off", "--max-orders-per-day", fmt.Sprint(most)},
		},
		Checks: with(
			harness.Check{Name: "few-orders", Evidence: most},
			harness.Check{Name: "completed-handshakes", Want: runs},
		),
		Limit: 10 * time.Minute,
	}
}

func manySymbols() harness.Scenario {
	symbols := make([]string, 0, 100)
	for a := 'A'; len(symbols) < cap(symbols); a++ {
		for b := 'A'; b <= 'J'; b++ {
			symbols = append(symbols, "Q"+string(a)+string(b)) // every word of up to six letters is a stock
		}
	}
	return harness.Scenario{
		Name: "many-symbols",
		Summary: "With a hundred symbols the trader stays below 50 messages in any second and within IBKR's limits " +
			"of history.",
		Why: "A request a symbol and cycle is a hundred where sixty are allowed in ten minutes, and IBKR ends the " +
			"sessions of clients that go on. A restart that asks for everything at once is the worst moment.",
		Labels: []string{"short", "pacing"},
		Subject: harness.Subject{
			Trader: harness.Trader{KeepsHistoryLimits: true},
			Mode:   harness.Continuous, Interval: interval, For: 25 * time.Minute, Symbols: symbols,
			Args: []string{"--strategy", "alternate"},
		},
		Checks: with(
			harness.Check{Name: "history-rate", Evidence: 60},
			harness.Check{Name: "message-rate", Evidence: 1},
			harness.Check{Name: "cycles", Want: 10},
			harness.Check{Name: "sigterm", Within: 3 * time.Second},
		),
		Limit: 35 * time.Minute,
	}
}
