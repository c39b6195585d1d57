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
	stage, open                      *prometheus.GaugeVec
	accepted                         prometheus.Counter
	planted                          prometheus.Gauge
	messages, bytes, endedBy, faults *prometheus.CounterVec
	handshake, closeWait             *prometheus.HistogramVec
}

func newMetrics(registry prometheus.Registerer) *metrics {
	in := promauto.With(registry)
	m := &metrics{
		stage: in.NewGaugeVec(prometheus.GaugeOpts{
			Name: "fakegateway_stage", Help: "1 for the stage that the Gateway is at.",
		}, []string{"stage"}),
		open: in.NewGaugeVec(prometheus.GaugeOpts{
			Name: "fakegateway_connections", Help: "Open connections by the state of each end, by the FINs that the Gateway has seen.",
		}, []string{"end", "state"}),
		planted: in.NewGauge(prometheus.GaugeOpts{
			Name: "fakegateway_planted_zombies", Help: "Connections in CLOSE_WAIT that no client made; no other metric counts them.",
		}),
		accepted: in.NewCounter(prometheus.CounterOpts{
			Name: "fakegateway_connections_total", Help: "Connections that the Gateway accepted.",
		}),
		endedBy: in.NewCounterVec(prometheus.CounterOpts{
			Name: "fakegateway_connections_ended_total", Help: "Connections that began to end, by who was first.",
		}, []string{"by"}),
		messages: in.NewCounterVec(prometheus.CounterOpts{
			Name: "fakegateway_messages_total", Help: "Messages by who sent them and their name.",
		}, []string{"from", "message"}),
		bytes: in.NewCounterVec(prometheus.CounterOpts{
			Name: "fakegateway_bytes_total", Help: "Bytes by who sent them.",
		}, []string{"from"}),
		faults: in.NewCounterVec(prometheus.CounterOpts{
			Name: "fakegateway_faults_total", Help: "Receipts of faults: how often each acted on the wire. The first 65536 are counted.",
		}, []string{"fault", "action"}),
		handshake: in.NewHistogramVec(prometheus.HistogramOpts{
			Name: "fakegateway_handshake_seconds", Help: "From accept to each phase of the handshake.", Buckets: seconds,
		}, []string{"phase"}),
		closeWait: in.NewHistogramVec(prometheus.HistogramOpts{
			Name: "fakegateway_close_wait_seconds", Help: "Stays in CLOSE_WAIT by end, those that go on until now.", Buckets: seconds,
		}, []string{"end"}),
	}
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
			m.planted.Inc()
		}
		return
	}
	m.accepted.Inc()
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
	for end, stay := range map[string]time.Duration{observe.ByGateway: c.GatewayDwell, observe.ByClient: c.ClientDwell} {
		if stay > 0 {
			m.closeWait.WithLabelValues(end).Observe(stay.Seconds())
		}
	}
}
