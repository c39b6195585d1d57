package harness

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway/fault"
)

const (
	ms  = Moment(time.Millisecond)
	sec = Moment(time.Second)
)

var gatewayAddr = netip.MustParseAddrPort("127.0.0.1:40021")

func clientAddr(n int) netip.AddrPort {
	return netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(50000+n))
}

// clean is a connection that shook hands, worked and was closed by the client first, a second
// after it began.
func clean(id, life int, at Moment) Connection {
	return Connection{
		ID: id, Life: life, Local: gatewayAddr, Remote: clientAddr(id), ClientID: new(1),
		FirstBytes: []byte("API\x00\x00\x00\x00\x09v100..225"), Preamble: true, ServerVersion: 225,
		Accepted: at, FirstByte: at + ms, PreambleRead: at + 2*ms, VersionSent: at + 3*ms,
		StartAPIRead: at + 4*ms, BootstrapSent: at + 5*ms, FirstRequested: at + 6*ms,
		BytesIn: 500, BytesOut: 5000,
		ClientFIN: at + sec, GatewayFIN: at + sec + ms, Closed: at + sec + ms, ClosedFirst: "client",
	}
}

// tenLives is the record of a run in mode Once in which nothing is wrong.
func tenLives(checks ...Check) *Record {
	r := &Record{Header: Header{
		Version: RecordVersion, TimeScale: 1, Gateway: gatewayAddr, Command: []string{"trader"},
		Scenario: Scenario{
			Name: "ten", Summary: "Ten lives.", Subject: Subject{Mode: Once, Runs: 10}, Checks: checks,
		},
		Started: time.Date(2026, 3, 2, 15, 30, 0, 0, time.UTC),
	}}
	for n := 1; n <= 10; n++ {
		at := Moment(n) * 10 * sec
		r.Lives = append(r.Lives, Life{
			Number: n, PID: 100 + n, Started: at, Exited: at + 2*sec, EndedBy: EndedItself,
		})
		r.Connections = append(r.Connections, clean(n, n, at+100*ms))
		r.Looks = append(r.Looks, Look{Life: n, At: at + 2*sec, Settled: true})
	}
	r.Footer = Footer{
		Ended: 120 * sec, Stop: StopDone, Looks: 6000, LongestGap: fault.Duration(25 * time.Millisecond),
	}
	r.Books = Books{Taken: true, Cash: []Cash{{Account: "DU9000001", Opening: dec("100"), Balance: dec("100")}}}
	return r
}

// oneLife is the record of a continuous run of n cycles, a second apart, on one connection, in
// which nothing is wrong.
func oneLife(cycles int, checks ...Check) *Record {
	r := tenLives(checks...)
	r.Header.Scenario.Subject = Subject{Mode: Continuous, Interval: time.Second, Cycles: cycles}
	end := Moment(cycles+1) * sec
	c := clean(1, 1, sec/2)
	c.ClientFIN, c.GatewayFIN, c.Closed = end+10*ms, end+11*ms, end+11*ms
	r.Lives = []Life{{
		Number: 1, PID: 101, Started: sec / 4, TermSent: end, Exited: end + 20*ms,
		EndedBy: EndedSIGTERM,
	}}
	r.Connections, r.Looks = []Connection{c}, []Look{{Life: 1, At: end + 30*ms, Settled: true}}
	for n := 1; n <= cycles; n++ {
		at := Moment(n) * sec
		r.Cycles = append(r.Cycles, Cycle{Number: n, Life: 1, Connection: 1, Requested: at - ms, Answered: at})
		r.Samples = append(r.Samples, Sample{Life: 1, Cycle: n, At: at, FDs: 12, Threads: 9, RSSBytes: 40 << 20})
	}
	r.Footer.Ended = end + sec
	return r
}

func dec(s string) decimal.Decimal { return decimal.MustParse(s) }

// twoSessions is a continuous run in which a fault ended the first connection after three cycles
// and the subject came back took after it.
func twoSessions(took Moment, checks ...Check) *Record {
	r := oneLife(6, checks...)
	lost := 3*sec + 500*ms
	first, second := r.Connections[0], r.Connections[0]
	first.GatewayRST, first.Closed, first.ClosedFirst = lost, lost, "gateway"
	first.ClientFIN, first.GatewayFIN = 0, 0
	second.ID, second.Remote = 2, clientAddr(2)
	second.Accepted = lost + took/2
	r.Connections = []Connection{first, second}
	r.Receipts = []Receipt{{Fault: "reset", Planned: fault.RST, Wire: "RST", Connection: 1, At: lost}}
	r.Header.Schedule.Faults = []fault.Fault{{ID: "reset", What: fault.What{Do: fault.RST}}}
	for i := 3; i < 6; i++ {
		r.Cycles[i].Connection = 2
		r.Cycles[i].Answered = lost + took + Moment(i-3)*ms
	}
	return r
}

// judged is one case of a detector: a record, a check, and what must come out.
type judged struct {
	name   string
	record *Record
	check  Check
	change func(*Record)
	want   Outcome
	says   string // in the detail or an example
}

func (j judged) run(t *testing.T) {
	t.Helper()
	if j.change != nil {
		j.change(j.record)
	}
	f := find(j.record, j.check)
	if f.Outcome != j.want {
		t.Fatalf("%s: outcome %s, want %s\ndetail:   %s\nexamples: %v", j.check.Name, f.Outcome, j.want, f.Detail, f.Examples)
	}
	said := f.Detail
	for _, e := range f.Examples {
		said += "\n" + e.What
	}
	if !strings.Contains(said, j.says) {
		t.Errorf("%s: says\n%s\nwant it to say %q", j.check.Name, said, j.says)
	}
	if f.Outcome == Fail && len(f.Examples) == 0 {
		t.Errorf("%s: a failure without an example", j.check.Name)
	}
}

func TestDetectors(t *testing.T) {
	tested := map[string][]Outcome{}
	for _, j := range slices.Concat(lifeCases(), socketCases(), connectionCases(), workCases(), cycleCases(), leakCases(), subscriptionCases(), recoveryLeakCases(), orderCases(), processCases(), gatewayCases()) {
		t.Run(j.check.Name+"/"+j.name, j.run)
		tested[j.check.Name] = append(tested[j.check.Name], j.want)
	}
	// Every detector is shown to pass, and to be able not to.
	for _, d := range Detectors {
		if !slices.Contains(tested[d.Name], Pass) || !slices.Contains(tested[d.Name], Inconclusive) {
			t.Errorf("%s: no case for pass, or none for inconclusive", d.Name)
		}
		harnessOnly := []string{"oracles-agree", "faults-delivered", "books-add-up"}
		if !slices.Contains(tested[d.Name], Fail) && !slices.Contains(harnessOnly, d.Name) {
			t.Errorf("%s: no case for fail", d.Name)
		}
		if d.Doc == "" || d.Least == "" || !strings.HasSuffix(d.Doc, ".") {
			t.Errorf("%s: doc %q, least %q", d.Name, d.Doc, d.Least)
		}
	}
}

// TestNeverConnected holds every detector against a subject that exits 0 and never connects:
// none may pass, and none may blame it.
func TestNeverConnected(t *testing.T) {
	for _, d := range Detectors {
		r := tenLives()
		r.Connections = nil
		r.Header.Schedule.Faults = []fault.Fault{{ID: "f1"}}
		if d.Name == "one-connection" {
			continue // Want 0 is about exactly this; the verdict of such a scenario rests on others
		}
		if f := find(r, Check{Name: d.Name, Want: 10, Exits: []int{20}}); f.Outcome != Inconclusive {
			if d.Name == "books-add-up" && f.Outcome == Pass {
				continue
			}
			t.Errorf("%s: %s (%s), want inconclusive", d.Name, f.Outcome, f.Detail)
		}
	}
}

func TestVerdict(t *testing.T) {
	pass, fails, unclear := Check{Name: "first-bytes"}, Check{Name: "completed-handshakes", Want: 11}, Check{Name: "connect-rate", Evidence: 11}
	cases := []struct {
		name   string
		checks []Check
		change func(*Record)
		want   Outcome
		code   int
		says   string
	}{
		{"all pass", []Check{pass}, nil, Pass, 0, "10/10; failure rate <= 25.9 % at 95 %."},
		{"no check", nil, nil, Inconclusive, 2, "no check"},
		{"one fails", []Check{pass, fails}, nil, Fail, 1, "completed-handshakes: "},
		{"fail before inconclusive", []Check{unclear, fails}, nil, Fail, 1, "completed-handshakes"},
		{"inconclusive before pass", []Check{pass, unclear}, nil, Inconclusive, 2, "10 connections seen, 11 needed"},
		{"information only", []Check{{Name: "no-duplicate-orders"}}, nil, Inconclusive, 2, "none of them"},
		{"information beside a pass", []Check{pass, {Name: "no-duplicate-orders"}}, nil, Pass, 0, "10/10"},
		{"harness before all", []Check{fails}, func(r *Record) { r.Footer.Errors = []string{"boom"} }, HarnessError, 3, "boom"},
		{"unknown check", []Check{{Name: "nonsense"}}, nil, HarnessError, 3, "nonsense"},
		{
			"oracles disagree unasked",
			[]Check{pass},
			func(r *Record) { r.Connections[0].ClientFIN -= 800 * ms },
			HarnessError, 3, "127.0.0.1:50001 -> 127.0.0.1:40021, gateway's end: the Gateway timed 801ms in CLOSE_WAIT, the kernel showed none",
		},
		{
			"a hook that fails",
			[]Check{pass, fails},
			func(r *Record) { r.Receipts = failingHook() },
			HarnessError, 3, "hook on connection 2 did not go out as planned: bad.star:2: no such action. ",
		},
		{
			"a hook that fails beside faults that do not",
			[]Check{pass, {Name: "faults-delivered"}},
			func(r *Record) {
				r.Header.Schedule.Faults = []fault.Fault{{ID: "reset", What: fault.What{Do: fault.RST}}}
				r.Receipts = append(failingHook(), Receipt{Fault: "reset", Planned: fault.RST, Wire: "RST", Connection: 3})
			},
			HarnessError, 3, "hook on connection 2",
		},
		{
			"a planned fault that goes out differently, unasked",
			[]Check{pass},
			func(r *Record) {
				r.Header.Schedule.Faults = []fault.Fault{{ID: "end", What: fault.What{Do: fault.FIN}}}
				r.Receipts = []Receipt{{Fault: "end", Planned: fault.FIN, Wire: "RST", Connection: 1, Mismatch: "no FIN went out"}}
			},
			HarnessError, 3, "end on connection 1 did not go out as planned: no FIN went out",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := tenLives(c.checks...)
			if c.change != nil {
				c.change(r)
			}
			v := Judge(r)
			if v.Outcome != c.want || v.ExitCode() != c.code || !strings.Contains(v.Sentence, c.says) {
				t.Errorf("outcome %s, exit %d: %s\nwant    %s, exit %d: …%s…", v.Outcome, v.ExitCode(), v.Sentence, c.want, c.code, c.says)
			}
		})
	}
}

// failingHook are the receipts of a hook that delayed a message, then failed at two.
func failingHook() []Receipt {
	failed := Receipt{Fault: fault.HookID, Planned: "hook", Wire: "message untouched", Connection: 2, Mismatch: "bad.star:2:\n  no such action"}
	return []Receipt{{Fault: fault.HookID, Planned: fault.Delay, Wire: "delayed", Connection: 1}, failed, failed}
}

func TestVerdictOnLives(t *testing.T) {
	r := tenLives(Check{Name: "exit-codes"}, Check{Name: "first-bytes"})
	r.Lives[3].ExitCode = 12
	r.Connections = slices.Delete(r.Connections, 6, 7)
	v := Judge(r)
	var got []Outcome
	for _, l := range v.Lives {
		got = append(got, l.Outcome)
	}
	want := []Outcome{Pass, Pass, Pass, Fail, Pass, Pass, Inconclusive, Pass, Pass, Pass}
	if !slices.Equal(got, want) {
		t.Errorf("lives %v\nwant  %v", got, want)
	}
	if v.Passed != 8 || v.Bound != 1 {
		t.Errorf("passed %d, bound %v; want 8 and 1", v.Passed, v.Bound)
	}
	if reasons := v.Lives[3].Reasons; len(reasons) != 1 || reasons[0] != "exit-codes: exit 12" {
		t.Errorf("reasons %q", reasons)
	}
}
