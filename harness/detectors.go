package harness

import (
	"fmt"
	"strings"
)

// Detector is a named check: a pure function of the record.
type Detector struct {
	Name string
	// Doc says in a sentence what fails it, Least what it must see to conclude.
	Doc, Least string
	// Unconnected detectors can conclude although the subject never connected.
	Unconnected bool
	judge       func(*Record, Check) Finding
}

// Detectors are all checks that a scenario can ask for, in the order of a report.
var Detectors = []Detector{
	{
		Name: "completed-handshakes", judge: completedHandshakes,
		Doc: "Fewer than Want lives (connections of a continuous subject) got from accept to a " +
			"first request after the accounts and the order id were sent.",
		Least: "one connection",
	},
	{
		Name: "exit-codes", judge: exitCodes, Unconnected: true,
		Doc: "A life that connected exited with a code outside Exits (default 0), or by a signal.",
		Least: "every life (or Evidence of them) that either connected or gave one of Exits " +
			"other than 0",
	},
	{
		Name: "classified", judge: classified, Unconnected: true,
		Doc: "A life did not exit with one of Exits within Within of the last fault on its " +
			"connection, or of its start when none met it.",
		Least: "as exit-codes",
	},
	{
		Name: "no-zombies-at-gateway", judge: noZombiesAtGateway,
		Doc: "A socket of the Gateway was in CLOSE_WAIT for longer than Within (default 1 s) or " +
			"at quiescence: the trader said FIN and left the Gateway holding it.",
		Least: "one connection; in a scenario that kills, one of every life, killed",
	},
	{
		Name: "no-zombies-at-trader", judge: noZombiesAtTrader,
		Doc: "A socket of the trader was in CLOSE_WAIT for longer than Within (default 1 s) or " +
			"at quiescence: the Gateway said FIN and the trader did not close.",
		Least: "one connection; in a scenario that kills, one of every life, killed",
	},
	{
		Name: "oracles-agree", judge: oraclesAgree, Unconnected: true,
		Doc: "The Gateway's timing of FINs and the kernel's table tell different stories about a " +
			"socket: a harness error.",
		Least: "one connection, planted ones included, and a readable kernel table",
	},
	{
		Name: "one-connection-per-client", judge: oneConnectionPerClient,
		Doc:   "Two connections of one client id were established at the same instant.",
		Least: "one connection",
	},
	{
		Name: "complete-preambles", judge: completePreambles,
		Doc:   "A connection ended by the subject never carried a complete preamble: a port probe.",
		Least: "one connection",
	},
	{
		Name: "first-bytes", judge: firstBytes,
		Doc:   "A connection did not begin with API\\0.",
		Least: "one connection that carried bytes",
	},
	{
		Name: "connect-rate", judge: connectRate,
		Doc: "A life connected more than Want times (default 10) in Within (default 10 s), or " +
			"shortened its pauses while it went on failing.",
		Least: "two connections",
	},
	{
		Name: "one-connection", judge: oneConnection, Unconnected: true,
		Doc:   "The number of connections in the run is not Want, taken literally.",
		Least: "one cycle; for Want 0 one life",
	},
	{
		Name: "cycles", judge: cyclesSeen,
		Doc:   "Fewer than Want cycles were answered.",
		Least: "one connection",
	},
	{
		Name: "recovery", judge: recovered,
		Doc: "The subject came back from a lost connection other than Want times (default 1), or " +
			"took longer than Within from the Gateway's readiness to its first cycle.",
		Least: "one lost connection after a cycle",
	},
	{
		Name: "faults-delivered", judge: faultsDelivered, Unconnected: true,
		Doc: "A planned fault has no receipt (inconclusive), or went out differently from its " +
			"plan (harness error). Want asks for that many distinct faults in place of all.",
		Least: "every planned fault",
	},
	{
		Name: "sigterm", judge: obeysSIGTERM,
		Doc: "A life did not exit within Within (default 3 s) of SIGTERM with one of Exits " +
			"(default 0), or left processes behind.",
		Least: "one life that connected and was sent SIGTERM",
	},
	{
		Name: "steady-fds", judge: steadyFDs,
		Doc:   "Open descriptors, taken at the same point of each cycle, keep rising.",
		Least: "16 cycles after 2 of warm-up",
	},
	{
		Name: "steady-threads", judge: steadyThreads,
		Doc:   "Threads, taken at the same point of each cycle, keep rising.",
		Least: "16 cycles after 2 of warm-up",
	},
	{
		Name: "memory", judge: memory,
		Doc: "Resident memory rises by more than 16 KiB a cycle at 95 % in the second half of the " +
			"cycles. With fewer cycles than it needs it is informational, unless the scenario " +
			"sets Evidence.",
		Least: "100 cycles after 2 of warm-up",
	},
	{
		Name: "no-duplicate-orders", judge: noDuplicateOrders,
		Doc: "The Gateway's books hold two orders with one orderRef that were not rejected. " +
			"Without an order it is informational, unless the scenario sets Evidence.",
		Least: "one order with an orderRef",
	},
	{
		Name: "books-add-up", judge: booksAddUp,
		Doc: "The Gateway's positions or cash are not the sum of its fills, or an order is filled " +
			"beyond its quantity: a harness error, for the books are the exchange's.",
		Least: "one account",
	},
}

// DetectorNamed finds a detector.
func DetectorNamed(name string) (Detector, error) {
	for _, d := range Detectors {
		if d.Name == name {
			return d, nil
		}
	}
	names := make([]string, len(Detectors))
	for i, d := range Detectors {
		names[i] = d.Name
	}
	return Detector{}, fmt.Errorf("find check %q: no such name; there are %s",
		name, strings.Join(names, ", "))
}

// find runs one check over the record.
func find(r *Record, c Check) Finding {
	d, err := DetectorNamed(c.Name)
	if err != nil {
		return open(c, "checks", 1).broken("%v", err)
	}
	if !d.Unconnected && len(r.subjects()) == 0 {
		return open(c, "connections", 1).undecided("the subject never connected")
	}
	return d.judge(r, c)
}
