package harness

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unsafe"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/exchange"
	gatewaysession "ibsoak/fakegateway/session"
)

func gatewayCases() []judged {
	unharmed := Check{Name: gatewayUnharmedName}
	ended := func(e GatewayEnd) func(*Record) {
		return func(r *Record) { r.Footer.GatewayEnd = &e }
	}
	return []judged{
		{"served", tenLives(), unharmed, nil, Pass, "until the harness stopped it"},
		{"nobody", tenLives(), unharmed, func(r *Record) { r.Connections = nil }, Inconclusive, "0 lives seen"},
		{"killed", tenLives(), unharmed, ended(GatewayEnd{At: 35 * sec, Life: 3, Signal: "SIGKILL"}), Fail, "ended by SIGKILL, which the harness had not sent; life 3"},
		{"stopped while it closed", tenLives(), Check{Name: "oracles-agree"}, func(r *Record) {
			ended(GatewayEnd{At: 35 * sec, Life: 3, Signal: "SIGSTOP"})(r)
			r.Connections[2].ClientFIN -= 800 * ms
		}, Inconclusive, "could not time the ends of its sockets"},
		{"stopped", tenLives(), unharmed, ended(GatewayEnd{At: 35 * sec, Life: 3, Signal: "SIGSTOP"}), Fail, "stopped by a signal"},
		{"by nobody's life", tenLives(), unharmed, ended(GatewayEnd{At: sec, Signal: "SIGKILL"}), Inconclusive, "SIGKILL"},
		{"meddled with", tenLives(), unharmed, ended(GatewayEnd{At: 35 * sec, Life: 3, ExitCode: gatewayMeddled, Meddled: true}), Fail, "standard input of the Gateway's process, and not by the harness"},
		{"meddled with by nobody's life", tenLives(), unharmed, ended(GatewayEnd{At: sec, ExitCode: gatewayMeddled, Meddled: true}), Inconclusive, "standard input"},
		{"port taken", tenLives(), unharmed, ended(GatewayEnd{At: 35 * sec, Life: 3, ExitCode: gatewayFailed, PortTaker: "nc (pid 7)"}), Fail, "nc (pid 7) had taken its port"},
		{"stopped in good order", tenLives(), unharmed, ended(GatewayEnd{At: 35 * sec, Life: 3}), Inconclusive, "who did is not known"},
		{"by itself", tenLives(), unharmed, ended(GatewayEnd{At: 35 * sec, Life: 3, ExitCode: 2, Said: []string{"panic: boom"}}), Inconclusive, "by itself with exit code 2: panic: boom"},
	}
}

// TestLostEventsDecideNothing holds checks against a record with events missing.
func TestLostEventsDecideNothing(t *testing.T) {
	for name, want := range map[string]Outcome{
		"cycles": Inconclusive, "steady-fds": Inconclusive, "recovery": Inconclusive,
		"no-zombies-at-gateway": Pass, "no-duplicate-orders": Inconclusive, "completed-handshakes": Pass,
	} {
		r := twoSessions(sec)
		r.Header.Scenario.Checks = []Check{{Name: name, Want: map[string]int{"completed-handshakes": 2}[name]}}
		r.Footer.Dropped = 3
		f := Judge(r).Findings[0]
		if f.Outcome != want {
			t.Errorf("%s: %s (%s), want %s", name, f.Outcome, f.Detail, want)
		}
		if name == "cycles" && !strings.Contains(f.Detail, "lost 3 events of the Gateway") {
			t.Errorf("%s says %q", name, f.Detail)
		}
	}
	// What the ledger shows stands.
	r := tenLives(Check{Name: "exit-codes"})
	r.Lives[3].ExitCode, r.Footer.Dropped = 1, 3
	if v := Judge(r); v.Outcome != Fail {
		t.Errorf("%s: %s", v.Outcome, v.Sentence)
	}
}

// TestMirrorCountsWhatItLost shows that a loss at the end, which no event tells of, is told too.
func TestMirrorCountsWhatItLost(t *testing.T) {
	m, o := newMirror(), newObserver(CycleRule{}, 0, func(time.Time) Moment { return sec })
	for _, l := range []fakegateway.Line{
		{Event: &fakegateway.Event{Seq: 1, Kind: fakegateway.EventBooks}},
		{Event: &fakegateway.Event{Seq: 5, Kind: fakegateway.EventBooks, Dropped: 3}},
		{Lost: 2, Seq: 7},
	} {
		if e, ok := m.apply(l); ok {
			o.take(e)
		}
	}
	if o.dropped != 5 || o.seen != 7 || m.seen != 7 {
		t.Errorf("%d lost, events seen to %d and %d; want 5, 7 and 7", o.dropped, o.seen, m.seen)
	}
}

func TestMirrorOfBooks(t *testing.T) {
	m := newMirror()
	for _, text := range []string{
		`{"books": {"orders": [{"permId": 1, "status": "Submitted"}], "positions": [], "accounts": [{"id": "DU1", "cash": "10"}]}}`,
		`{"books": {"orders": [{"permId": 1, "status": "Filled"}], "executions": [{"execId": "a.01", "permId": 1, "shares": 2}]}}`,
		`{"books": {"orders": [{"permId": 2, "status": "Submitted"}], "accounts": [{"id": "DU1", "cash": "7"}]}}`,
		`{"books": {"executions": [{"execId": "a.02", "permId": 1, "shares": 1}], "superseded": [{"execId": "a.01"}], "accounts": [{"id": "DU1", "cash": "8"}]}}`,
	} {
		var l fakegateway.Line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatal(err)
		}
		m.apply(l)
	}
	b := m.books
	if len(b.Orders) != 2 || b.Orders[0].Status != exchange.Filled || b.Orders[1].PermID != 2 {
		t.Errorf("orders %+v", b.Orders)
	}
	if len(b.Executions) != 1 || b.Executions[0].ExecID != "a.02" {
		t.Errorf("executions %+v", b.Executions)
	}
	if len(b.Accounts) != 1 || b.Accounts[0].Cash.String() != "8" {
		t.Errorf("accounts %+v", b.Accounts)
	}
}

// stepped is the time as it is read after the machine's clock was set an hour ahead: the wall
// reading is another, the monotonic one is not. Package time has no way to make one.
func stepped(t time.Time) time.Time {
	const secondsShift = 30 // in time.Time's first word, of a time with a monotonic reading
	*(*uint64)(unsafe.Pointer(&t)) += uint64(time.Hour/time.Second) << secondsShift
	return t
}

// TestClockSetDuringTheStart shows that a run whose two clocks do not agree is not begun.
func TestClockSetDuringTheStart(t *testing.T) {
	t.Parallel()
	for name, began := range map[string]func(time.Time) time.Time{
		"steady": func(t time.Time) time.Time { return t }, "set": stepped,
	} {
		s := Scenario{Name: "test", Subject: Subject{Mode: Once, Runs: 1}, Checks: checks("exit-codes")}
		now := began(time.Now())
		o, err := Options{Command: []string{"true"}, OutDir: t.TempDir()}.withDefaults(s, now)
		if err != nil {
			t.Fatal(err)
		}
		r, err := prepare(s, o, now)
		if err != nil {
			t.Fatal(err)
		}
		err = r.startGateway(t.Context(), func(error) {})
		if set := name == "set"; (err != nil) != set || set && !strings.Contains(err.Error(), "clock was set") {
			t.Errorf("%s: error %v", name, err)
		}
		if err := r.close(); err != nil {
			t.Error(err)
		}
		if err := r.journal.close(); err != nil {
			t.Error(err)
		}
	}
}

// TestGatewayTakesItsSettings shows that the process is what the fake's settings say, that it reads a
// file of prices, and that nobody but the harness drives it.
func TestGatewayTakesItsSettings(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	prices := filepath.Join(t.TempDir(), "prices.csv")
	const rows = "date,open,high,low,close,volume,symbol\n" +
		"2024-03-01T14:30:00Z,10,11,9,10.5,1000,AAPL\n2024-03-01T14:31:00Z,10.5,11,10,10.8,900,AAPL\n"
	if err := os.WriteFile(prices, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	c := fakegateway.Config{
		Accounts: []string{"DU5", "DU6"}, Profile: "leaky", MaxServerVersion: 203,
		Clock: fakegateway.Clock{Start: defaultClock(), Scale: 3},
	}
	c.StartCash = dec("1234")
	c.Positions = []gatewaysession.OpeningPosition{{Account: "DU6", Symbol: "AAPL", Quantity: 4, Price: dec("10")}}
	start := GatewayStart{Config: c, Market: &MarketFile{Path: prices, Speed: 2}, Dir: t.TempDir()}
	g, err := startGateway(t.Context(), []string{self, GatewayWord}, start, func() {})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := g.close(); err != nil || !g.cmd.ProcessState.Success() {
			t.Errorf("close: %v, %s%s", err, g.cmd.ProcessState, g.lastWords())
		}
	}()
	err = g.await(t.Context(), g.over, "the books", func(m *mirror) bool { return m.booked })
	if err != nil {
		t.Fatal(err)
	}
	b, hello := g.books, g.greeting()
	if len(b.Accounts) != 2 || b.Accounts[1].ID != "DU6" || b.Accounts[0].StartCash.Cmp(dec("1234")) != 0 {
		t.Errorf("accounts %+v", b.Accounts)
	}
	if len(b.Positions) != 1 || b.Positions[0].Opening.Quantity != 4 || hello.Scale != 3 || !hello.Start.Equal(defaultClock()) {
		t.Errorf("positions %+v, clock %+v", b.Positions, hello)
	}
	answer, err := http.Get("http://" + g.control + "/healthz") //nolint:noctx // it is answered at once
	if err != nil {
		t.Fatal(err)
	}
	if answer.Body.Close(); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("a request without the token: %s", answer.Status)
	}
}

// TestGatewayRefusesItsSettings shows what is said about settings that cannot be.
func TestGatewayRefusesItsSettings(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for says, start := range map[string]GatewayStart{
		"read market: open": {Market: &MarketFile{Path: "no-such-file"}},
		"coffee":            {Config: fakegateway.Config{Profile: "coffee"}},
	} {
		start.Dir = t.TempDir()
		if _, err := startGateway(t.Context(), []string{self, GatewayWord}, start, func() {}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want one that says %q", err, says)
		}
	}
}

// TestBooksHaveTheRunsTimes shows when an order was placed and filled on the run's clock, which is
// not that of the exchange.
func TestBooksHaveTheRunsTimes(t *testing.T) {
	began := time.Date(2026, 3, 2, 15, 30, 0, 0, time.UTC)
	start := time.Date(2024, 1, 5, 9, 30, 0, 0, time.UTC)
	h := fakegateway.Hello{Began: began.Add(2 * time.Second), Start: start, Scale: 60}
	header := Header{Started: began}
	b := exchange.Books{
		Orders: []exchange.Order{{
			PermID: 1, ConID: 7, SecType: "STK", Type: exchange.LimitOrder, ParentID: 3, OCAGroup: "g",
			PlacedAt: start.Add(time.Minute), DoneAt: start.Add(2 * time.Minute), CanceledByClient: true,
			Manual: true, Modifications: 2, Market: dec("60"),
		}},
		Executions: []exchange.Execution{{ExecID: "a", PermID: 1, ConID: 7, At: start.Add(90 * time.Second)}},
		Positions: []exchange.Position{{
			ConID: 7, SecType: "STK", Opening: exchange.Holding{Quantity: 4}, Holding: exchange.Holding{Quantity: 6},
		}},
	}
	got, err := copyBooks(b, func(t time.Time) Moment { return header.moment(real(h, t)) })
	if err != nil {
		t.Fatal(err)
	}
	o, f, p := got.Orders[0], got.Fills[0], got.Positions[0]
	if o.PlacedAt != 3*sec || o.DoneAt != 4*sec || f.At != 3500*ms {
		t.Errorf("placed at %s, done at %s, filled at %s; want 3s, 4s and 3.5s", o.PlacedAt, o.DoneAt, f.At)
	}
	if o.Type != "LMT" || o.ParentID != 3 || o.OCAGroup != "g" || !o.CanceledByClient || !o.Manual ||
		o.Modifications != 2 || !o.Market.Equal(dec("60")) || o.SecType != "STK" || f.SecType != "STK" {
		t.Errorf("order %+v, fill %+v", o, f)
	}
	if p.Opening.String() != "4" || p.Shares.String() != "6" {
		t.Errorf("position %+v", p)
	}
}
