package report

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/fault"
	"ibsoak/harness"
)

const (
	ms  = harness.Moment(time.Millisecond)
	sec = harness.Moment(time.Second)
)

func client(id int) netip.AddrPort {
	return netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(40000+id%20000))
}

// served is a connection that was served for a second and closed by its trader.
func served(id, life int, at harness.Moment) harness.Connection {
	return harness.Connection{
		ID: id, Life: life, Remote: client(id), Preamble: true, ServerVersion: 225, Accepted: at, PreambleRead: at + 2*ms,
		VersionSent: at + 3*ms, StartAPIRead: at + 4*ms, BootstrapSent: at + 5*ms,
		FirstRequested: at + 6*ms + harness.Moment(id%7)*ms, ClientFIN: at + sec, GatewayFIN: at + sec + ms,
		Closed: at + sec + 2*ms, ClosedFirst: "client",
	}
}

// scripted is a run that shows every part of a page: thirty lives, one of which leaves a zombie, an
// outage, faults, recoveries, growth, and an order whose fill was not told.
func scripted() (*harness.Record, harness.Verdict) {
	r := &harness.Record{Header: harness.Header{
		Version: harness.RecordVersion, TimeScale: 1, Command: []string{"python3", "trader.py", "{port}"},
		Scenario: harness.Scenario{
			Name: "scripted", Summary: "Thirty lives and what may happen to them.",
			Subject: harness.Subject{Mode: harness.Once, Runs: 30},
			Checks: []harness.Check{
				{Name: "completed-handshakes", Want: 30},
				{Name: "exit-codes"},
				{Name: "no-zombies-at-gateway"},
				{Name: "no-duplicate-orders"},
				{Name: "books-add-up"},
				{Name: "faults-delivered"},
			},
		},
		Started: time.Date(2026, 3, 2, 15, 30, 0, 0, time.UTC),
		Host:    harness.Host{OS: "linux", Arch: "amd64", CPUs: 2, Go: "go1.26"},
		Schedule: fault.Schedule{Faults: []fault.Fault{
			{ID: "reset", When: fault.When{Phase: fault.VersionSent}, What: fault.What{Do: fault.RST}},
			{ID: "late", When: fault.When{Phase: fault.VersionSent}, What: fault.What{Do: fault.FIN}},
		}},
	}}
	for n := 1; n <= 30; n++ {
		at := harness.Moment(n) * 3 * sec
		r.Lives = append(r.Lives, harness.Life{Number: n, PID: 100 + n, Started: at, Exited: at + 2*sec, EndedBy: harness.EndedItself})
		r.Connections = append(r.Connections, served(n, n, at+100*ms))
		r.Looks = append(r.Looks, harness.Look{Life: n, At: at + 2*sec, Settled: true})
		r.Cycles = append(r.Cycles, harness.Cycle{Number: n, Life: n, Connection: n, Requested: at + 200*ms, Answered: at + 210*ms})
	}
	zombie := &r.Connections[11]
	zombie.GatewayFIN, zombie.Closed = 0, 0
	r.Sightings = []harness.Sighting{{Side: harness.GatewaySide, Client: zombie.Remote, First: zombie.ClientFIN, Last: 99 * sec}}
	broken := &r.Connections[4]
	*broken = harness.Connection{
		ID: 5, Life: 5, Remote: client(5), Preamble: true, Accepted: broken.Accepted, PreambleRead: broken.PreambleRead,
		VersionSent: broken.VersionSent, GatewayRST: broken.VersionSent + ms, Closed: broken.VersionSent + ms,
		ClosedFirst: "gateway", Faults: []string{"reset"},
	}
	r.Lives[4].ExitCode, r.Lives[4].Stderr = 12, []string{"trader: connection reset", "giving up"}
	r.Receipts = []harness.Receipt{{Fault: "reset", Planned: fault.RST, Wire: "RST", Connection: 5, Point: "versionSent", At: broken.VersionSent}}
	r.Outages = []harness.Outage{{From: 40 * sec, Listening: 41 * sec, Ready: 42 * sec}}
	r.Attempts = []harness.Attempt{{At: 39 * sec, Client: client(999)}}
	for n := 1; n <= 60; n++ {
		at := 90*sec + harness.Moment(n)*50*ms
		r.Samples = append(r.Samples, harness.Sample{
			Life: 30, Cycle: n, At: at, FDs: 12 + n%2, Threads: 9, RSSBytes: int64(40+n/10) << 20, OwnsSession: true,
		})
	}
	traded(r)
	r.Processes = []harness.Process{
		{Life: 3, PID: 500, Command: "python3 helper.py", Related: harness.RelatedChild, Started: 9 * sec, FirstSeen: 9 * sec, Gone: 10 * sec},
	}
	r.Footer = harness.Footer{Ended: 100 * sec, Stop: harness.StopDone, Looks: 5000, LongestGap: fault.Duration(25 * time.Millisecond)}
	v := harness.Judge(r)
	v.Recovery = []harness.Recovery{
		{Life: 5, Lost: 15 * sec, Served: 15 * sec, Cycle: 16 * sec, Took: fault.Duration(time.Second)},
		{Life: 12, Lost: 40 * sec, Served: 42 * sec, Cycle: 42*sec + 300*ms, Took: fault.Duration(300 * time.Millisecond)},
	}
	return r, v
}

// traded adds two orders: one whose fill was told, and one whose second fill was not.
func traded(r *harness.Record) {
	fill := func(id string, perm int64, at harness.Moment) harness.Fill {
		return harness.Fill{
			ExecID: id, PermID: perm, Account: "DU1", Symbol: "AAPL", Side: "BOT", Shares: decimal.MustParse("1"),
			Price: decimal.MustParse("187.25"), At: at,
		}
	}
	order := harness.Order{
		PermID: 7001, OrderID: 1, ClientID: 1, OrderRef: "AAPL-1", Account: "DU1", Symbol: "AAPL", Action: "BUY",
		Quantity: decimal.MustParse("1"), Filled: decimal.MustParse("1"), Status: "Filled", Type: "MKT",
		PlacedAt: 20 * sec, DoneAt: 21 * sec,
	}
	second := order
	second.PermID, second.OrderID, second.OrderRef = 7002, 2, "AAPL-2"
	second.Quantity, second.PlacedAt, second.DoneAt = decimal.MustParse("2"), 50*sec, 55*sec
	r.Books = harness.Books{
		Taken: true, Orders: []harness.Order{order, second},
		Fills: []harness.Fill{fill("e1", 7001, 21*sec), fill("e2", 7002, 53*sec), fill("e3", 7002, 55*sec)},
	}
	say := func(at harness.Moment, client bool, kind string, order int, perm int64, exec string) {
		m := harness.Message{At: at, Life: 7, Connection: 7, FromClient: client, Kind: kind}
		m.Digest = fakegateway.Digest{OrderID: order, PermID: perm, ExecID: exec}
		r.Messages = append(r.Messages, m)
	}
	say(19*sec, false, "nextValidId", 1, 0, "")
	say(20*sec, true, "placeOrder", 1, 0, "")
	say(21*sec, false, "execDetails", 1, 7001, "e1")
	say(50*sec, true, "placeOrder", 2, 0, "")
	say(53*sec, false, "execDetails", 2, 7002, "e2")
}

// transcript are frames around the zombie of scripted.
func transcript(t *testing.T, r *harness.Record) string {
	t.Helper()
	var out strings.Builder
	for i, at := range []harness.Moment{36200 * ms, 36300 * ms, 37099 * ms} {
		frame := fakegateway.Frame{
			Seq: 50 + i, At: r.Header.Started.Add(time.Duration(at)), Connection: 12, Direction: "client", Kind: "reqIds",
			Body: json.RawMessage(`{"numIds":1}`), Raw: []byte("x"),
		}
		if err := json.NewEncoder(&out).Encode(frame); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

// drawn is the page of the scripted run.
func drawn(t *testing.T) string {
	t.Helper()
	r, v := scripted()
	frames, err := pickFrames(strings.NewReader(transcript(t, r)), r, violations(v))
	if err != nil {
		t.Fatal(err)
	}
	return pageOf(t, r, v, frames)
}

func pageOf(t *testing.T, r *harness.Record, v harness.Verdict, frames Frames) string {
	t.Helper()
	text, err := Page(r, v, frames)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// long is a run of so many lives, each with a connection, a child process and an order.
func long(lives int) (*harness.Record, harness.Verdict) {
	r, _ := scripted()
	order, fill := r.Books.Orders[0], r.Books.Fills[0]
	r.Lives, r.Connections, r.Looks, r.Cycles, r.Processes, r.Messages = nil, nil, nil, nil, nil, nil
	r.Header.Scenario.Subject.Runs = lives
	r.Books.Orders, r.Books.Fills = nil, nil
	step := harness.Moment(time.Hour) / harness.Moment(lives)
	for n := 1; n <= lives; n++ {
		at := harness.Moment(n) * step
		r.Lives = append(r.Lives, harness.Life{Number: n, Started: at, Exited: at + step/2, EndedBy: harness.EndedItself})
		c := served(n, n, at)
		c.ClientFIN, c.GatewayFIN, c.Closed = at+step/3, at+step/3+ms, at+step/3+2*ms
		r.Connections = append(r.Connections, c)
		r.Processes = append(r.Processes, harness.Process{
			Life: n, PID: n, Command: "helper", Related: harness.RelatedChild, FirstSeen: at, Gone: at + step/2,
		})
		o, f := order, fill
		o.PermID, o.OrderID, o.OrderRef, o.PlacedAt, o.DoneAt = int64(n), int64(n), fmt.Sprint("ref-", n), at, at+step/4
		f.PermID, f.ExecID, f.At = int64(n), fmt.Sprint("e", n), at+step/4
		r.Books.Orders, r.Books.Fills = append(r.Books.Orders, o), append(r.Books.Fills, f)
		m := harness.Message{At: at + step/4, Life: n, Connection: n, Kind: "execDetails"}
		m.Digest = fakegateway.Digest{PermID: int64(n), ExecID: f.ExecID}
		r.Messages = append(r.Messages, m)
	}
	r.Footer.Ended = harness.Moment(time.Hour)
	// Judged as if it were short: the page is asked about, not the judge.
	short := *r
	short.Lives, short.Connections, short.Processes, short.Messages = r.Lives[:9], r.Connections[:9], nil, nil
	short.Books = harness.Books{}
	v := harness.Judge(&short)
	for _, l := range r.Lives[9:] {
		v.Lives = append(v.Lives, harness.LifeVerdict{Number: l.Number, Outcome: harness.Pass, End: "exit 0"})
	}
	return r, v
}
