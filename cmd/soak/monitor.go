package main

import (
	"cmp"
	"context"
	"maps"
	"sync"
	"time"

	"ibsoak/harness"
	"ibsoak/harness/metrics"
)

// status is what the live view, the status page and its JSON show.
type status struct {
	harness.Snapshot
	// Finished are runs of this command that are over, of Runs.
	Finished int `json:"finished"`
	Runs     int `json:"runs"`
	// SoFar is the verdict on what was written by Judged: only a failure stands.
	SoFar    harness.Outcome `json:"soFar,omitempty"` // "fail", or "" while nothing has failed
	Sentence string          `json:"sentence"`
	Judged   time.Duration   `json:"judged,omitempty"` // since the run's begin
	// Over is the outcome of the run when it is over.
	Over harness.Outcome `json:"over,omitempty"`
}

const (
	// judgeEvery and judgeShare bound what judging in mid-run takes: it reads what was written so far,
	// as soak judge would, every five seconds at most and a fiftieth of the time.
	judgeEvery = 5 * time.Second
	judgeShare = 50

	nothingFailed = "nothing has failed so far"
)

// monitor knows how the runs of this command stand. Any goroutine may ask it.
type monitor struct {
	mu   sync.Mutex
	live *harness.Live           // of the run that goes on, or went on last
	now  status                  // without its Snapshot
	runs map[harness.Outcome]int // that are over
}

// begin is told of the next run; stop ends what watches it, and waits.
func (m *monitor) begin(ctx context.Context, live *harness.Live, watched bool) (stop func()) {
	m.mu.Lock()
	m.live = live
	m.now.SoFar, m.now.Sentence, m.now.Judged, m.now.Over = "", nothingFailed, 0, ""
	m.mu.Unlock()
	if !watched {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	var judging sync.WaitGroup
	judging.Go(func() { m.judge(ctx, live) })
	return func() {
		cancel()
		judging.Wait()
	}
}

// judge judges what was written so far, until ctx ends.
func (m *monitor) judge(ctx context.Context, live *harness.Live) {
	next := time.NewTimer(judgeEvery)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-next.C:
		}
		began := time.Now()
		s, ok := live.Now()
		if !ok {
			next.Reset(judgeEvery)
			continue
		}
		v, err := harness.SoFar(s.Dir)
		if err == nil { // else nothing was written yet, or the run is just being saved
			m.judged(v, s.Elapsed)
		}
		next.Reset(max(judgeEvery, judgeShare*time.Since(began)))
	}
}

func (m *monitor) judged(v harness.Verdict, at time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now.Judged, m.now.SoFar, m.now.Sentence = at, "", nothingFailed
	if v.Outcome == harness.Fail {
		m.now.SoFar, m.now.Sentence = harness.Fail, v.Sentence
	}
}

// over is told of the verdict.
func (m *monitor) over(v harness.Verdict) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now.Finished++
	if m.runs == nil {
		m.runs = map[harness.Outcome]int{}
	}
	m.runs[v.Outcome]++
	m.now.Over, m.now.Sentence = v.Outcome, v.Sentence
}

// status is how it stands; false before the first run has begun.
func (m *monitor) status() (status, bool) {
	m.mu.Lock()
	live, s := m.live, m.now
	m.mu.Unlock()
	if live == nil {
		return s, false
	}
	snapshot, ok := live.Now()
	s.Snapshot = snapshot
	return s, ok
}

// state is what is told to Prometheus.
func (m *monitor) state() (metrics.State, bool) {
	m.mu.Lock()
	live := m.live
	s := metrics.State{Planned: m.now.Runs, Over: maps.Clone(m.runs), Verdict: cmp.Or(m.now.Over, m.now.SoFar)}
	m.mu.Unlock()
	var ok bool
	s.Measures, ok = live.Measures()
	return s, ok
}
