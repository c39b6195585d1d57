package harness

import (
	"fmt"
	"sync"
	"time"
)

// Live is a run as seen from outside while it goes on. Any goroutine may ask it; a nil one is of no run.
type Live struct {
	mu       sync.Mutex
	began    time.Time
	now      Snapshot
	subject  Subject
	scale    float64
	mirror   *mirror // nil until the Gateway runs
	progress Progress
}

// Snapshot is how far a run is.
type Snapshot struct {
	Scenario string        `json:"scenario"`
	Dir      string        `json:"dir"`
	Elapsed  time.Duration `json:"elapsed"` // in nanoseconds, as all durations here
	// Life is the newest of Lives, which is 0 for a continuous subject; Done of them are over.
	Life  int `json:"life"`
	Lives int `json:"lives,omitempty"`
	Done  int `json:"done"`
	// Cycles are those so far, Of those wanted, 0 when only time ends the run.
	Cycles int `json:"cycles"`
	Of     int `json:"of,omitempty"`
	// Left is how long the run may still take, going by what it took so far. 0: nobody knows.
	Left time.Duration `json:"left,omitempty"`
	// Connections are all so far; Gateway and Trader are the open ones by the state of each end, by the
	// FINs that the Gateway has seen.
	Connections int            `json:"connections"`
	Gateway     map[string]int `json:"gateway"`
	Trader      map[string]int `json:"trader"`
	LastFault   string         `json:"lastFault,omitempty"` // in words
}

// begin is told when the run's directory is known.
func (l *Live) begin(r *run) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.began, l.subject, l.scale, l.mirror, l.progress = r.began, r.Subject, r.TimeScale, nil, Progress{}
	l.now = Snapshot{Scenario: r.Name, Dir: r.dir, Of: r.Subject.Cycles}
	if r.Subject.Mode == Once {
		l.now.Lives = max(r.Subject.Runs, 1)
	}
}

func (l *Live) follow(m *mirror) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mirror = m
}

func (l *Live) tell(p Progress) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.progress = p
}

// Now is how far the run is; false before it has begun.
func (l *Live) Now() (Snapshot, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.began.IsZero() {
		return Snapshot{}, false
	}
	s, p := l.now, l.progress
	s.Elapsed = time.Since(l.began)
	s.Life, s.Done, s.Cycles = p.Life, p.Done, p.Cycles
	s.Left = l.left(s)
	s.Gateway, s.Trader = map[string]int{}, map[string]int{}
	if l.mirror == nil {
		return s, true
	}
	l.mirror.mu.Lock()
	defer l.mirror.mu.Unlock()
	for _, c := range l.mirror.rows {
		if c.Accepted.IsZero() || c.Planted {
			continue
		}
		s.Connections++
		if gateway, trader := c.States(); gateway != "" {
			s.Gateway[gateway]++
			s.Trader[trader]++
		}
	}
	if n := len(l.mirror.receipts); n > 0 {
		f := l.mirror.receipts[n-1]
		s.LastFault = fmt.Sprintf("%s (%s) at %s: %s", f.Fault, f.Planned, f.Point, f.Wire)
	}
	return s, true
}

// SoFar judges what a run that goes on has written to its directory until now: only a failure stands. It
// says nothing of the run being cut short, which is so for everything that is not over.
func SoFar(dir string) (Verdict, error) {
	r, err := recoverRecord(dir)
	if err != nil {
		return Verdict{}, err
	}
	v := Judge(r)
	v.Sentence = v.sentence()
	return v, nil
}

// left goes by what the lives, the cycles or the time so far took. The caller holds mu.
func (l *Live) left(s Snapshot) time.Duration {
	per := func(done, all int) time.Duration {
		if done < 1 || all <= done {
			return 0
		}
		return s.Elapsed / time.Duration(done) * time.Duration(all-done)
	}
	switch {
	case s.Lives > 0:
		return per(s.Done, s.Lives)
	case s.Of > 0:
		return per(s.Cycles, s.Of)
	case l.subject.For > 0 && l.scale > 0:
		return max(time.Duration(float64(l.subject.For)/l.scale)-s.Elapsed, 0)
	}
	return 0
}
