package harness

import (
	"bytes"
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"ibsoak/fakegateway/fault"
)

// faultDetectors are the checks of what the Gateway was planned to do.
var faultDetectors = []Detector{
	{
		Name: "faults-delivered", Group: GroupHarness, judge: faultsDelivered, Unconnected: true,
		Doc: "A planned fault has no receipt or put nothing on the wire (inconclusive), or went " +
			"out differently from its plan (harness error). Want asks for that many distinct " +
			"faults in place of all.",
		Least: "every planned fault",
		Do:    "See that the trader gets as far as the fault: it must connect and ask for its data.",
		Page:  "results.md#faults",
	},
}

// connectionDetectors are the checks of how the trader connects.
var connectionDetectors = []Detector{
	{
		Name: "one-connection-per-client", Group: GroupSockets, judge: oneConnectionPerClient,
		Doc: "Two connections of one client id were established at the same instant, or, where a life has " +
			"several client ids, more connections than it has ids; or one that was answered more than " +
			handshakeWithin.String() + " ago, and not met by a fault, had no id yet beside another.",
		Least: "one connection",
		Do: "Close the socket of a session that failed, in its handshake too, before you dial " +
			"again, and reconnect in one place only.",
		Page: "your-trader.md#sockets",
	},
	{
		Name: "complete-preambles", Group: GroupSockets, judge: completePreambles,
		Doc:   "A connection ended by the subject never carried a complete preamble: a port probe.",
		Least: "one connection",
		Do:    "Do not test the port by a connect: dial, and say API at once.",
		Page:  "your-trader.md#sockets",
	},
	{
		Name: "first-bytes", Group: GroupSockets, judge: firstBytes,
		Doc:   "A connection did not begin with API\\0.",
		Least: "one connection that carried bytes",
		Do:    "Never write a request on a new connection before its handshake, also not from a retry.",
		Page:  "your-trader.md#sockets",
	},
	{
		Name: "connect-rate", Group: GroupSockets, judge: connectRate,
		Doc: fmt.Sprintf("A life tried to connect more than Want times (default %d) in Within "+
			"(default %s), connects to a closed port included, or shortened its pauses while it "+
			"went on failing.", defaultConnects, defaultConnectWindow),
		Least: "one connection; where the port was closed in the run, a way to see who knocked " +
			"at it (on Linux: CAP_NET_RAW, or a host on which few connects fail)",
		Do: "Wait after each failed connect, longer each time up to a minute or so, with a " +
			"jitter that leaves a quarter of the longest at least; a connection refused is a failure as any other.",
		Page: "your-trader.md#sockets",
	},
	{
		Name: "one-connection", Group: GroupSockets, judge: oneConnection, Unconnected: true,
		Doc:   "The number of connections in the run is not Want, taken literally.",
		Least: "one cycle; for Want 0 one life",
		Do:    "Keep one connection for as long as it is good, and work on it.",
		Page:  "your-trader.md#sockets",
	},
}

const (
	// overlapSlack is how long two connections may seem to overlap when the old one's end and the
	// new one's beginning are noted by two goroutines of the Gateway.
	overlapSlack = 50 * time.Millisecond

	// notedWithin is how soon the Gateway has noted an end on the busiest machine: what the machine did
	// later than that has not made an overlap longer.
	notedWithin = 2 * time.Second

	// handshakeWithin is how long a client may take to name itself when the Gateway has answered it.
	handshakeWithin = 5 * time.Second

	// defaultConnects in defaultConnectWindow is the connect rate that a trader may reach.
	defaultConnects      = 10
	defaultConnectWindow = 10 * time.Second

	// acceptWithin is how far apart the first packet of a connection and its row in the Gateway's
	// ledger may be: the kernel accepts before the Gateway's program does.
	acceptWithin = 5 * time.Second

	// backoffFailures is how many failures in a row it takes to judge the pauses between them,
	// backoffShrink how short the last pause may be, as a share of the longest: jitter of a half
	// is common, so a quarter is a pause that really shrank.
	backoffFailures = 5
	backoffShrink   = 0.25
)

// oneConnectionPerClient knows the client id of a connection from its START_API. A connection
// that never came so far counts for the only id of the run, if there was but one: a trader that
// gives up on a silent Gateway, keeps the socket and dials again overlaps itself. With several ids it may be
// any one's that is not connected.
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
				f.blames(overlap <= r.notedLate(conn.Accepted, until), conn.whenAccepted(
					"client id %s: connection %d was still established, for %s more", id, longest.ID, round(overlap)))
			}
			if to := cmp.Or(conn.ended(), r.Footer.Ended); to > until {
				longest, until = conn, to
			}
		}
	}
	if len(byID) > 1 {
		r.nameless(f)
	}
	return f.conclude("%s, at most one at a time for each", count(len(byID), "client ids"))
}

// nameless judges the connections without a client id in a run with several.
func (r *Record) nameless(f *Finding) {
	ids := map[int]map[int]bool{} // by life
	most := 0
	for _, conn := range r.subjects() {
		if conn.ClientID != nil {
			if ids[conn.Life] == nil {
				ids[conn.Life] = map[int]bool{}
			}
			ids[conn.Life][*conn.ClientID] = true
			most = max(most, len(ids[conn.Life]))
		}
	}
	for _, conn := range r.subjects() {
		if named, without, until := r.beside(conn.Life, conn.Accepted); without != 0 && named > most {
			f.blames(until.Since(conn.Accepted) <= r.notedLate(conn.Accepted, until), conn.whenAccepted(
				"connection %d without a client id beside %s, %s in a life", without,
				count(named-1, "others"), count(most, "client ids")))
		}
		if conn.ClientID != nil || conn.VersionSent == 0 || len(r.receiptsOn(conn.ID)) > 0 {
			continue
		}
		until := cmp.Or(conn.ended(), r.Footer.Ended)
		took := until.Since(conn.VersionSent)
		others, _, _ := r.beside(conn.Life, conn.VersionSent+Moment(handshakeWithin))
		if took > handshakeWithin && others > 1 {
			f.blames(took <= handshakeWithin+r.notedLate(conn.VersionSent, until), conn.whenAccepted(
				"connection %d without a client id for %s, answered, beside %s", conn.ID, round(took),
				count(others-1, "others")))
		}
	}
}

// whenAccepted is an example that began when the connection was accepted.
func (c Connection) whenAccepted(format string, args ...any) Example {
	return Example{Life: c.Life, Connection: c.ID, At: c.Accepted, What: fmt.Sprintf(format, args...)}
}

// beside counts what a life has established at a moment and for overlapSlack longer: its client ids, and its
// connections without one, of which it names the first. Until the moment given all of them were.
func (r *Record) beside(life int, at Moment) (n, without int, until Moment) {
	ids := map[int]bool{}
	until = r.Footer.Ended
	for _, conn := range r.of(life) {
		end := cmp.Or(conn.ended(), r.Footer.Ended)
		if conn.Accepted > at || end.Since(at) <= overlapSlack {
			continue
		}
		until = min(until, end)
		if conn.ClientID != nil {
			ids[*conn.ClientID] = true
			continue
		}
		n, without = n+1, cmp.Or(without, conn.ID)
	}
	return n + len(ids), without, until
}

// notedLate is how long after it happened the Gateway may have noted what it did between two moments: its
// thread waits for each of the others that want its processor, and so does the control.
func (r *Record) notedLate(from, to Moment) time.Duration {
	delay, crowd := r.busy(from, min(to, from+Moment(notedWithin)))
	return 2*delay + time.Duration(crowd*float64(overlapSlack))
}

// byClient groups the subject's connections by client id. Those that never gave one count for the only id of
// the run, "unknown" if there is none, and for nobody's if there are several.
func (r *Record) byClient() map[string][]Connection {
	grouped := map[string][]Connection{}
	var without []Connection
	for _, conn := range r.subjects() {
		if conn.ClientID == nil {
			without = append(without, conn)
			continue
		}
		id := fmt.Sprint(*conn.ClientID)
		grouped[id] = append(grouped[id], conn)
	}
	if len(grouped) < 2 && len(without) > 0 {
		only := append(sortedKeys(grouped), "unknown")[0]
		grouped[only] = append(grouped[only], without...)
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
	sent := r.lifeNumber(conn.Life).KillSent
	ended := earliest(conn.ClientFIN, conn.ClientRST, conn.Closed)
	return sent != 0 && (ended == 0 || ended >= sent)
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
	f := open(c, "connections", 1)
	most, window := cmp.Or(c.Want, defaultConnects), cmp.Or(c.Within, defaultConnectWindow)
	f.Evidence = len(r.subjects())
	knocks := r.knocks()
	worst, unanswered := 0, 0
	for _, l := range r.Lives {
		made := r.of(l.Number)
		slices.SortFunc(made, func(a, b Connection) int { return cmp.Compare(a.Accepted, b.Accepted) })
		tried := slices.Clone(knocks[l.Number])
		unanswered += len(tried)
		for _, conn := range made {
			tried = append(tried, conn.Accepted)
		}
		slices.Sort(tried)
		n, at := densest(tried, window)
		worst = max(worst, n)
		if n > most {
			f.violated(Example{Life: l.Number, At: at, What: fmt.Sprintf(
				"%d connects in %s, %d allowed; in all its life %d, of which nobody accepted %d",
				n, window, most, len(tried), len(knocks[l.Number]))})
		}
		if e, shrank := backoffShrank(made); shrank {
			f.violated(e)
		}
	}
	said := fmt.Sprintf("%d that nobody accepted", unanswered)
	if r.Header.Unseen != "" && r.refused() {
		failed, known := r.mostHostDials(window)
		if f.Outcome != Fail && (!known || worst+failed > most) {
			return f.undecided("connects to the closed port are unknown: %s%s", r.Header.Unseen,
				hostDialsSay(failed, known, window))
		}
		said = fmt.Sprintf("at most %d of this host failed in any %s", failed, window)
	}
	return f.conclude("at most %s in any %s, %d allowed; %s", count(worst, "connects"), window, most, said)
}

func hostDialsSay(failed int, known bool, window time.Duration) string {
	if !known {
		return ""
	}
	return fmt.Sprintf("; up to %d connects of this host failed in %s", failed, window)
}

// knocks are the connects of each life that nobody accepted.
func (r *Record) knocks() map[int][]Moment {
	accepted := map[netip.AddrPort][]Moment{}
	for _, c := range r.Connections {
		accepted[c.Remote] = append(accepted[c.Remote], c.Accepted)
	}
	knocks := map[int][]Moment{}
	for _, a := range r.Attempts {
		if slices.ContainsFunc(accepted[a.Client], func(at Moment) bool {
			return at >= a.At-Moment(acceptWithin) && at <= a.At+Moment(acceptWithin)
		}) {
			continue
		}
		if life := r.lifeDuring(a.At); life != 0 {
			knocks[life] = append(knocks[life], a.At)
		}
	}
	return knocks
}

// refused reports that the port was closed for a while.
func (r *Record) refused() bool {
	return slices.ContainsFunc(r.Outages, func(o Outage) bool { return o.Listening != o.From })
}

// mostHostDials bounds the failed connects of the whole host in any window.
func (r *Record) mostHostDials(window time.Duration) (most int, known bool) {
	reads := r.HostDials
	for first := 1; first < len(reads); first++ {
		for last := first; last < len(reads) && reads[last-1].At.Since(reads[first].At) <= window; last++ {
			most = max(most, reads[last].Failed-reads[first-1].Failed)
		}
	}
	return most, len(reads) > 1
}

// densest is the largest number of moments in any window, and where that window begins. The
// moments are in order.
func densest(moments []Moment, window time.Duration) (n int, at Moment) {
	for first, last := 0, 0; last < len(moments); last++ {
		for moments[last].Since(moments[first]) > window {
			first++
		}
		if last-first+1 > n {
			n, at = last-first+1, moments[first]
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
	var missing, idle []string
	for _, p := range planned {
		receipts := r.receipts(p)
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
		switch {
		case slices.ContainsFunc(receipts, Receipt.delivered):
			f.Evidence++
		case len(receipts) > 0 && r.neverAsked(receipts):
			f.Evidence++
			idle = append(idle, p.ID)
		default:
			missing = append(missing, p.ID)
		}
	}
	said := "every planned fault went out as planned"
	if len(missing) > 0 {
		said = fmt.Sprintf("not delivered: %v", missing[:min(len(missing), maxExamples)])
	}
	if len(idle) > 0 {
		said += fmt.Sprintf("; no FIN of the trader's came for %v to answer", idle)
	}
	return f.conclude("%s", said)
}

// wireNothing is on a receipt of a fault that has sent nothing.
const wireNothing = "nothing"

// delivered reports that the fault did what it is there for. One that sends has not until
// something is on the wire; the others are silences, and what they keep back is their effect.
func (r Receipt) delivered() bool {
	return r.fell() && (!r.Planned.Sends() || r.Wire != wireNothing)
}

// neverAsked reports faults that answer the trader's FIN and lay in wait on connections on which
// none came: the trader resets, or the Gateway was first.
func (r *Record) neverAsked(receipts []Receipt) bool {
	return !slices.ContainsFunc(receipts, func(receipt Receipt) bool {
		conn := r.connectionAt(receipt.Connection)
		return receipt.Planned != fault.SendAfterEOF || conn < 0 ||
			r.Connections[conn].ClientFIN != 0 && !r.Connections[conn].cutByGateway()
	})
}

// receipts are those of one planned fault.
func (r *Record) receipts(p fault.Fault) []Receipt {
	var out []Receipt
	for _, i := range r.indexes().faults[p.ID] {
		out = append(out, r.Receipts[i])
	}
	return out
}
