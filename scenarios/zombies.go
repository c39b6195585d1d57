package scenarios

import (
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/harness"
)

func consecutive10Leaky() harness.Scenario {
	const runs = 10
	return harness.Scenario{
		Name: "consecutive-10-leaky",
		Summary: "Ten runs in a row all succeed against a Gateway that never closes, and it holds " +
			"no zombie at any time.",
		Why: "This Gateway ignores a client's FIN, keeps the socket in CLOSE_WAIT and, with a few " +
			"of them, accepts new clients in silence: the outage that cost months. A plain close " +
			"leaves one zombie a run, so a trader that closes plainly is locked out before the " +
			"tenth. One that arms a reset before it connects leaves none, even when it is killed.",
		Labels:  []string{"short", "zombies"},
		Gateway: harness.Gateway{Profile: "leaky"},
		Subject: repeated(runs),
		Checks:  lives(runs),
		Limit:   5 * time.Minute,
	}
}

func zombiesPresent() harness.Scenario {
	const planted = 3
	return harness.Scenario{
		Name: "zombies-present",
		Summary: "With three zombies on the Gateway's port the trader refuses to start within a " +
			"second, says why by its exit code, and opens no connection.",
		Why: "Three held sockets are where a leaking Gateway falls silent. A trader that dials " +
			"anyway waits out its handshake deadline (30 s and more in the field) and adds a " +
			"fourth. The sockets are visible in the kernel's table without touching the port.",
		Labels:  []string{"short", "zombies", "handshake"},
		Gateway: harness.Gateway{Profile: "leaky", PlantedZombies: planted},
		Subject: harness.Subject{
			Mode: harness.Once, Runs: 1, LifeLimit: 5 * time.Second,
			Args: []string{"--on-zombies", "fail"},
		},
		Checks: []harness.Check{
			{Name: "classified", Exits: []int{exitZombies}, Within: time.Second},
			{Name: "one-connection", Want: 0},
			{Name: "nothing-left"},
			{Name: "oracles-agree"},
			{Name: "gateway-unharmed"},
		},
		Limit: time.Minute,
	}
}

func kill9MidSession() harness.Scenario {
	const runs = 20
	return harness.Scenario{
		Name: "kill-9-mid-session",
		Summary: "Twenty runs killed with SIGKILL in the middle of a request leave no zombie on a " +
			"Gateway that never closes.",
		Why: "No shutdown code runs at SIGKILL: the kernel closes the socket, with FIN unless a " +
			"reset was armed before the connection was made. The kill falls when the history " +
			"request has been read and its answer goes out byte by byte, so every life is in the " +
			"middle of the same request when it ends.",
		Labels: []string{"short", "zombies", "shutdown"},
		Gateway: harness.Gateway{Profile: "leaky", Faults: []fault.Fault{{
			ID: "slow-answer", Why: "the kill must not find the request already answered",
			When: fault.When{Outbound: "historicalData", Nth: 1},
			What: fault.What{Do: fault.Drip, Every: fault.Duration(time.Millisecond)},
		}}},
		Subject: harness.Subject{
			Mode: harness.Once, Runs: runs,
			KillAt: &fault.When{Inbound: workRequest, Nth: 1},
		},
		Checks: with(
			harness.Check{Name: "completed-handshakes", Want: runs},
		),
		Limit: 5 * time.Minute,
	}
}
