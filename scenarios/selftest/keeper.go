package selftest

import "ibsoak/harness"

// keeperRows run through a keeper. What a subject does to its sockets costs the Gateway nothing then;
// what it does with orders, and what it leaves towards the keeper, is found as without one.
func keeperRows() []Row {
	rows := []Row{
		// Disconnect of the stock client races with its own watcher: built for races it would exit with 66.
		{Subject: "naive", Scenario: "consecutive-10-leaky", Shorter: Shorter{Trader: &harness.Trader{
			Env: map[string]string{"GORACE": "atexit_sleep_ms=0 exitcode=0"},
		}}},
		{Subject: "probes-port", Scenario: "consecutive-10-leaky", Shorter: lives(5)},
		{Subject: "leaks-failed-handshake", Scenario: "consecutive-10-leaky", Shorter: lives(5)},
		{Subject: "plain-close", Scenario: "consecutive-10-leaky", Shorter: lives(5)},
		{Subject: "ignores-eof", Scenario: "consecutive-10-leaky", Shorter: lives(5)},
		{Subject: "reconnects-each-cycle", Scenario: "continuous-1h", Shorter: fewSteps},
		{Subject: "control", Scenario: "restart-recovery", Shorter: lost},
		{Subject: "control", Scenario: "half-close", Shorter: lost, Alone: true},

		{Subject: "resends-order", Scenario: "order-faults", Shorter: lost, Killers: by("no-duplicate-orders")},
		{Subject: "resends-with-same-ref", Scenario: "order-faults", Shorter: lost, Killers: by("no-duplicate-orders")},
		{Subject: "resends-with-fresh-ref", Scenario: "order-faults", Shorter: lost, Killers: by("no-blind-resend")},
		{Subject: "late-duplicate", Scenario: "once", Killers: by("no-orders-after-end")},
		{Subject: "order-ids-fall", Scenario: "once", Killers: by("order-ids-rise")},
		{Subject: "wrong-account", Scenario: "once", Killers: by("right-account")},
		{
			Subject: "orders-before-reconciling", Scenario: "rst-mid-session", Shorter: lost,
			Killers: by("reconciled-before-orders"),
		},
		{
			Subject: "buys-each-run", Scenario: "consecutive-10", Shorter: Shorter{Runs: 3, Trader: oneShare()},
			Killers: by("exposure"),
		},
		{Subject: "sits-idle", Scenario: "once", Killers: by("cycles")},
		{Subject: "leaves-session", Scenario: "once", Killers: by("nothing-left")},
		{Subject: "leaves-daemon", Scenario: "once", Killers: by("nothing-left")},
		{
			Subject: "ignores-eof", Scenario: "half-close", Shorter: lost,
			Killers: by("no-zombies-at-trader"), Alone: true,
		},
		{Subject: "leaks-fd-per-cycle", Scenario: "continuous-1h", Shorter: fewSteps, Killers: by("steady-fds")},
		{
			Subject: "takes-its-stop-along", Scenario: "position-protected",
			Shorter: Shorter{Scale: recoveryScale, Cycles: 28}, Killers: by("protected"),
		},
	}
	for i := range rows {
		rows[i].Through = true
	}
	return rows
}
