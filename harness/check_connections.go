package harness

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"

	"ibsoak/fakegateway/fault"
)

// faultDetectors are the checks of what the Gateway was planned to do.
var faultDetectors = []Detector{
	{
		Name: "faults-delivered", Group: GroupHarness, judge: faultsDelivered, Unconnected: true,
		Doc: "A planned fault has no receipt (inconclusive), or went out differently from its " +
			"plan (harness error). Want asks for that many distinct faults in place of all.",
		Least: "every planned fault",
		Do: "Nothing fails by this alone: a planned fault found no moment to act, so let the " +
			"trader come as far as the fault waits for.",
		Page: "your-trader.md#work",
	},
}

// connectionDetectors are the checks of how the trader connects.
var connectionDetectors = []Detector{
	{
		Name: "one-connection-per-client", Group: GroupSockets, judge: oneConnectionPerClient,
		Doc:   "Two connections of one client id were established at the same instant.",
		Least: "one connection",
		Do: "Close the old connection, and see it closed, before you open the next one with the " +
			"same client id.",
		Page: "your-trader.md#sockets",
	},
	{
		Name: "complete-preambles", Group: GroupSockets, judge: completePreambles,
		Doc:   "A connection ended by the subject never carried a complete preamble: a port probe.",
		Least: "one connection",
		Do: "Do not probe the port: the first thing on every connection must be a complete API " +
			"preamble and version range, sent at once.",
		Page: "your-trader.md#sockets",
	},
	{
		Name: "first-bytes", Group: GroupSockets, judge: firstBytes,
		Doc:   "A connection did not begin with API\\0.",
		Least: "one connection that carried bytes",
		Do:    "Connect with the TWS API only: every connection begins with the four bytes API\\0.",
		Page:  "your-trader.md#sockets",
	},
	{
		Name: "connect-rate", Group: GroupSockets, judge: connectRate,
		Doc: "A life connected more than Want times (default 10) in Within (default 10 s), or " +
			"shortened its pauses while it went on failing.",
		Least: "two connections",
		Do: "Pause before you connect again, longer after each failure up to a cap, with some " +
			"jitter.",
		Page: "your-trader.md#sockets",
	},
	{
		Name: "one-connection", Group: GroupSockets, judge: oneConnection, Unconnected: true,
		Doc:   "The number of connections in the run is not Want, taken literally.",
		Least: "one cycle; for Want 0 one life",
		Do: "Keep one session open for as long as it works, and open none when there is a reason " +
			"not to.",
		Page: "your-trader.md#sockets",
	},
}

const (
	// overlapSlack is how long two connections may seem to overlap when the old one's end and the
	// new one's beginning are noted by two goroutines of the Gateway.
	overlapSlack = 50 * time.Millisecond

	// defaultConnects in defaultConnectWindow is the connect rate that a trader may reach.
	defaultConnects      = 10
	defaultConnectWindow = 10 * time.Second

	// backoffFailures is how many failures in a row it takes to judge the pauses between them,
	// backoffShrink how short the last pause may be, as a share of the longest: jitter of a half
	// is common, so a quarter is a pause that really shrank.
	backoffFailures = 5
	backoffShrink   = 0.25
)

// oneConnectionPerClient knows the client id of a connection from its START_API. A connection
// that never came so far counts for the only id of the run, if there was but one: a trader that
// gives up on a silent Gateway, keeps the socket and dials again overlaps itself.
func oneConnectionPerClient(r *Record, c Check) Finding {
	f := open(c, "connections", 1)
	byID := r.byClient()
	f.Evidence = len(r.subjects())
	for _, id := range sortedKeys(byID) {
		made := byID[id]
		slices.SortFunc(made, func(a, b Connection) int { return cmp.Compare(a.Accepted, b.Accepted) })
		var longest Connection // of those so far, the one that was established until last
		var until Moment
		for _, conn := range made {
			if overlap := until.Since(conn.Accepted); overlap > overlapSlack {
				f.violated(Example{
					Life: conn.Life, Connection: conn.ID, At: conn.Accepted,
					What: fmt.Sprintf("client id %s: connection %d was still established, for %s more",
						id, longest.ID, round(overlap)),
				})
			}
			if to := cmp.Or(conn.ended(), r.Footer.Ended); to > until {
				longest, until = conn, to
			}
		}
	}
	return f.conclude("%s, at most one at a time for each", count(len(byID), "client ids"))
}

// byClient groups the subject's connections by client id; "unknown" are those that never gave
// one while the run knows several.
func (r *Record) byClient() map[string][]Connection {
	known := map[string]bool{}
	for _, conn := range r.subjects() {
		if conn.ClientID != nil {
			known[fmt.Sprint(*conn.ClientID)] = true
		}
	}
	fallback := "unknown"
	if len(known) == 1 {
		fallback = sortedKeys(known)[0]
	}
	grouped := map[string][]Connection{}
	for _, conn := range r.subjects() {
		id := fallback
		if conn.ClientID != nil {
			id = fmt.Sprint(*conn.ClientID)
		}
		grouped[id] = append(grouped[id], conn)
	}
	return grouped
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// completePreambles leaves out connections that did not live long enough through no choice of
// the subject: the Gateway ended them first, or the harness killed the life.
func completePreambles(r *Record, c Check) Finding {
	f := open(c, "connections", 1)
	for _, conn := range r.subjects() {
		if !conn.Preamble && (conn.cutByGateway() || r.killed(conn)) {
			continue
		}
		f.Evidence++
		if !conn.Preamble {
			f.violated(Example{
				Life: conn.Life, Connection: conn.ID, At: conn.Accepted,
				What: fmt.Sprintf("%s carried %s and no complete preamble",
					conn.Remote, count(int(conn.BytesIn), "bytes")),
			})
		}
	}
	return f.conclude("every connection must carry a complete preamble: a bare connect is a port probe")
}

// cutByGateway reports that the Gateway ended the connection before the client did.
func (c Connection) cutByGateway() bool {
	gateway := earliest(c.GatewayFIN, c.GatewayRST)
	client := earliest(c.ClientFIN, c.ClientRST)
	return gateway != 0 && (client == 0 || gateway <= client)
}

// killed reports that the connection ended in the harness's SIGKILL.
func (r *Record) killed(conn Connection) bool {
	return slices.ContainsFunc(r.Lives, func(l Life) bool {
		ended := earliest(conn.ClientFIN, conn.ClientRST, conn.Closed)
		return l.Number == conn.Life && l.KillSent != 0 && (ended == 0 || ended >= l.KillSent)
	})
}

// apiPrefix begins every connection of a TWS API client since server version 100 (IBKR's client
// EClient.connect).
var apiPrefix = []byte("API\x00")

func firstBytes(r *Record, c Check) Finding {
	f := open(c, "connections", 1)
	for _, conn := range r.subjects() {
		if len(conn.FirstBytes) == 0 {
			continue
		}
		f.Evidence++
		n := min(len(conn.FirstBytes), len(apiPrefix))
		if !bytes.Equal(conn.FirstBytes[:n], apiPrefix[:n]) {
			f.violated(Example{
				Life: conn.Life, Connection: conn.ID, At: conn.FirstByte,
				What: fmt.Sprintf("begins with %q", conn.FirstBytes),
			})
		}
	}
	return f.conclude(`every connection must begin with "API\0"`)
}

// connectRate looks at each life for itself: starting the next one is the harness's doing.
func connectRate(r *Record, c Check) Finding {
	f := open(c, "connections", 2)
	most, window := cmp.Or(c.Want, defaultConnects), cmp.Or(c.Within, defaultConnectWindow)
	f.Evidence = len(r.subjects())
	worst := 0
	for _, l := range r.Lives {
		made := r.of(l.Number)
		slices.SortFunc(made, func(a, b Connection) int { return cmp.Compare(a.Accepted, b.Accepted) })
		n, at := densest(made, window)
		worst = max(worst, n)
		if n > most {
			f.violated(Example{
				Life: l.Number, At: at,
				What: fmt.Sprintf("%d connections in %s, %d allowed", n, window, most),
			})
		}
		if e, shrank := backoffShrank(made); shrank {
			f.violated(e)
		}
	}
	return f.conclude("at most %s in any %s, %d allowed", count(worst, "connections"), window, most)
}

// densest is the largest number of connections in any window, and where that window begins.
// The connections are in order.
func densest(made []Connection, window time.Duration) (n int, at Moment) {
	for first, last := 0, 0; last < len(made); last++ {
		for made[last].Accepted.Since(made[first].Accepted) > window {
			first++
		}
		if last-first+1 > n {
			n, at = last-first+1, made[first].Accepted
		}
	}
	return n, at
}

// backoffShrank looks for a row of failures whose last pause is a fraction of an earlier one.
func backoffShrank(made []Connection) (Example, bool) {
	failures, longest := 0, time.Duration(0)
	for i, conn := range made {
		if conn.completed() {
			failures, longest = 0, 0
			continue
		}
		failures++
		if failures == 1 {
			continue
		}
		pause := conn.Accepted.Since(made[i-1].Accepted)
		if failures >= backoffFailures && float64(pause) < backoffShrink*float64(longest) {
			return Example{
				Life: conn.Life, Connection: conn.ID, At: conn.Accepted,
				What: fmt.Sprintf("failure %d in a row came %s after the one before, after pauses of up to %s",
					failures, round(pause), round(longest)),
			}, true
		}
		longest = max(longest, pause)
	}
	return Example{}, false
}

func oneConnection(r *Record, c Check) Finding {
	made := r.subjects()
	f := open(c, "cycles", 1)
	f.Evidence = len(r.Cycles)
	if c.Want == 0 {
		f.Unit, f.Evidence = "lives", 0
		for _, l := range r.Lives {
			if l.EndedBy == EndedItself {
				f.Evidence++
			}
		}
	}
	if len(made) > c.Want {
		extra := made[c.Want]
		f.violated(Example{
			Life: extra.Life, Connection: extra.ID, At: extra.Accepted,
			What: fmt.Sprintf("connection %d of the run, %d wanted", c.Want+1, c.Want),
		})
	}
	if len(made) < c.Want && len(made) > 0 {
		f.violated(Example{What: fmt.Sprintf("%d made, %d wanted", len(made), c.Want), Missing: true})
	}
	if len(made) == 0 && c.Want > 0 {
		return f.undecided("the subject never connected")
	}
	return f.conclude("%s made, %d wanted", count(len(made), "connections"), c.Want)
}

func faultsDelivered(r *Record, c Check) Finding {
	planned := r.Header.Schedule.Faults
	want := cmp.Or(c.Want, len(planned))
	f := open(c, "faults", max(1, want))
	var missing []string
	for _, p := range planned {
		receipts := r.receipts(p)
		if len(receipts) == 0 {
			missing = append(missing, p.ID)
			continue
		}
		f.Evidence++
		for _, receipt := range receipts {
			if receipt.Planned != p.What.Do {
				return f.broken("fault %s on connection %d went out as %s, %s was planned",
					p.ID, receipt.Connection, receipt.Planned, p.What.Do)
			}
			if receipt.Mismatch != "" {
				return f.broken("fault %s on connection %d did not go out as planned: %s",
					p.ID, receipt.Connection, receipt.Mismatch)
			}
		}
	}
	if len(missing) == 0 {
		return f.conclude("every planned fault went out as planned")
	}
	return f.conclude("not delivered: %v", missing[:min(len(missing), maxExamples)])
}

// receipts are those of one planned fault.
func (r *Record) receipts(p fault.Fault) []Receipt {
	var out []Receipt
	for _, receipt := range r.Receipts {
		if receipt.Fault == p.ID {
			out = append(out, receipt)
		}
	}
	return out
}
