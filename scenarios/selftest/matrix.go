package selftest

import (
	"slices"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway/fault"
	"ibsoak/harness"
)

// recoveryScale makes cycles half a second apart, so that what recovery rows take is the traders'
// own deadlines and back-off. enough is what the control needs to recover in.
const (
	recoveryScale = 60
	enough        = 8 * time.Second
)

// The ways in which scenarios are shortened.
var (
	lost      = Shorter{Scale: recoveryScale, For: enough} // for subjects that may never come back
	back      = Shorter{Scale: recoveryScale}
	fastHour  = Shorter{Scale: 300}              // twelve seconds
	paced     = Shorter{Scale: 120}              // half a minute: a quarter of a second for a cycle
	slower    = Shorter{Scale: 10}               // three seconds for a cycle: what computes slowly is no burst
	fewSteps  = Shorter{Scale: 120, Cycles: 30}  // for what grows each cycle
	moreSteps = Shorter{Scale: 120, Cycles: 50}  // for processes, which are judged later than descriptors
	memory    = Shorter{Scale: 300, Cycles: 105} // the fewest cycles by which memory is judged
)

func lives(n int) Shorter { return Shorter{Runs: n} }

// impatient bounds lives that would hang.
func impatient(runs int) Shorter { return Shorter{Runs: runs, LifeLimit: 3 * time.Second} }

func by(checks ...string) []string { return checks }

// Rows is the matrix: the good subjects, every broken one, and every sabotage.
func Rows() []Row {
	return slices.Concat(goodRows(), workRows(), processRows(), orderRows(), toldRows(), socketRows(), leakRows(),
		sabotageRows(), keeperRows())
}

func goodRows() []Row {
	return []Row{
		{Subject: "control", Scenario: "once"},
		{Subject: "control", Scenario: "consecutive-10"},
		{Subject: "control", Scenario: "consecutive-10-leaky", Shorter: lives(5)},
		{Subject: "control", Scenario: "stall-handshake"},
		{Subject: "control", Scenario: "kill-9-mid-session", Shorter: lives(6)},
		{Subject: "control", Scenario: "rst-mid-session", Shorter: lost},
		{Subject: "control", Scenario: "half-close", Shorter: lost, Alone: true},
		{Subject: "control", Scenario: "stall-mid-session", Shorter: lost},
		{Subject: "control", Scenario: "restart-recovery", Shorter: lost},
		{Subject: "control", Scenario: "continuous-1h", Shorter: paced, Alone: true},

		{Subject: "tags-strategy", Scenario: "consecutive-10"},
		{Subject: "sends-bracket", Scenario: "once"},
		{Subject: "replaces-orders", Scenario: "once"},
		{Subject: "reconciles", Scenario: "order-faults", Shorter: back},
		{Subject: "resends-at-once", Scenario: "order-faults", Shorter: back},
		{Subject: "waits-for-held", Scenario: "order-held", Shorter: back},
		{Subject: "reconciles", Scenario: "rst-mid-session", Shorter: back},
		{Subject: "streams-bars", Scenario: "rst-mid-session", Shorter: lost, Open: true},
		{Subject: "streams-quotes", Scenario: "rst-mid-session", Shorter: lost, Open: true},
		{Subject: "streams-bars", Scenario: "once"},
		{Subject: "streams-quotes", Scenario: "once"},
		{Subject: "trades-three-symbols", Scenario: "rst-mid-session", Shorter: back},
		{Subject: "closes-with-fin", Scenario: "half-close", Shorter: back, Alone: true},
		{Subject: "control", Scenario: "half-close-leaky", Shorter: back, Alone: true},
		{Subject: "starts-slowly", Scenario: "once", Shorter: Shorter{
			Trader: &harness.Trader{ConnectWithin: 25 * time.Second},
		}},
	}
}

// workRows are about what a life does and how it ends.
func workRows() []Row {
	return []Row{
		{Subject: "sits-idle", Scenario: "once", Killers: by("completed-handshakes")},
		{Subject: "asks-the-time", Scenario: "once", Killers: by("cycles")},
		{Subject: "asks-the-time", Scenario: "consecutive-10", Killers: by("cycles")},
		{Subject: "sends-garbage", Scenario: "once", Killers: by("cycles")},
		{Subject: "asks-for-nothing", Scenario: "once", Killers: by("cycles")},
		{Subject: "leaves-early", Scenario: "once", Killers: by("cycles")},
		{Subject: "never-reads", Scenario: "once", Killers: by("cycles")},
		{Subject: "never-reads", Scenario: "consecutive-10", Killers: by("cycles")},
		{Subject: "bursts", Scenario: "continuous-1h", Shorter: slower, Killers: by("pace")},
		{Subject: "bursts-later", Scenario: "continuous-1h", Shorter: slower, Killers: by("pace")},

		{Subject: "ignores-sigterm", Scenario: "continuous-1h", Shorter: fewSteps, Killers: by("sigterm")},
		{Subject: "fails-on-sigterm", Scenario: "continuous-1h", Shorter: fewSteps, Killers: by("sigterm")},
		{Subject: "hangs", Scenario: "consecutive-10", Shorter: impatient(2), Killers: by("exit-codes")},
		{Subject: "hangs-deaf", Scenario: "consecutive-10", Shorter: impatient(1), Killers: by("exit-codes")},
		{Subject: "no-deadline", Scenario: "stall-handshake", Shorter: impatient(3), Killers: by("classified")},
		{Subject: "exits-zero-on-failure", Scenario: "handshake-faults", Shorter: lives(20), Killers: by("classified")},
		{Subject: "exits-zero-on-failure", Scenario: "zombies-present", Killers: by("classified")},
		{Subject: "always-exits-13", Scenario: "handshake-faults", Shorter: lives(20), Killers: by("classified")},
		{Subject: "exits-20-unseen", Scenario: "zombies-present", Killers: by("classified")},
		{Subject: "storms-log", Scenario: "once", Killers: by("log-rate")},
	}
}

func processRows() []Row {
	return []Row{
		{Subject: "leaves-child", Scenario: "once", Killers: by("nothing-left")},
		{Subject: "leaves-daemon", Scenario: "once", Killers: by("nothing-left")},
		{Subject: "leaves-grandchild", Scenario: "once", Killers: by("nothing-left")},
		{Subject: "leaves-deaf-child", Scenario: "once", Killers: by("nothing-left")},
		{Subject: "leaves-listener", Scenario: "once", Killers: by("nothing-left")},
		{Subject: "leaves-daemon", Scenario: "kill-9-mid-session", Shorter: lives(6), Killers: by("nothing-left")},
		{
			Subject: "leaves-session", Scenario: "consecutive-10-leaky", Shorter: lives(2),
			Killers: by("nothing-left"),
		},
		{
			Subject: "never-reaps", Scenario: "continuous-1h", Shorter: moreSteps,
			Killers: by("steady-processes"),
		},
		{
			Subject: "process-per-cycle", Scenario: "continuous-1h", Shorter: moreSteps,
			Killers: by("steady-processes"),
		},
		{
			Subject: "daemon-trades-on", Scenario: "rst-mid-session", Shorter: lost,
			Killers: by("nothing-left", "no-orders-after-end"),
		},
		{Subject: "late-duplicate", Scenario: "once", Killers: by("no-orders-after-end")},
		{Subject: "stops-gateway", Scenario: "zombies-present", Killers: by("gateway-unharmed")},
		{Subject: "kills-gateway", Scenario: "zombies-present", Killers: by("gateway-unharmed")},
	}
}

func orderRows() []Row {
	outage := fault.Fault{
		ID: "servers-lost", Why: "the Gateway loses IBKR's servers while its client is connected",
		When:  fault.When{Outbound: "historicalData", Nth: 2},
		What:  fault.What{Do: fault.Operate, Operation: fault.ConnectionLost},
		Until: fault.Until{Count: 1},
	}
	lateID := fault.Fault{
		ID: "late-id", Why: "without it an early order would come before the id only by chance",
		When: fault.When{Outbound: "nextValidId"},
		What: fault.What{Do: fault.Delay, For: fault.Duration(300 * time.Millisecond)},
	}
	return []Row{
		{Subject: "resends-order", Scenario: "order-faults", Shorter: lost, Killers: by("no-duplicate-orders")},
		{Subject: "resends-with-same-ref", Scenario: "order-faults", Shorter: lost, Killers: by("no-duplicate-orders")},
		{Subject: "resends-with-fresh-ref", Scenario: "order-faults", Shorter: lost, Killers: by("no-blind-resend")},
		{Subject: "resends-without-ref", Scenario: "order-faults", Shorter: lost, Killers: by("no-blind-resend")},
		{Subject: "wrong-account", Scenario: "once", Killers: by("right-account")},
		{
			Subject: "orders-before-reconciling", Scenario: "rst-mid-session", Shorter: lost,
			Killers: by("reconciled-before-orders"),
		},
		{
			Subject: "orders-in-outage", Scenario: "rst-mid-session", Killers: by("no-orders-in-outage"),
			Shorter: Shorter{Scale: recoveryScale, For: enough, Faults: []fault.Fault{outage}},
		},
		{
			Subject: "orders-before-ready", Scenario: "once", Killers: by("orders-after-ready"),
			Shorter: Shorter{Faults: []fault.Fault{lateID}},
		},
		{Subject: "order-ids-fall", Scenario: "once", Killers: by("order-ids-rise")},
		{
			Subject: "modifies-beyond-intent", Scenario: "once", Shorter: Shorter{Trader: oneShare()},
			Killers: by("no-order-beyond-intent"),
		},
		{
			Subject: "buys-each-run", Scenario: "consecutive-10", Shorter: Shorter{Runs: 3, Trader: oneShare()},
			Killers: by("exposure"),
		},
		{Subject: "takes-held-for-dead", Scenario: "order-held", Shorter: back, Killers: by("exposure")},
		{Subject: "floods", Scenario: "once", Killers: by("message-rate")},
	}
}

// toldRows are about what a trader makes of what it is told, and of what IBKR allows.
func toldRows() []Row {
	restarts := Shorter{Scale: 60, Runs: 4}
	shorter := Shorter{Scale: recoveryScale, Cycles: 28}
	return []Row{
		{Subject: "trades-on-old-bars", Scenario: "market-halt", Shorter: back, Killers: by("exposure")},
		{Subject: "takes-any-answer", Scenario: "late-answers", Shorter: back, Killers: by("limit-near-price")},
		{Subject: "forgets-fills", Scenario: "fills-told-badly", Shorter: lost, Killers: by("exposure")},
		{Subject: "counts-each-telling", Scenario: "fills-told-badly", Shorter: lost, Killers: by("exposure")},
		{
			Subject: "takes-silence-for-flat", Scenario: "no-positions", Shorter: lost,
			Killers: by("silent-under-fault", "exposure"),
		},
		{Subject: "trusts-1102", Scenario: "outage", Shorter: back, Killers: by("reconciled-after-outage")},
		{Subject: "believes-next-id", Scenario: "ids-roll-back", Shorter: lost, Killers: by("fresh-order-ids")},
		{Subject: "forgets-its-limit", Scenario: "limit-over-restarts", Shorter: restarts, Killers: by("few-orders")},
		{Subject: "keeps-a-stop", Scenario: "position-protected", Shorter: shorter},
		{Subject: "keeps-no-stop", Scenario: "position-protected", Shorter: shorter, Killers: by("protected")},
		{Subject: "stops-too-much", Scenario: "position-protected", Shorter: shorter, Killers: by("protected")},
		{Subject: "takes-its-stop-along", Scenario: "position-protected", Shorter: shorter, Killers: by("protected")},
		{Subject: "asks-for-all-again", Scenario: "many-symbols", Shorter: lost, Killers: by("history-rate")},
	}
}

// oneShare is a trader that is to hold one share.
func oneShare() *harness.Trader {
	one := decimal.One
	return &harness.Trader{Positions: []harness.WantedPosition{{Symbol: "AAPL", Want: &one, Max: &one}}}
}

func socketRows() []Row {
	return []Row{
		{Subject: "probes-port", Scenario: "once", Killers: by("complete-preambles")},
		{Subject: "hundred-connections", Scenario: "once", Killers: by("connect-rate")},
		{
			Subject: "naive", Scenario: "consecutive-10-leaky", Shorter: lives(5), // the fourth meets silence
			Killers: by("no-zombies-at-gateway", "completed-handshakes", "exit-codes"),
		},
		{
			Subject: "plain-close", Scenario: "consecutive-10-leaky", Shorter: lives(2),
			Killers: by("no-zombies-at-gateway"),
		},
		{
			Subject: "plain-close", Scenario: "kill-9-mid-session", Shorter: lives(6),
			Killers: by("no-zombies-at-gateway"), Alone: true,
		},
		{
			Subject: "plain-close", Scenario: "half-close-leaky", Shorter: lost,
			Killers: by("no-zombies-at-gateway"), Alone: true,
		},
		{
			Subject: "control", Scenario: "zombies-present", // dials, because it does not look
			Killers: by("one-connection"),
		},
		{
			Subject: "leaks-failed-handshake", Scenario: "stall-handshake", Shorter: impatient(3),
			Killers: by("one-connection-per-client"),
		},
		{
			Subject: "two-connections", Scenario: "rst-mid-session", Shorter: lost,
			Killers: by("one-connection-per-client"),
		},
		{Subject: "blind-reconnect", Scenario: "rst-mid-session", Shorter: lost, Killers: by("first-bytes")},
		{Subject: "never-recovers", Scenario: "rst-mid-session", Shorter: lost, Killers: by("recovery", "cycles")},
		{Subject: "trusts-keepalive", Scenario: "stall-mid-session", Shorter: lost, Killers: by("recovery")},
		{
			Subject: "ignores-eof", Scenario: "half-close", Shorter: lost,
			Killers: by("no-zombies-at-trader"), Alone: true,
		},
		{
			Subject: "ignores-second-eof", Scenario: "half-close", Shorter: lost,
			Killers: by("no-zombies-at-trader"), Alone: true,
		},
		{Subject: "tight-reconnect", Scenario: "restart-recovery", Shorter: lost, Killers: by("connect-rate")},
		{Subject: "storms-refused", Scenario: "restart-recovery", Shorter: lost, Killers: by("connect-rate")},
		{
			Subject: "reconnects-each-cycle", Scenario: "continuous-1h", Shorter: fewSteps,
			Killers: by("one-connection"),
		},
	}
}

func leakRows() []Row {
	return []Row{
		{Subject: "leaks-fd-per-cycle", Scenario: "continuous-1h", Shorter: fewSteps, Killers: by("steady-fds")},
		{Subject: "leaks-fds-late", Scenario: "continuous-1h", Shorter: fastHour, Killers: by("steady-fds")},
		{Subject: "leaks-fds-in-steps", Scenario: "continuous-1h", Shorter: fastHour, Killers: by("steady-fds")},
		{Subject: "leaks-fds-sawtooth", Scenario: "continuous-1h", Shorter: fastHour, Killers: by("steady-fds")},
		{
			Subject: "leaks-fds-per-lost-session", Scenario: "rst-mid-session", Shorter: lost,
			Killers: by("fds-after-recovery"),
		},
		{
			Subject: "leaks-thread-per-cycle", Scenario: "continuous-1h", Shorter: fewSteps,
			Killers: by("steady-threads"),
		},
		{Subject: "leaks-threads-late", Scenario: "continuous-1h", Shorter: fastHour, Killers: by("steady-threads")},
		{Subject: "leaks-memory-per-cycle", Scenario: "continuous-1h", Shorter: memory, Killers: by("memory")},
		{
			Subject: "subscribes-each-cycle", Scenario: "continuous-1h", Shorter: fewSteps,
			Killers: by("steady-subscriptions"),
		},
		{ // it gives back more at once than it leaks in the last third: no run of this length can tell
			Subject: "leaks-memory-with-frees", Scenario: "continuous-1h", Shorter: fastHour,
			Killers: by("memory"), Open: true,
		},
	}
}

// sabotageRows show the harness's own defects under scenarios that the control would pass, or
// whose faults are what the defect spoils.
func sabotageRows() []Row {
	row := func(s harness.Sabotage, scenario string, shorter Shorter) Row {
		return Row{Subject: "control", Scenario: scenario, Shorter: shorter, Sabotage: s}
	}
	return []Row{
		row(harness.SamplerLooksTwice, "rst-mid-session", lost),
		row(harness.SamplerEvery2s, "rst-mid-session", lost),
		row(harness.KernelDies, "rst-mid-session", lost),
		row(harness.LoseEvents, "rst-mid-session", lost),
		row(harness.SamplerOverflows, "half-close", lost),
		row(harness.SettleSkipped, "consecutive-10", lives(3)),
		row(harness.ThresholdInverted, "once", Shorter{}),
		row(harness.FINSentAsRST, "handshake-faults", lives(2)),
	}
}
