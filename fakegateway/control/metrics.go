package control

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"ibsoak/fakegateway/fault"
	"ibsoak/fakegateway/observe"
	"ibsoak/fakegateway/stage"
)

// seconds are the buckets of every histogram: 1 s is where the profile leaky's zombies begin to hurt.
var seconds = []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300}

// metricsPattern is the endpoint that Prometheus asks.
const metricsPattern = "GET /metrics"

// getMetrics counts the ledger and the receipts when it is asked: nothing is counted beside them, so that the
// two never differ.
func (s *server) getMetrics(w http.ResponseWriter, r *http.Request) {
	registry := prometheus.NewRegistry()
	m := newMetrics(registry)
	m.stage.WithLabelValues(string(s.gateway.Health().Stage)).Set(1)
	for _, c := range s.gateway.Connections() {
		m.connection(&c)
	}
	for _, receipt := range s.gateway.Receipts() {
		m.faults.WithLabelValues(receipt.Fault, string(receipt.Planned)).Inc()
	}
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, r)
}

type metrics struct {
	stage, open, planted                       *prometheus.GaugeVec
	accepted, endedBy, messages, bytes, faults *prometheus.CounterVec
	handshake, closeWait                       *prometheus.HistogramVec
}

func newMetrics(registry prometheus.Registerer) *metrics {
	in := promauto.With(registry)
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return in.NewGaugeVec(prometheus.GaugeOpts{Name: "fakegateway_" + name, Help: help}, labels)
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return in.NewCounterVec(prometheus.CounterOpts{Name: "fakegateway_" + name, Help: help}, labels)
	}
	histogram := func(name, help string, labels ...string) *prometheus.HistogramVec {
		o := prometheus.HistogramOpts{Name: "fakegateway_" + name, Help: help, Buckets: seconds}
		return in.NewHistogramVec(o, labels)
	}
	m := &metrics{
		stage: gauge("stage", "1 for the stage that the Gateway is at.", "stage"),
		open: gauge("connections",
			"Open connections by the state of each end, by the FINs that the Gateway has seen.", "end", "state"),
		planted:  gauge("planted_zombies", "Connections in CLOSE_WAIT that no client made: in no other metric."),
		accepted: counter("connections_total", "Connections that the Gateway accepted."),
		endedBy:  counter("connections_ended_total", "Connections that began to end, by who was first.", "by"),
		messages: counter("messages_total", "Messages by who sent them and their name.", "from", "message"),
		bytes:    counter("bytes_total", "Bytes by who sent them.", "from"),
		faults: counter("faults_total",
			"Receipts of faults: how often each acted on the wire. The first 65536 are counted.", "fault", "action"),
		handshake: histogram("handshake_seconds", "From accept to each phase of the handshake.", "phase"),
		closeWait: histogram("close_wait_seconds", "Stays in CLOSE_WAIT by end, those that go on until now.", "end"),
	}
	m.planted.WithLabelValues()
	m.accepted.WithLabelValues()
	for _, st := range []stage.Stage{stage.Refusing, stage.AcceptMute, stage.VersionOnly, stage.Ready} {
		m.stage.WithLabelValues(string(st))
	}
	for _, end := range []string{observe.ByGateway, observe.ByClient} {
		m.endedBy.WithLabelValues(end)
		m.bytes.WithLabelValues(end)
		m.closeWait.WithLabelValues(end)
		for _, state := range observe.States() {
			m.open.WithLabelValues(end, state)
		}
	}
	return m
}

// connection counts one row of the ledger.
func (m *metrics) connection(c *observe.Connection) {
	if c.Planted {
		if c.InCloseWait() {
			m.planted.WithLabelValues().Inc()
		}
		return
	}
	m.accepted.WithLabelValues().Inc()
	if gateway, client := c.States(); gateway != "" {
		m.open.WithLabelValues(observe.ByGateway, gateway).Inc()
		m.open.WithLabelValues(observe.ByClient, client).Inc()
	}
	if c.ClosedFirst != "" {
		m.endedBy.WithLabelValues(c.ClosedFirst).Inc()
	}
	m.bytes.WithLabelValues(observe.ByClient).Add(float64(c.BytesIn))
	m.bytes.WithLabelValues(observe.ByGateway).Add(float64(c.BytesOut))
	for name, n := range c.MessagesIn {
		m.messages.WithLabelValues(observe.ByClient, name).Add(float64(n))
	}
	for name, n := range c.MessagesOut {
		m.messages.WithLabelValues(observe.ByGateway, name).Add(float64(n))
	}
	for _, p := range fault.Phases() {
		if at := c.Phase(p); p != fault.Accepted && !at.IsZero() {
			m.handshake.WithLabelValues(string(p)).Observe(at.Sub(c.Accepted).Seconds())
		}
	}
	m.stay(observe.ByGateway, c.GatewayDwell)
	m.stay(observe.ByClient, c.ClientDwell)
}

func (m *metrics) stay(end string, inCloseWait time.Duration) {
	if inCloseWait > 0 {
		m.closeWait.WithLabelValues(end).Observe(inCloseWait.Seconds())
	}
}
