package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/fault"
	"ibsoak/internal/testkit"
	"ibsoak/trader/exit"
	"ibsoak/trader/journal"
	"ibsoak/trader/monitor"
	"ibsoak/trader/status"
)

// page is where a running trader serves its status.
func (run *running) page() string {
	run.r.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		if _, after, found := strings.Cut(run.out.String(), "url="); found {
			address, _, whole := strings.Cut(after, "/\n")
			if whole {
				return address
			}
		}
		pause(run.r.t)
	}
	run.r.t.Fatalf("no page\n%s", run.out.String())
	return ""
}

// pause is between two looks at something that does not tell when it changes.
func pause(t *testing.T) {
	t.Helper()
	waitFor(t.Context(), 20*time.Millisecond)
}

func fetch(t *testing.T, url string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}

// readyz waits for an answer of that code with that text, and gives how long it took.
func (run *running) readyz(code int, text string) {
	run.r.t.Helper()
	page, got, body := run.page(), 0, ""
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		if got, body = fetch(run.r.t, page+"/readyz"); got == code && strings.Contains(body, text) {
			return
		}
		pause(run.r.t)
	}
	run.r.t.Fatalf("/readyz says %d %s, want %d %q", got, body, code, text)
}

// TestReadyzAgainstTheGateway: blind but healthy is what the fake makes of a trader whose data farm falls
// silent while heartbeats go on, and whose Gateway dies while it lives.
func TestReadyzAgainstTheGateway(t *testing.T) {
	r := newRig(t, fakegateway.Config{})
	out := filepath.Join(r.state, "alerts")
	run := r.start("--status-listen", "127.0.0.1:0", "--blind-after", "1s", "--request-timeout", "0.5", "--alert-after", "1s",
		"--alert-command", `sh -c 'cat >> "$0"' `+out)
	run.readyz(http.StatusOK, "ok")

	id, err := r.gw.Inject(fault.Fault{When: fault.When{Outbound: "historicalData"}, What: fault.What{Do: fault.Drop}})
	if err != nil {
		t.Fatal(err)
	}
	// Its bars are a subscription: the next session makes another, which is not answered.
	if err := r.gw.Restart(fault.Downtime{}, fault.FIN); err != nil {
		t.Fatal(err)
	}
	run.readyz(http.StatusServiceUnavailable, "AAPL: not decided on for")
	if code, body := fetch(t, run.page()+"/healthz"); code != http.StatusOK {
		t.Errorf("blind is alive: %d %s", code, body)
	}
	if err := r.gw.ClearFault(id); err != nil {
		t.Fatal(err)
	}
	run.readyz(http.StatusOK, "ok")

	if err := r.gw.Restart(fault.Downtime{Refused: fault.Duration(3 * time.Second)}, fault.FIN); err != nil {
		t.Fatal(err)
	}
	run.readyz(http.StatusServiceUnavailable, "session is ")
	run.readyz(http.StatusOK, "ok")
	run.stop()
	told, err := os.ReadFile(out)
	for _, kind := range []string{`"name":"blind"`, `"name":"reconnecting"`} {
		if err != nil || !bytes.Contains(told, []byte(kind)) {
			t.Errorf("nobody was woken up by %s: %s, %v", kind, told, err)
		}
	}
	if bytes.Contains(told, []byte("DU9000001")) {
		t.Error("an alert shows the account")
	}
}

// TestWhatIsShownIsTheGatewaysTruth: status, metrics, equity and timeline of a trader that trades, against
// the books of the Gateway; and nothing that it writes shows the account.
func TestWhatIsShownIsTheGatewaysTruth(t *testing.T) {
	r := newRig(t, fakegateway.Config{})
	run := r.start("--status-listen", "127.0.0.1:0", "--shares", "7")
	r.await("a fill", func(*fakegateway.View) bool { return len(r.gw.Books().Executions) == 1 })
	run.readyz(http.StatusOK, "ok")
	var view monitor.View
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); pause(t) {
		_, body := fetch(t, run.page()+"/status")
		if err := json.Unmarshal([]byte(body), &view); err != nil {
			t.Fatal(err)
		}
		if len(view.Snapshot.Positions) == 1 && view.Snapshot.Money.Cash.IsNeg() {
			break
		}
	}
	s := view.Snapshot
	if len(s.Positions) != 1 || s.Positions[0].Own.String() != "7" || s.Positions[0].Account.String() != "7" {
		t.Errorf("positions %+v", s.Positions)
	}
	b, err := journal.ReadBooks(t.Context(), r.state)
	if err != nil {
		t.Fatal(err)
	}
	r.wantAccounts() // the journal's cash is the Gateway's
	if s.Money.Cash.Cmp(b.Accounts[0].Cash) != 0 || s.Session.Generation == 0 || len(s.Session.Handshake) < 4 {
		t.Errorf("money %+v, session %+v, the books say %s", s.Money, s.Session, b.Accounts[0].Cash)
	}
	_, text := fetch(t, run.page()+"/metrics")
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if m := families["trader_position_shares"].GetMetric(); len(m) != 1 || m[0].GetGauge().GetValue() != 7 {
		t.Errorf("metrics: %v", m)
	}
	_, body := fetch(t, run.page()+"/equity")
	var points []journal.EquityPoint
	if err := json.Unmarshal([]byte(body), &points); err != nil || len(points) == 0 {
		t.Fatalf("equity: %s, %v", body, err)
	}
	if last := points[len(points)-1]; last.Equity.Cmp(s.Money.Equity) != 0 {
		t.Errorf("the chart ends with %s, the equity is %s", last.Equity, s.Money.Equity)
	}
	run.stop()
	audit, err := os.ReadFile(filepath.Join(r.state, AuditName))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"kind":"place"`, `"kind":"order status"`, `"kind":"open order"`, `"kind":"execution"`, `"kind":"commission"`,
		`"kind":"farm"`, "the books are reconciled", "the trader started", "the trader ended: exit 0, ok",
	} {
		if !bytes.Contains(audit, []byte(want)) {
			t.Errorf("the audit lacks %s", want)
		}
	}
	record, err := os.ReadFile(filepath.Join(r.state, RecordName))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{
		"log": run.out.String(), "audit": string(audit), "exit record": string(record), "metrics": text,
	} {
		if strings.Contains(data, "DU9000001") {
			t.Errorf("the %s shows the account", name)
		}
	}
	past, err := lastDay(r.state)
	if err != nil || len(past) < 5 {
		t.Errorf("the next life's timeline begins with %v, %v", past, err)
	}
}

// TestStatusCommand of a running trader, a stopped one, and none.
func TestStatusCommand(t *testing.T) {
	r := newRig(t, fakegateway.Config{})
	ask := func(more ...string) (exit.Code, string) {
		var out testkit.Buffer
		code := Main(t.Context(), append([]string{"status", "--state", r.state}, more...), &out, &out)
		return exit.Code(code), out.String()
	}
	if code, out := ask(); code != exit.State || !strings.Contains(out, "no trader has run in") {
		t.Errorf("without a trader: %d %s", code, out)
	}
	run := r.start("--status-listen", "127.0.0.1:0")
	run.readyz(http.StatusOK, "ok")
	if code, out := ask(); code != exit.OK || !strings.HasPrefix(out, "ready\n") || !strings.Contains(out, "session  synced for") {
		t.Errorf("while it runs: %d %s", code, out)
	}
	var view monitor.View
	if code, out := ask("--json"); code != exit.OK || json.Unmarshal([]byte(out), &view) != nil || !view.Ready {
		t.Errorf("as JSON: %d %s", code, out)
	}
	run.stop()
	if code, out := ask(); code != exit.OK || !strings.Contains(out, "not running: the last trader") ||
		!strings.Contains(out, "exit 0, ok") || !strings.Contains(out, "holds 1 AAPL") {
		t.Errorf("when it has ended: %d %s", code, out)
	}
}

// TestDryRunAgainstTheGateway sends nothing, and its intent says so.
func TestDryRunAgainstTheGateway(t *testing.T) {
	r := newRig(t, fakegateway.Config{})
	r.wantOnce(exit.OK, "--dry-run")
	b, err := journal.ReadBooks(t.Context(), r.state)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Intents) != 1 || b.Intents[0].State != journal.NotSent || !strings.Contains(b.Intents[0].Reason, "dry run") {
		t.Errorf("%+v", b.Intents)
	}
	r.wantBooks(0)
	r.wantOnce(exit.OK) // and the bar can still be traded on
	r.wantBooks(1)
}

// TestTheLogIsRotatedAndBounded.
func TestTheLogIsRotatedAndBounded(t *testing.T) {
	r := newRig(t, fakegateway.Config{})
	log := filepath.Join(t.TempDir(), "trader.log")
	r.wantOnce(exit.OK, "--log-file", log, "--log-format", "json")
	data, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		var record struct{ Time, Level, Msg string }
		if err := json.Unmarshal([]byte(line), &record); err != nil || record.Msg == "" {
			t.Errorf("%q: %v", line, err)
		}
	}
	info, err := os.Stat(log)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the log is for everybody: %v, %v", info.Mode(), err)
	}
	if code, out := r.once("--log-file", filepath.Join(log, "below")); code != exit.Usage {
		t.Errorf("a log that cannot be: %d %s", code, out)
	}
}

// TestALifeThatNeverBeganLeavesARecord: the record of the life before would pass for its own.
func TestALifeThatNeverBeganLeavesARecord(t *testing.T) {
	r := newRig(t, fakegateway.Config{})
	r.wantOnce(exit.OK)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	for _, args := range [][]string{
		{"--status-listen", taken.Addr().String()},
		{"--symbols", "AAPL,SAP:IBIS:EUR"}, // which the engine refuses: losses in two currencies
	} {
		r.wantOnce(exit.Usage, args...)
		var record Record
		data, err := os.ReadFile(filepath.Join(r.state, RecordName))
		if err != nil || json.Unmarshal(data, &record) != nil || record.Code != exit.Usage || record.Reason == "" {
			t.Errorf("%q: the record says %s, %v", args, data, err)
		}
		r.wantOnce(exit.OK) // the journal is free
	}
}

// TestACleanStopDoesNotWaitForAHook that hangs.
func TestACleanStopDoesNotWaitForAHook(t *testing.T) {
	r := newRig(t, fakegateway.Config{})
	r.wantOnce(exit.OK) // there is a journal to halt
	var out testkit.Buffer
	if code := Main(t.Context(), []string{"halt", "--reason", "a test", "--state", r.state}, &out, &out); code != 0 {
		t.Fatalf("halt: %d %s", code, out.String())
	}
	run := r.start("--alert-command", "sleep 60")
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(run.out.String(), "alert=halted"); pause(t) {
		if time.Now().After(deadline) {
			t.Fatalf("no alert\n%s", run.out.String())
		}
	}
	run.stop()
}

// TestATraderThatCannotBeAskedIsNotDead: the lock of its state directory tells.
func TestATraderThatCannotBeAskedIsNotDead(t *testing.T) {
	r := newRig(t, fakegateway.Config{})
	j, err := journal.Open(t.Context(), r.state)
	if err != nil {
		t.Fatal(err)
	}
	if err := beginning(time.Now()).write(r.state); err != nil {
		t.Fatal(err)
	}
	ask := func() string {
		var out testkit.Buffer
		if code := Main(t.Context(), []string{"status", "--state", r.state}, &out, &out); code != 0 {
			t.Errorf("status ended with %d", code)
		}
		return out.String()
	}
	if out := ask(); !strings.HasPrefix(out, "running: a trader has ") || strings.Contains(out, "killed") {
		t.Errorf("while a trader has the directory: %s", out)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if out := ask(); !strings.HasPrefix(out, "not running: ") || !strings.Contains(out, "was killed after") {
		t.Errorf("when nobody has it: %s", out)
	}
}

// TestTheStatusNamesWhatHasNoPrice: an equity without it is not one.
func TestTheStatusNamesWhatHasNoPrice(t *testing.T) {
	var out testkit.Buffer
	s := status.Snapshot{Money: status.Money{Unpriced: []string{"AAPL", "BRK B"}}}
	if err := printView(&out, monitor.ViewOf(&s, time.Now())); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "no price for AAPL, BRK B\n") {
		t.Errorf("%s", out.String())
	}
}
