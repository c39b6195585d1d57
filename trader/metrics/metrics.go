// Package metrics gives a trader's snapshot to Prometheus. Nothing is counted here: every value is read
// from the board when it is asked for.
package metrics

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/govalues/decimal"

	"ibsoak/trader/journal"
	"ibsoak/trader/status"
)

// Handler serves the metrics of the board, and those of the process.
func Handler(board *status.Board) http.Handler {
	return promhttp.HandlerFor(Registry(board), promhttp.HandlerOpts{})
}

// Registry has the metrics of the board, and those of the process.
func Registry(board *status.Board) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collector{board}, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}

// metric is one row: what it is called, what it says, its label, and its values in a snapshot.
type metric struct {
	name, help, label string
	kind              prometheus.ValueType
	values            values
}

type (
	values func(s *status.Snapshot, now time.Time, emit emitter)
	// emitter takes a value and its label, which is empty where the metric has none.
	emitter func(v float64, label string)
)

const (
	gauge   = prometheus.GaugeValue
	counter = prometheus.CounterValue
)

// one makes a metric's values of a single number without a label.
func one(value func(s *status.Snapshot, now time.Time) float64) values {
	return func(s *status.Snapshot, now time.Time, emit emitter) { emit(value(s, now), "") }
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func number(d decimal.Decimal) float64 {
	f, _ := d.Float64() // the nearest there is; books are exact, metrics are not
	return f
}

// Metrics describes every metric of the trader for the documentation: name, label, help.
func Metrics() (rows [][3]string) {
	for _, m := range slices.Concat(sessionMetrics, tradingMetrics, watchMetrics) {
		rows = append(rows, [3]string{m.name, m.label, m.help})
	}
	return append(rows, [3]string{roundTrip, "", roundTripHelp})
}

const (
	roundTrip     = "trader_round_trip_seconds"
	roundTripHelp = "Round trips of the question for the Gateway's time."
)

var sessionMetrics = []metric{
	{
		"trader_build_info", "1, with the version of the trader.",
		"version", gauge, func(s *status.Snapshot, _ time.Time, emit emitter) {
			emit(1, s.Version)
		},
	},
	{
		"trader_alive", "1 while the engine makes steps.",
		"", gauge, one(func(s *status.Snapshot, now time.Time) float64 {
			ok, _ := s.Alive(now)
			return truth(ok)
		}),
	},
	{
		"trader_ready", "1 while the trader can trade: synced, and every symbol decided on in time.",
		"", gauge, one(func(s *status.Snapshot, now time.Time) float64 {
			ok, _ := s.Ready(now)
			return truth(ok)
		}),
	},
	{
		"trader_session_state", "1 for the state that the session is in.",
		"state", gauge, func(s *status.Snapshot, _ time.Time, emit emitter) {
			for _, state := range status.SessionStates {
				emit(truth(s.Session.State == state), state)
			}
		},
	},
	{
		"trader_session_state_age_seconds", "How long the session has been in its state.",
		"", gauge, one(func(s *status.Snapshot, now time.Time) float64 {
			return now.Sub(s.Session.Since).Seconds()
		}),
	},
	{
		"trader_session_generation", "Number of the last session in this life.",
		"", gauge, one(func(s *status.Snapshot, _ time.Time) float64 {
			return float64(s.Session.Generation)
		}),
	},
	{
		"trader_handshake_phase_seconds", "How long each phase of the last handshake took.",
		"phase", gauge, func(s *status.Snapshot, _ time.Time, emit emitter) {
			for _, p := range s.Session.Handshake {
				emit(p.Took.Seconds(), p.Name)
			}
		},
	},
	{
		"trader_reconnects_total", "Sessions that ended and attempts that failed, by exit name.",
		"cause", counter, func(s *status.Snapshot, _ time.Time, emit emitter) {
			for cause, n := range s.Reconnects {
				emit(float64(n), cause)
			}
		},
	},
	{
		"trader_close_wait_sockets",
		"Sockets in CLOSE_WAIT on the Gateway's port when it was last dialled, by the end that holds them.",
		"end", gauge, func(s *status.Snapshot, _ time.Time, emit emitter) {
			if !s.CloseWait.At.IsZero() {
				emit(float64(s.CloseWait.Gateway), "gateway")
				emit(float64(s.CloseWait.Client), "client")
			}
		},
	},
	{
		"trader_queue_length", "What waits in the session: events for the engine, requests for the socket.",
		"queue", gauge, func(s *status.Snapshot, _ time.Time, emit emitter) {
			emit(float64(s.Queues.Events), "events")
			emit(float64(s.Queues.Requests), "requests")
		},
	},
}

// openStates are the states that an open intent may have.
var openStates = []journal.State{
	journal.Prepared, journal.Sent, journal.Working, journal.Unknown, journal.Ended,
}

var tradingMetrics = []metric{
	{
		"trader_cycles_total", "Cycles of this life by outcome.",
		"outcome", counter, func(s *status.Snapshot, _ time.Time, emit emitter) {
			emit(float64(s.Cycle.Completed), "complete")
			emit(float64(s.Cycle.Failed), "failed")
		},
	},
	{
		"trader_cycle_seconds", "How long the last cycle took.",
		"", gauge, one(func(s *status.Snapshot, _ time.Time) float64 {
			return s.Cycle.Took.Seconds()
		}),
	},
	{
		"trader_orders", "Orders whose end is not known, by state.",
		"state", gauge, func(s *status.Snapshot, _ time.Time, emit emitter) {
			for _, state := range openStates {
				n := 0
				for _, o := range s.Orders {
					n += int(truth(o.State == string(state)))
				}
				emit(float64(n), string(state))
			}
		},
	},
	{
		"trader_order_rejects_total", "Orders that were refused, by IBKR's code.",
		"code", counter, func(s *status.Snapshot, _ time.Time, emit emitter) {
			for code, n := range s.Rejects {
				emit(float64(n), strconv.Itoa(code))
			}
		},
	},
	{
		"trader_position_shares", "The trader's own shares.",
		"symbol", gauge, func(s *status.Snapshot, _ time.Time, emit emitter) {
			for _, p := range s.Positions {
				emit(number(p.Own), p.Symbol)
			}
		},
	},
	{
		"trader_cash", "Change of cash by the trader's executions and commissions since its journal began.",
		"", gauge, one(func(s *status.Snapshot, _ time.Time) float64 {
			return number(s.Money.Cash)
		}),
	},
	{
		"trader_equity", "Cash and the value of the trader's own shares. Missing while a price is.",
		"", gauge, func(s *status.Snapshot, _ time.Time, emit emitter) {
			if len(s.Money.Unpriced) == 0 {
				emit(number(s.Money.Equity), "")
			}
		},
	},
	{
		"trader_risk_headroom", "What is left of each risk limit, in its unit.",
		"limit", gauge, func(s *status.Snapshot, _ time.Time, emit emitter) {
			for _, l := range s.Limits {
				emit(number(l.Bound)-number(l.Used), l.Name)
			}
		},
	},
	{
		"trader_halted", "1 while the kill switch is on.",
		"", gauge, one(func(s *status.Snapshot, _ time.Time) float64 {
			return truth(s.Halted != "")
		}),
	},
	{
		"trader_data_age_seconds", "How old the newest bar is that was decided on.",
		"symbol", gauge, func(s *status.Snapshot, now time.Time, emit emitter) {
			for _, symbol := range s.Symbols {
				if age, known := symbol.DataAge(now); known {
					emit(age.Seconds(), symbol.Symbol)
				}
			}
		},
	},
	{
		"trader_blind_seconds", "How long each symbol was not decided on; 0 is in time.",
		"symbol", gauge, func(s *status.Snapshot, now time.Time, emit emitter) {
			for _, symbol := range s.Symbols {
				age, _ := s.BlindFor(symbol, now)
				emit(age.Seconds(), symbol.Symbol)
			}
		},
	},
}

var watchMetrics = []metric{
	{
		"trader_alerts_total",
		"Alerts of this life: raised, sent by every hook, attempts that failed, held back by the limit on their rate.",
		"result", counter, func(s *status.Snapshot, _ time.Time, emit emitter) {
			emit(float64(s.Alerts.Raised), "raised")
			emit(float64(s.Alerts.Sent), "sent")
			emit(float64(s.Alerts.Failed), "failed")
			emit(float64(s.Alerts.Held), "held")
		},
	},
	{
		"trader_alerts_active", "Conditions worth waking up for that hold now.",
		"", gauge, one(func(s *status.Snapshot, _ time.Time) float64 {
			return float64(s.Alerts.Active)
		}),
	},
	{
		"trader_losses_total", "What an observer could not write, by kind. Trading does not wait for observers.",
		"kind", counter, func(s *status.Snapshot, _ time.Time, emit emitter) {
			for kind, n := range s.Losses {
				emit(float64(n), kind)
			}
		},
	},
}

// collector reads the board whenever it is scraped.
type collector struct{ board *status.Board }

// Describe describes nothing: which symbols and causes there are is known only when they are.
func (collector) Describe(chan<- *prometheus.Desc) {}

// Collect emits the values of the newest snapshot.
func (c collector) Collect(out chan<- prometheus.Metric) {
	s, now := c.board.Load(), time.Now()
	for _, m := range slices.Concat(sessionMetrics, tradingMetrics, watchMetrics) {
		var labels []string
		if m.label != "" {
			labels = []string{m.label}
		}
		desc := prometheus.NewDesc(m.name, m.help, labels, nil)
		m.values(s, now, func(v float64, label string) {
			values := []string{label}[:len(labels)]
			metric, err := prometheus.NewConstMetric(desc, m.kind, v, values...)
			if err != nil {
				metric = prometheus.NewInvalidMetric(desc, fmt.Errorf("metric %s: %w", m.name, err))
			}
			out <- metric
		})
	}
	buckets, sum := map[float64]uint64{}, uint64(0)
	for i, bound := range status.RoundTripBounds {
		sum += s.RoundTrips.Buckets[i]
		buckets[bound.Seconds()] = sum
	}
	out <- prometheus.MustNewConstHistogram(prometheus.NewDesc(roundTrip, roundTripHelp, nil, nil),
		s.RoundTrips.Count(), s.RoundTrips.Sum.Seconds(), buckets)
}
