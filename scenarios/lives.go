package scenarios

import (
	"slices"
	"time"

	"ibsoak/harness"
)

// Always are the checks that hold for every trader at every moment: nothing here
// depends on what a scenario does to it.
func Always() []harness.Check {
	return []harness.Check{
		{Name: "oracles-agree"},
		{Name: "no-zombies-at-gateway"},
		{Name: "no-zombies-at-trader", Within: time.Second},
		{Name: "one-connection-per-client"},
		{Name: "complete-preambles"},
		{Name: "first-bytes"},
		{Name: "connect-rate"},
		{Name: "nothing-left"},
		{Name: "log-rate"},
		{Name: "no-duplicate-orders"},
		{Name: "no-blind-resend"},
		{Name: "exposure"},
		{Name: "orders-after-ready"},
		{Name: "order-ids-rise"},
		{Name: "reconciled-before-orders"},
		{Name: "no-orders-in-outage"},
		{Name: "right-account"},
		{Name: "message-rate"},
		{Name: "no-order-beyond-intent"},
		{Name: "no-orders-after-end"},
		{Name: "books-add-up"},
		{Name: "gateway-unharmed"},
	}
}

// with adds the common checks to a scenario's own, which come first and replace those of the same
// name.
func with(checks ...harness.Check) []harness.Check {
	for _, common := range Always() {
		named := func(c harness.Check) bool { return c.Name == common.Name }
		if !slices.ContainsFunc(checks, named) {
			checks = append(checks, common)
		}
	}
	return checks
}

func lives(n int) []harness.Check {
	return with(
		harness.Check{Name: "completed-handshakes", Want: n},
		harness.Check{Name: "cycles"},
		harness.Check{Name: "exit-codes", Exits: []int{0}},
	)
}

// repeated runs the trader n times. The bundled one is to hold a share: the first life buys it, and
// every later one must find out that it has it.
func repeated(n int) harness.Subject {
	return harness.Subject{Mode: harness.Once, Runs: n, Args: []string{"--strategy", "hold"}}
}

func once() harness.Scenario {
	return harness.Scenario{
		Name:    "once",
		Summary: "A single run completes its handshake, does one cycle and exits 0 without a zombie.",
		Why: "The first manual test after every change to a connection layer: one process, one " +
			"connection, one goodbye. A trader that leaves a socket behind here leaves one each run.",
		Labels:  []string{"short", "zombies", "smoke"},
		Subject: repeated(1),
		Checks:  lives(1),
		Limit:   time.Minute,
	}
}

func consecutive10() harness.Scenario {
	const runs = 10
	return harness.Scenario{
		Name:    "consecutive-10",
		Summary: "Ten runs in a row, each its own process, all succeed.",
		Why: "Gateways that leak a socket for each client stop answering after three to five " +
			"runs, so ten is twice the longest row that a leaking trader survives. Ten passes " +
			"bound the failure rate at 25.9 % only; consecutive-300 is the claim about rates.",
		Labels:  []string{"short", "zombies"},
		Subject: repeated(runs),
		Checks:  lives(runs),
		Limit:   5 * time.Minute,
	}
}

func consecutive300() harness.Scenario {
	const runs = 300
	return harness.Scenario{
		Name:    "consecutive-300",
		Summary: "Three hundred runs in a row all succeed against a Gateway that never closes first.",
		Why: "299 clean passes bound the failure rate below 1 % at 95 %. The Gateway leaks every " +
			"socket whose client says FIN, so one zombie in three hundred lives is seen.",
		Labels:  []string{"long", "zombies", "nightly"},
		Gateway: harness.Gateway{Profile: "leaky"},
		Subject: repeated(runs),
		Checks:  lives(runs),
		Limit:   45 * time.Minute,
	}
}
