// Package metrics gives a running soak to Prometheus. Nothing is counted here: every value is read when it is
// asked for.
package metrics

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"ibsoak/fakegateway/observe"
	"ibsoak/harness"
)

// State is how the runs of one command stand.
type State struct {
	harness.Measures // of the run that goes on, or went on last
	Planned          int
	// Over counts the runs that are over, by outcome.
	Over map[harness.Outcome]int
	// Verdict is that of the run: harness.Fail as soon as it is shown, the others when it is over, "" before.
	Verdict harness.Outcome
}

// Source is asked for the state at each scrape; false: no run has begun.
type Source func() (State, bool)

// Handler serves the metrics.
func Handler(source Source) http.Handler {
	r := prometheus.NewRegistry()
	r.MustRegister(collector{source})
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{})
}

// metric is one row: what it is called, what it says, its labels, and its values in a state.
type metric struct {
	name, help string
	labels     []string
	kind       prometheus.ValueType
	values     func(s State, emit func(v float64, labels ...string))
}

const (
	gauge   = prometheus.GaugeValue
	counter = prometheus.CounterValue
)

func one(value func(s State) float64) func(s State, emit func(v float64, labels ...string)) {
	return func(s State, emit func(v float64, labels ...string)) { emit(value(s)) }
}

var outcomes = []harness.Outcome{harness.Pass, harness.Fail, harness.Inconclusive, harness.HarnessError}

// All but the first three are of the run that goes on: they begin again with the next.
var all = []metric{
	{
		"soak_runs_total", "Runs of this command that are over, by outcome.",
		[]string{"outcome"},
		counter,
		func(s State, emit func(float64, ...string)) {
			for _, o := range outcomes {
				emit(float64(s.Over[o]), string(o))
			}
		},
	},
	{
		"soak_runs_planned", "Runs that this command makes; 0 when only a failure ends them.", nil, gauge,
		one(func(s State) float64 { return float64(s.Planned) }),
	},
	{
		"soak_run_info", "1, with the scenario of the run that goes on.",
		[]string{"scenario"},
		gauge,
		func(s State, emit func(float64, ...string)) { emit(1, s.Scenario) },
	},
	{
		"soak_verdict", "1 for the verdict on the run: open while it goes on and nothing has failed.",
		[]string{"outcome"},
		gauge,
		func(s State, emit func(float64, ...string)) {
			for _, o := range append([]harness.Outcome{""}, outcomes...) {
				is, name := 0.0, string(o)
				if s.Verdict == o {
					is = 1
				}
				if o == "" {
					name = "open"
				}
				emit(is, name)
			}
		},
	},
	{
		"soak_elapsed_seconds", "How long the run has gone on.", nil, gauge,
		one(func(s State) float64 { return s.Elapsed.Seconds() }),
	},
	{
		"soak_lives_total", "Lives of the trader that are over.", nil, counter,
		one(func(s State) float64 { return float64(s.Done) }),
	},
	{
		"soak_lives_planned", "Lives of the run; 0 for a continuous trader.", nil, gauge,
		one(func(s State) float64 { return float64(s.Lives) }),
	},
	{
		"soak_cycles_total", "Cycles of work that the Gateway saw done.", nil, counter,
		one(func(s State) float64 { return float64(s.Cycles) }),
	},
	{
		"soak_connections_total", "Connections that the Gateway accepted.", nil, counter,
		one(func(s State) float64 { return float64(s.Connections) }),
	},
	{
		"soak_connections", "Open connections by the state of each end, by the FINs that the Gateway has seen.",
		[]string{"end", "state"},
		gauge, func(s State, emit func(float64, ...string)) {
			for end, states := range map[harness.Side]map[string]int{
				harness.GatewaySide: s.Gateway, harness.TraderSide: s.Trader,
			} {
				for _, state := range observe.States() {
					emit(float64(states[state]), string(end), state)
				}
			}
		},
	},
	{
		"soak_faults_total", "Receipts of faults: how often each acted on the wire.",
		[]string{"fault", "action"},
		counter,
		func(s State, emit func(float64, ...string)) {
			for _, f := range s.Faults {
				emit(float64(f.Times), f.ID, string(f.Action))
			}
		},
	},
}

const (
	handshake     = "soak_handshake_seconds"
	handshakeHelp = "Phases of the handshakes, on the Gateway's clock."
	closeWait     = "soak_close_wait_seconds"
	closeWaitHelp = "Stays in CLOSE_WAIT that are over, by end; those that are not are in soak_connections."
)

// buckets are in seconds: a second is the bound of a zombie.
var buckets = []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}

// Metrics describes every metric: its name and help.
func Metrics() (rows [][2]string) {
	for _, m := range all {
		rows = append(rows, [2]string{m.name, m.help})
	}
	return append(rows, [2]string{handshake, handshakeHelp}, [2]string{closeWait, closeWaitHelp})
}

type collector struct{ source Source }

// Describe says nothing: what there is depends on the state.
func (c collector) Describe(chan<- *prometheus.Desc) {}

// Collect reads the state once and tells all of it.
func (c collector) Collect(out chan<- prometheus.Metric) {
	s, ok := c.source()
	if !ok {
		return
	}
	for _, m := range all {
		desc := prometheus.NewDesc(m.name, m.help, m.labels, nil)
		m.values(s, func(v float64, labels ...string) {
			out <- prometheus.MustNewConstMetric(desc, m.kind, v, labels...)
		})
	}
	phases := histogram(handshake, handshakeHelp, "phase")
	for _, p := range s.Phases {
		fill(phases, p.Phase, p.Took)
	}
	phases.Collect(out)
	stays := histogram(closeWait, closeWaitHelp, "end")
	for _, side := range []harness.Side{harness.GatewaySide, harness.TraderSide} {
		fill(stays, string(side), s.CloseWait[side])
	}
	stays.Collect(out)
}

func histogram(name, help, label string) *prometheus.HistogramVec {
	o := prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}
	return prometheus.NewHistogramVec(o, []string{label})
}

// fill counts durations under a label, which is there without any too.
func fill(h *prometheus.HistogramVec, label string, took []time.Duration) {
	counts := h.WithLabelValues(label)
	for _, d := range took {
		counts.Observe(d.Seconds())
	}
}
