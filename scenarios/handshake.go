package scenarios

import (
	"fmt"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/fault"
	"ibsoak/harness"
	"ibsoak/internal/wire"
)

// stallBudget is how long a trader may take to name a silent phase of the handshake. Real
// Gateways under load answer within two or three seconds.
const stallBudget = 20 * time.Second

func stallHandshake() harness.Scenario {
	stalls := []fault.Fault{
		{
			ID: "no-version", Why: "accepts, reads the preamble, answers nothing",
			Where: fault.Where{Connection: 1}, When: fault.When{Phase: fault.PreambleRead},
		},
		{
			ID: "no-accounts", Why: "answers the version, then neither accounts nor an order id",
			Where: fault.Where{Connection: 2}, When: fault.When{Phase: fault.StartAPIRead},
		},
		{
			ID: "no-order-id", Why: "sends the accounts, then no order id",
			Where: fault.Where{Connection: 3},
			When:  fault.When{Outbound: wire.NextValidID.String(), Nth: 1},
		},
	}
	for i := range stalls {
		stalls[i].What = fault.What{Do: fault.StopWriting}
	}
	return harness.Scenario{
		Name: "stall-handshake",
		Summary: "A Gateway that stops in any phase of the handshake is named by the exit code of " +
			"that phase, within its budget, and the socket is gone.",
		Why: "Stock clients wait for ever or report a timeout that names nothing, and keep the " +
			"socket. One life meets each silence: no version reply, no accounts, no order id. The " +
			"budget is what field reports call too slow to be told of a sick Gateway.",
		Labels:  []string{"short", "handshake", "zombies"},
		Gateway: harness.Gateway{Faults: stalls},
		Subject: harness.Subject{Mode: harness.Once, Runs: len(stalls), LifeLimit: 2 * stallBudget},
		Checks: with(
			harness.Check{Name: "faults-delivered"},
			harness.Check{
				Name: "classified", Within: stallBudget,
				ByFault: map[string][]harness.ExitClass{
					"no-version":  {harness.ExitNoHandshakeReply},
					"no-accounts": {harness.ExitNoAccount},
					"no-order-id": {harness.ExitNoNextValidID},
				},
			},
		),
		Limit: 4 * time.Minute,
	}
}

func handshakeFaults() harness.Scenario {
	faults := cutEverywhere(bootstrapBytes())
	return harness.Scenario{
		Name: "handshake-faults",
		Summary: "FIN and RST at every byte of the Gateway's side of the handshake are told apart " +
			"at once by the exit code, and the socket is gone.",
		Why: fmt.Sprintf("Version reply, accounts and order id are %d bytes at server version %d. "+
			"One life meets each offset with each of the two endings: %d lives. Clients that only "+
			"watch a timer take their whole timeout; some report success.",
			len(faults)/2, faultsVersion, len(faults)),
		Labels:  []string{"short", "handshake", "zombies"},
		Gateway: harness.Gateway{MaxServerVersion: int(faultsVersion), Faults: faults},
		Subject: harness.Subject{Mode: harness.Once, Runs: len(faults)},
		Checks: with(
			harness.Check{Name: "faults-delivered"},
			harness.Check{
				Name: "classified", Within: atOnce,
				// The last byte of the order id never goes out, so no handshake is complete.
				ByFault: map[string][]harness.ExitClass{
					"fin-at-*": {harness.ExitHandshakeClosed},
					"rst-at-*": {harness.ExitHandshakeReset},
				},
			},
			harness.Check{Name: "no-zombies-at-trader", Within: socketGone},
		),
		Limit: 10 * time.Minute,
	}
}

// socketGone is from the Gateway's FIN to the trader's: a trader that has classified the failure
// closes its socket, and one that waits for its timer does not.
const socketGone = 100 * time.Millisecond

// atOnce is from the fault to the process's exit. It takes a good trader a few milliseconds, and a
// hundred more on a machine that has ten other things to do; clients that wait for a timer take
// seconds.
const atOnce = 250 * time.Millisecond

// faultsVersion is the server version whose bytes handshake-faults cuts: the newest that both
// stock clients and Gateways speak.
const faultsVersion wire.Version = 225

// bootstrapBytes is the length of what a Gateway must have sent before a client may work: the
// version reply, managedAccounts and nextValidId. The values are stand-ins of the same length as
// the fake's (one paper account, a first order id below 128).
func bootstrapBytes() int {
	b := wire.AppendHello(nil, wire.Hello{Version: faultsVersion, Time: "20260105 09:30:00 EST"})
	for _, m := range []wire.Message{
		{Kind: wire.ManagedAccounts, Body: &protobuf.ManagedAccounts{AccountsList: new("DU9000001")}},
		{Kind: wire.NextValidID, Body: &protobuf.NextValidId{OrderId: new(int32(1))}},
	} {
		var err error
		if b, err = wire.Append(b, m, faultsVersion); err != nil {
			panic("scenarios: " + err.Error()) // a message of the bootstrap without a codec
		}
	}
	return len(b)
}

// cutEverywhere ends connection 2n+1 with FIN and 2n+2 with RST after n bytes.
func cutEverywhere(length int) []fault.Fault {
	var faults []fault.Fault
	for offset := range int64(length) {
		for _, ending := range []fault.Action{fault.FIN, fault.RST} {
			faults = append(faults, fault.Fault{
				ID:    fmt.Sprintf("%s-at-%d", ending, offset),
				Where: fault.Where{Connection: len(faults) + 1},
				When:  fault.When{BytesOut: new(offset)},
				What:  fault.What{Do: ending},
			})
		}
	}
	return faults
}
