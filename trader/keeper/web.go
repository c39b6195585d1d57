package keeper

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"ibsoak/internal/loopback"
)

const (
	headerWithin = 5 * time.Second
	answerWithin = 30 * time.Second
	headerBytes  = 16 << 10
	maxRequests  = 64 // at a time
)

// Web serves what a keeper shows of itself on listen, host:port of this host or unix:PATH, until ctx
// ends: GET /status (JSON), /metrics (Prometheus), /readyz and /healthz; POST /capture begins a
// capture of client id ?id=N, DELETE ends it. ready is called once it listens.
func (k *Keeper) Web(ctx context.Context, listen string, ready func(addr string)) error {
	if err := (Config{Listen: listen}).checkListen(); err != nil {
		return fmt.Errorf("status page: %w", err)
	}
	port, err := openPort(listen)
	if err != nil {
		return fmt.Errorf("status page: %w", err)
	}
	handler := loopback.AtMost(maxRequests, k.handler())
	if port.network != "unix" { // whose mode says who may ask
		handler = loopback.Guard(handler)
	}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: headerWithin, ReadTimeout: answerWithin, WriteTimeout: answerWithin,
		IdleTimeout: answerWithin, MaxHeaderBytes: headerBytes,
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	ready(port.addr.String())
	err = server.Serve(port.listener)
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, port.remove())
}

func (k *Keeper) handler() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(&collector{k})
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		_ = enc.Encode(k.Status()) // the reader is gone
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		st := k.Status()
		if !st.Ready {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = fmt.Fprintf(w, "ready: %v\n%s\n", st.Ready, st.Why)
	})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		k.Status() // takes every lock: a keeper that is stuck does not answer
		_, _ = fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("POST /capture", k.capture((*Keeper).BeginCapture))
	mux.HandleFunc("DELETE /capture", k.capture((*Keeper).EndCapture))
	return mux
}

// capture answers with the file's path.
func (k *Keeper) capture(do func(*Keeper, int) (string, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.Atoi(r.URL.Query().Get("id"))
		if err != nil || id < 0 {
			http.Error(w, "want ?id=N with a client id", http.StatusBadRequest)
			return
		}
		path, err := do(k, id)
		if err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
			return
		}
		_, _ = fmt.Fprintln(w, path)
	}
}

// collector makes Prometheus metrics of a Status.
type collector struct{ keeper *Keeper }

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("ibkeeper_"+name, help, labels, nil)
}

var (
	metricReady    = desc("ready", "1 when the keeper listens and the Gateway serves, as far as is known.")
	metricConns    = desc("client_connections", "Connections of clients, in whatever phase.")
	metricAttached = desc("session_attached", "1 when a client has the session.", "id")
	metricSubs     = desc("session_subscriptions", "What goes on until it is cancelled.", "id")
	metricWaiting  = desc("session_waiting_requests", "Requests that wait for their turn.", "id")
	metricUnread   = desc("session_unread_bytes", "Bytes that the client has not taken yet.", "id")

	metricEvents = desc("events_total", "What happened since the start, by event: the counts of GET /status.",
		"event")
	metricSince = desc("session_ready_seconds", "When the Gateway was ready for the session, Unix time.",
		"id", "version")
)

// Describe says nothing: sessions come and go.
func (c *collector) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, ch) }

// Collect reads the keeper's status once.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	st := c.keeper.Status()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(metricReady, number(st.Ready))
	gauge(metricConns, float64(st.Clients))
	for event, n := range st.Counts.byName() {
		ch <- prometheus.MustNewConstMetric(metricEvents, prometheus.CounterValue, float64(n), event)
	}
	for _, s := range st.Sessions {
		id := strconv.Itoa(s.ID)
		gauge(metricAttached, number(s.Client != ""), id)
		gauge(metricSubs, float64(s.Subscriptions), id)
		gauge(metricWaiting, float64(s.Waiting), id)
		gauge(metricUnread, float64(s.Unread), id)
		if !s.Since.IsZero() {
			gauge(metricSince, float64(s.Since.Unix()), id, strconv.Itoa(int(s.Version)))
		}
	}
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// byName are the counts by their names in JSON.
func (c Counts) byName() map[string]uint64 {
	text, err := json.Marshal(c)
	byName := map[string]uint64{}
	if err == nil {
		err = json.Unmarshal(text, &byName)
	}
	if err != nil {
		panic(fmt.Sprintf("keeper: counts: %v", err)) // all of its fields are numbers
	}
	return byName
}
