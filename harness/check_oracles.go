package harness

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"ibsoak/fakegateway/fault"
)

// oracleDetectors are the checks of the harness's own eyes.
var oracleDetectors = []Detector{
	{
		Name: "oracles-agree", Group: GroupHarness, judge: oraclesAgree, Unconnected: true,
		Doc: "The Gateway's timing of FINs and the kernel's table tell different stories about a " +
			"socket: a harness error.",
		Least: fmt.Sprintf("one connection, planted ones included, and a kernel table that is read "+
			"at least every %s while there is one", OracleFloor),
		Do:   "Nothing: look for other load on the machine, and run it again.",
		Page: "results.md#oracles",
	},
}

// OracleFloor is the largest time between two readings of the kernel's table after which a
// statement may still be called one of both oracles: whatever stays for as long as a zombie does
// is in at least one reading.
const OracleFloor = ZombieBound

// oracleSlack is how far the two oracles' readings of one stay may differ, or a tenth of the
// stay when that is more: the Gateway notes a FIN when its goroutine runs, the kernel when the
// segment arrives, and on a busy machine the one waits for the other.
const oracleSlack = 250 * time.Millisecond

func oraclesAgree(r *Record, c Check) Finding {
	f := open(c, "connections", 1)
	if r.Header.Kernel != "" {
		return f.undecided("the kernel's table could not be read (%s): one oracle spoke alone",
			r.Header.Kernel)
	}
	f.Evidence = len(r.Connections)
	if f.Evidence > 0 && r.Footer.Looks == 0 {
		return f.broken("the kernel's table was never read during the run")
	}
	apart := r.disagreements()
	if end := r.Footer.GatewayEnd; len(apart) > 0 && r.gatewayHarmed() {
		return f.undecided("%s, and could not time the ends of its sockets: the oracles disagree about %s", end,
			count(len(apart), "sockets"))
	}
	if len(apart) > 0 {
		for _, e := range apart {
			f.violated(e)
		}
		return f.broken("the oracles disagree about %s: %s",
			count(len(apart), "sockets"), apart[0].What)
	}
	if gap := time.Duration(r.Footer.LongestGap); gap > OracleFloor {
		return f.undecided("this machine was too busy: the kernel's table was not read for %s, and "+
			"what was there meanwhile has one witness only (%s at most)", round(gap), OracleFloor)
	}
	return f.conclude("the Gateway's timing and %s of the kernel's table agree, readings at most %s apart",
		count(r.Footer.Looks, "readings"), round(time.Duration(r.Footer.LongestGap)))
}

// gatewayHarmed reports that something outside has stopped or ended the Gateway, so that it could not
// time the ends of its sockets.
func (r *Record) gatewayHarmed() bool {
	return r.Footer.GatewayEnd != nil && !r.Footer.GatewayEnd.harness()
}

// disagreements are the sockets about which the Gateway's timing and the kernel's table tell
// different stories, each with its 4-tuple.
func (r *Record) disagreements() []Example {
	if r.Header.Kernel != "" {
		return nil
	}
	seen := map[stayAt][]Sighting{}
	for _, s := range r.Sightings {
		at := stayAt{s.Side, s.Gateway, s.Client}
		seen[at] = append(seen[at], s)
	}
	var apart []Example
	for _, conn := range r.Connections {
		for _, side := range []Side{GatewaySide, TraderSide} {
			what := r.compare(conn, side, seen[stayAt{side, conn.Local, conn.Remote}])
			if what != "" {
				apart = append(apart, Example{
					Life: conn.Life, Connection: conn.ID, At: conn.Accepted,
					What: fmt.Sprintf("%s -> %s, %s's end: %s", conn.Remote, conn.Local, side, what),
				})
			}
		}
	}
	return apart
}

// stayAt is one end of a 4-tuple.
type stayAt struct {
	side            Side
	gateway, client netip.AddrPort
}

// compare sets one end's stay in CLOSE_WAIT by the Gateway's timing against the kernel's
// sightings of the same end; "" is agreement.
func (r *Record) compare(conn Connection, side Side, sightings []Sighting) string {
	end := r.Footer.Ended
	timed, ok := conn.closeWait(side, end)
	if r.Footer.Cut != 0 && conn.Closed == 0 {
		return "" // of what was still going on when the run was cut short, each has seen a part
	}
	seen := slices.IndexFunc(sightings, func(s Sighting) bool {
		return s.Last >= conn.Accepted && r.connectionOf(s.Client, s.Last).ID == conn.ID
	})
	switch {
	case !ok && seen < 0:
		return ""
	case !ok:
		s := sightings[seen]
		least := s.Last.Since(max(s.First, conn.Accepted))
		if r.blind(conn, side) || least <= r.slack(s.First, s.Last) {
			return ""
		}
		return fmt.Sprintf("the kernel showed CLOSE_WAIT for %s, the Gateway timed none", round(least))
	case seen < 0:
		if missable := time.Duration(r.Footer.LongestGap) + r.slack(timed.From, timed.To); timed.length() <= missable {
			return ""
		}
		return fmt.Sprintf("the Gateway timed %s in CLOSE_WAIT, the kernel showed none",
			round(timed.length()))
	}
	// A client that closes while it waits in the accept queue is in the kernel's table before it
	// is in the ledger; the Gateway can only have timed the rest.
	s := sightings[seen]
	s.First = max(s.First, conn.Accepted)
	least, most := s.dwell(end)
	slack := max(r.slack(timed.From, timed.To), timed.length()/10)
	if timed.length() < least-slack || timed.length() > most+slack {
		return fmt.Sprintf("%s in CLOSE_WAIT by the Gateway's timing, %s to %s by the kernel's table",
			round(timed.length()), round(least), round(most))
	}
	return ""
}

// slack is oracleSlack and what the machine did to both oracles between two moments.
func (r *Record) slack(from, to Moment) time.Duration {
	delay, _ := r.busy(from, to)
	return oracleSlack + delay
}

// blind reports that the Gateway could not have timed the stay: it had already given up its
// descriptor, or a fault kept it from reading up to the client's FIN.
func (r *Record) blind(conn Connection, side Side) bool {
	if side == TraderSide {
		return conn.Closed != 0 || conn.GatewayFIN == 0
	}
	return slices.ContainsFunc(r.receiptsOn(conn.ID), func(receipt Receipt) bool {
		return receipt.Planned == fault.StopReading
	})
}
