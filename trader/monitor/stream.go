package monitor

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// events is the page's stream (server-sent events): "status" whenever something has changed and at every
// pulse, for ages grow by themselves; "timeline" with what is new in it.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		http.Error(w, fmt.Sprintf("%d pages follow already", MaxStreams), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	var told time.Time // of the newest event that was sent
	for {
		changed := s.cfg.Board.Changed()
		snapshot := s.cfg.Board.Load()
		// A browser that does not read is given up, not waited for.
		_ = out.SetWriteDeadline(time.Now().Add(requestTimeout)) // the write fails if this does
		if news := snapshot.Since(told); len(news) > 0 || told.IsZero() {
			if push(w, "timeline", news) != nil {
				return
			}
			told = snapshot.At
		}
		short := *snapshot
		short.Timeline = nil
		if push(w, "status", ViewOf(&short, time.Now())) != nil || out.Flush() != nil {
			return
		}
		if !pause(r, pushEvery, nil) || !pause(r, pulse-pushEvery, changed) {
			return
		}
	}
}

func push(w http.ResponseWriter, event string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "event: %s\ndata: %s\n\n", event, data)
	return err
}

// pause waits for a time, or until early is closed; false when the browser has gone or the trader ends.
func pause(r *http.Request, d time.Duration, early <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-r.Context().Done():
		return false
	case <-early:
	case <-timer.C:
	}
	return true
}
