package metrics_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"ibsoak/fakegateway/fault"
	"ibsoak/harness"
	"ibsoak/harness/metrics"
)

// full is a state with something for every metric.
func full() (metrics.State, bool) {
	return metrics.State{
		Measures: harness.Measures{
			Snapshot: harness.Snapshot{
				Scenario: "half-close", Elapsed: 1500 * time.Millisecond, Done: 2, Lives: 3, Cycles: 7, Connections: 4,
				Gateway: map[string]int{"CLOSE_WAIT": 2, "ESTABLISHED": 1}, Trader: map[string]int{"FIN_WAIT": 2, "ESTABLISHED": 1},
			},
			Phases:    []harness.PhaseTimes{{Phase: "dial", Took: []time.Duration{time.Millisecond, 2 * time.Millisecond, time.Minute}}},
			CloseWait: map[harness.Side][]time.Duration{harness.GatewaySide: {2 * time.Second, 10 * time.Millisecond}},
			Faults:    []harness.FaultCount{{ID: `a "quoted" one`, Action: fault.RST, Times: 5}},
		},
		Planned: 6, Over: map[harness.Outcome]int{harness.Pass: 2, harness.Fail: 1}, Verdict: harness.Fail,
	}, true
}

func scraped(source metrics.Source) (int, string) {
	answer := httptest.NewRecorder()
	metrics.Handler(source).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return answer.Code, answer.Body.String()
}

// TestMetricsAreWhatPrometheusReads: the text is parsed by Prometheus' own parser, has no fault that its own
// linter knows, and says what the state says.
func TestMetricsAreWhatPrometheusReads(t *testing.T) {
	_, text := scraped(full)
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	problems, err := promlint.New(bytes.NewReader([]byte(text))).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	if len(families) != len(metrics.Metrics()) {
		t.Errorf("%d metrics, %d are described", len(families), len(metrics.Metrics()))
	}
	for _, row := range metrics.Metrics() {
		if families[row[0]] == nil {
			t.Errorf("%s is not there", row[0])
		}
	}
	for _, want := range []string{
		`soak_runs_total{outcome="pass"} 2`, `soak_runs_total{outcome="harness-error"} 0`, "soak_runs_planned 6",
		`soak_run_info{scenario="half-close"} 1`, `soak_verdict{outcome="fail"} 1`, `soak_verdict{outcome="open"} 0`,
		"soak_elapsed_seconds 1.5", "soak_lives_total 2", "soak_lives_planned 3", "soak_cycles_total 7", "soak_connections_total 4",
		`soak_connections{end="gateway",state="CLOSE_WAIT"} 2`, `soak_connections{end="trader",state="CLOSE_WAIT"} 0`,
		`soak_connections{end="trader",state="FIN_WAIT"} 2`, `soak_faults_total{action="rst",fault="a \"quoted\" one"} 5`,
		`soak_handshake_seconds_bucket{phase="dial",le="0.001"} 1`, `soak_handshake_seconds_bucket{phase="dial",le="30"} 2`,
		`soak_handshake_seconds_count{phase="dial"} 3`, `soak_close_wait_seconds_bucket{end="gateway",le="1"} 1`,
		`soak_close_wait_seconds_sum{end="gateway"} 2.01`, `soak_close_wait_seconds_count{end="trader"} 0`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("no line %q", want)
		}
	}
	if t.Failed() {
		t.Logf("%s", text)
	}
}

// TestBeforeTheFirstRun: a scrape then finds nothing, and above all no verdict.
func TestBeforeTheFirstRun(t *testing.T) {
	code, text := scraped(func() (metrics.State, bool) { return metrics.State{}, false })
	if code != http.StatusOK || strings.Contains(text, "soak_") {
		t.Errorf("%d\n%s", code, text)
	}
	_, text = scraped(func() (metrics.State, bool) { return metrics.State{}, true })
	if !strings.Contains(text, `soak_verdict{outcome="open"} 1`) || !strings.Contains(text, `soak_verdict{outcome="pass"} 0`) {
		t.Error(text)
	}
}

// TestMetricsAreDocumented: docs/report.md has each of them.
func TestMetricsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/report.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range metrics.Metrics() {
		if !strings.Contains(string(page), "`"+row[0]+"`") {
			t.Errorf("docs/report.md does not have %s", row[0])
		}
	}
}
