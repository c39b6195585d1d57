package main

import (
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"sync"
	"time"

	"ibsoak/harness/metrics"
	"ibsoak/internal/loopback"
)

// statusPage shows what /status.json says, and asks again by itself.
var statusPage = template.Must(template.New("status").Funcs(template.FuncMap{
	"took": took, "states": states, "line": func(s string) string { return oneLine(s, longLine) },
}).Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="2"><meta name="color-scheme" content="light dark"><title>soak {{.Scenario}}</title>
<style>body{font:16px/1.6 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}
dl{display:grid;grid-template-columns:9rem 1fr;gap:.3rem 1rem}dt{opacity:.65}
dd{margin:0;overflow-wrap:anywhere}</style></head>
<body><h1>{{.Scenario}}</h1><dl>
<dt>verdict so far</dt>
<dd>{{if .Over}}{{.Over}}: {{else if .SoFar}}<strong>{{.SoFar}}</strong>: {{end}}{{line .Sentence}}</dd>
<dt>time</dt><dd>{{took .Elapsed}}{{if and .Left (not .Over)}}, about {{took .Left}} left{{end}}</dd>
{{if .Lives}}<dt>lives</dt><dd>{{.Done}} of {{.Lives}}</dd>{{end}}
<dt>cycles</dt><dd>{{.Cycles}}{{if .Of}} of {{.Of}}{{end}}</dd>
<dt>connections</dt><dd>{{.Connections}}</dd>
<dt>open, Gateway's end</dt><dd>{{states .Gateway}}</dd><dt>open, trader's end</dt><dd>{{states .Trader}}</dd>
<dt>last fault</dt><dd>{{if .LastFault}}{{line .LastFault}}{{else}}none{{end}}</dd>
{{if gt .Runs 1}}<dt>runs</dt><dd>{{.Finished}} of {{.Runs}} over</dd>{{end}}
<dt>record</dt><dd>{{line .Dir}}</dd></dl></body></html>
`))

// serveStatus serves how the runs stand on a loopback address, until stop. addr is where it listens.
func serveStatus(address string, m *monitor) (addr string, stop func(), err error) {
	if err := ownAddress(address); err != nil {
		return "", nil, err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return "", nil, fmt.Errorf("--status: %w", err)
	}
	const within = 5 * time.Second
	server := &http.Server{
		Handler: statusHandler(m), ReadHeaderTimeout: within, WriteTimeout: within, IdleTimeout: within,
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(l) }) // it ends by Close, which is its error
	return l.Addr().String(), func() {
		ctx, cancel := context.WithTimeout(context.Background(), within)
		defer cancel()
		_ = server.Shutdown(ctx) // whoever still reads an answer is cut off after that
		_ = server.Close()
		serving.Wait()
	}, nil
}

// ownAddress refuses an address that others could reach: the page says what runs here.
func ownAddress(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("--status %s: want HOST:PORT, as in 127.0.0.1:8080: %w", address, err)
	}
	if !loopback.Host(host) {
		return fmt.Errorf("--status %s: only this machine may ask; want 127.0.0.1, [::1] or localhost", address)
	}
	return nil
}

func statusHandler(m *monitor) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status.json", func(w http.ResponseWriter, _ *http.Request) {
		s, ok := m.status()
		if !ok {
			http.Error(w, "no run has begun yet", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(s) // whoever asked has gone
	})
	mux.Handle("GET /metrics", metrics.Handler(m.state))
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		s, ok := m.status()
		if !ok {
			s.Scenario = "no run has begun yet"
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		_ = statusPage.Execute(w, s) // whoever asked has gone
	})
	return loopback.Guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	}))
}
