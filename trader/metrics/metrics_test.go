package metrics_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/govalues/decimal"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"ibsoak/trader/metrics"
	"ibsoak/trader/status"
)

func d(s string) decimal.Decimal { return decimal.MustParse(s) }

// full is a snapshot with something for every metric.
func full(now time.Time) status.Snapshot {
	s := status.Snapshot{
		Version: "v1", Begun: now.Add(-time.Hour), Step: now, Patience: time.Minute, BlindAfter: time.Minute,
		Session: status.Session{
			State: status.Synced, Since: now.Add(-time.Minute), Generation: 3,
			Handshake: []status.Phase{{Name: "dial", Took: time.Millisecond}},
		},
		Cycle:      status.Cycle{Completed: 9, Failed: 1, Interval: time.Second},
		Symbols:    []status.Symbol{{Symbol: "BRK B", At: now, BarEnd: now.Add(-20 * time.Second)}},
		Orders:     []status.Order{{State: status.Unknown}, {State: "working"}, {State: "working"}},
		Positions:  []status.Position{{Symbol: "BRK B", Own: d("7")}},
		Money:      status.Money{Cash: d("-70.50"), Value: d("77"), Equity: d("6.50")},
		Limits:     []status.Limit{{Name: "max-day-loss", Used: d("100"), Bound: d("500")}},
		CloseWait:  status.CloseWait{At: now, Gateway: 2},
		Reconnects: map[string]int64{"refused": 4},
		Rejects:    map[int]int64{201: 2},
		Losses:     map[string]int64{"audit": 1},
	}
	s.RoundTrips.Add(3 * time.Millisecond)
	s.RoundTrips.Add(time.Minute)
	return s
}

// TestMetricsAreWhatPrometheusReads: the text is parsed by Prometheus' own parser, has no fault that its
// own linter knows, and says what the snapshot says.
func TestMetricsAreWhatPrometheusReads(t *testing.T) {
	now := time.Now()
	answer := httptest.NewRecorder()
	metrics.Handler(status.NewBoard(full(now))).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	text := answer.Body.Bytes()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	problems, err := promlint.New(bytes.NewReader(text)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, "trader_") {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
	for _, row := range metrics.Metrics() {
		if families[row[0]] == nil {
			t.Errorf("%s is not there", row[0])
		}
	}
	for _, want := range []string{
		"trader_ready 1", `trader_session_state{state="synced"} 1`, `trader_session_state{state="degraded"} 0`,
		`trader_orders{state="working"} 2`, `trader_orders{state="unknown"} 1`, `trader_orders{state="sent"} 0`,
		`trader_order_rejects_total{code="201"} 2`, `trader_reconnects_total{cause="refused"} 4`,
		`trader_position_shares{symbol="BRK B"} 7`, "trader_equity 6.5", `trader_risk_headroom{limit="max-day-loss"} 400`,
		`trader_close_wait_sockets{end="gateway"} 2`, `trader_round_trip_seconds_bucket{le="0.005"} 1`,
		`trader_round_trip_seconds_bucket{le="30"} 1`, `trader_round_trip_seconds_bucket{le="+Inf"} 2`,
		`trader_cycles_total{outcome="failed"} 1`, `trader_losses_total{kind="audit"} 1`, "trader_halted 0",
	} {
		if !strings.Contains(string(text), "\n"+want+"\n") {
			t.Errorf("no line %q", want)
		}
	}
	if t.Failed() {
		t.Logf("%s", text)
	}
}

// TestMetricsOfNothing: the first scrape may come before anything has happened, and an equity that is not
// known is not zero.
func TestMetricsOfNothing(t *testing.T) {
	answer := httptest.NewRecorder()
	s := status.Snapshot{Money: status.Money{Unpriced: []string{"AAPL"}}}
	metrics.Handler(status.NewBoard(s)).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if text := answer.Body.String(); answer.Code != 200 || strings.Contains(text, "trader_equity ") ||
		!strings.Contains(text, "trader_ready 0") {
		t.Errorf("%d\n%s", answer.Code, text)
	}
}

// TestMetricsAreDocumented: docs/operating.md has each of them.
func TestMetricsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range metrics.Metrics() {
		if want := "`" + row[0] + "`"; !strings.Contains(string(page), want) {
			t.Errorf("docs/operating.md does not have %s", want)
		}
	}
}
