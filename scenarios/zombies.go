package scenarios

import (
	"fmt"
	"time"

	"ibsoak/fakegateway/fault"
	"ibsoak/harness"
	"ibsoak/internal/wire"
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
			"second, says why by its exit code, and opens no connection; when they are gone, the " +
			"same command connects and works.",
		Why: "Three held sockets are where a leaking Gateway falls silent. A trader that dials " +
			"anyway waits out its handshake deadline (30 s and more in the field) and adds a " +
			"fourth. The sockets are visible in the kernel's table without touching the port. The " +
			"second life shows that the first one looked: a program that always refuses fails it. " +
			"This demands more than good manners: a look at the kernel's table before each connect.",
		Labels:  []string{"short", "zombies", "handshake"},
		Gateway: harness.Gateway{Profile: "leaky", PlantedZombies: planted, PlantedLives: 1},
		Subject: harness.Subject{
			Mode: harness.Once, Runs: 2, LifeLimit: 5 * time.Second,
			Args: []string{"--on-zombies", "fail"},
		},
		Checks: []harness.Check{
			{
				Name: "classified", Within: time.Second, Classes: []harness.ExitClass{harness.ExitOK},
				ByFault: map[string][]harness.ExitClass{
					harness.PlantedFault: {harness.ExitZombies},
				},
			},
			{Name: "one-connection", Want: 1},
			{Name: "no-zombies-at-gateway"},
			{Name: "connect-rate"},
			{Name: "nothing-left"},
			{Name: "oracles-agree"},
			{Name: "gateway-unharmed"},
		},
		Limit: time.Minute,
	}
}

// killPhases are the moments of a session at which kill-9-mid-session kills: what the Gateway does
// on that life's connection so that the moment lasts, and when the kill falls.
var killPhases = []struct {
	id, why string
	when    fault.When // of the Gateway's silence
	kill    fault.When
}{
	{
		"greeting-read", "the trader waits for the version reply",
		fault.When{Phase: fault.PreambleRead},
		fault.When{Phase: fault.PreambleRead},
	},
	{
		"version-sent", "the trader has the version and waits for accounts and an order id",
		fault.When{Phase: fault.VersionSent},
		fault.When{Phase: fault.VersionSent, Delay: toRead},
	},
	{
		"start-api-read", "the trader has said its client id and waits for the bootstrap",
		fault.When{Phase: fault.StartAPIRead},
		fault.When{Phase: fault.StartAPIRead},
	},
	{
		"request-read", "the trader waits for an answer of which nothing has come",
		fault.When{Inbound: workRequest, Nth: 1},
		fault.When{Inbound: workRequest, Nth: 1, Delay: toRead},
	},
	{
		"half-answered", "the trader has read the beginning of an answer",
		fault.When{Outbound: wire.HistoricalData.String(), Nth: 1, Byte: halfAnswer},
		fault.When{Inbound: workRequest, Nth: 1, Delay: toRead},
	},
	{
		"idle", "the trader has its answer and waits for its next cycle",
		fault.When{Inbound: workRequest, Nth: 1, Delay: idleAfter},
		fault.When{Inbound: workRequest, Nth: 1, Delay: idleAfter + toRead},
	},
}

const (
	// toRead is what a trader gets to read what was sent before the kill: with input unread its
	// kernel would reset whatever the trader does.
	toRead = fault.Duration(150 * time.Millisecond)

	// idleAfter is from a request to the time between cycles.
	idleAfter = fault.Duration(350 * time.Millisecond)

	// halfAnswer is how many bytes of the answer go out.
	halfAnswer = 64
)

func kill9MidSession() harness.Scenario {
	const each = 3
	runs := each * len(killPhases)
	faults := []fault.Fault{{
		ID: "never-closes", Why: "the Gateway that keeps what a client leaves",
		Where: fault.Where{FromConnection: 1}, When: fault.When{Phase: fault.Accepted},
		What: fault.What{Do: fault.IgnoreEOF},
	}}
	var points []fault.When
	for _, phase := range killPhases {
		points = append(points, phase.kill)
	}
	for life := range runs {
		phase := killPhases[life%len(killPhases)]
		faults = append(faults, fault.Fault{
			ID: fmt.Sprintf("%s-%d", phase.id, life/len(killPhases)+1), Why: phase.why,
			Where: fault.Where{Connection: life + 1}, When: phase.when,
			What: fault.What{Do: fault.StopWriting},
		})
	}
	return harness.Scenario{
		Name: "kill-9-mid-session",
		Summary: fmt.Sprintf("%d runs killed with SIGKILL, %d in each of %d phases of a session, leave "+
			"no zombie on a Gateway that never closes.", runs, each, len(killPhases)),
		Why: "No shutdown code runs at SIGKILL: the kernel closes the socket, with FIN unless a " +
			"reset was armed on it before. In each phase the Gateway first falls " +
			"silent, so that the trader has read all that was sent and nothing that comes later " +
			"resets the connection by chance: a trader that closes with FIN leaves a zombie in " +
			"every life. Phases: greeting read, version sent, client id read, request read, answer " +
			"half sent, idle. This demands more than good manners: SO_LINGER with 0 seconds, set " +
			"before the first byte, and best before connect: no kill falls between the two here.",
		Labels:  []string{"short", "zombies", "shutdown"},
		Gateway: harness.Gateway{Faults: faults},
		Subject: harness.Subject{
			Mode: harness.Once, Runs: runs, Interval: interval, KillPoints: points,
		},
		Checks: with(harness.Check{Name: "faults-delivered", Want: runs}),
		Limit:  10 * time.Minute,
	}
}
