package status

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// MaxTimeline bounds the events that a snapshot has. The oldest go first.
const MaxTimeline = 2000

// timelineAge is how far back a timeline reaches.
const timelineAge = 24 * time.Hour

// Board holds the newest snapshot. Readers take no lock; writers take turns for as long as it takes to
// copy a struct. A nil board takes everything and shows nothing.
type Board struct {
	current atomic.Pointer[Snapshot]

	mu      sync.Mutex // of the writers
	changed chan struct{}
}

// NewBoard begins with a snapshot.
func NewBoard(first Snapshot) *Board {
	b := &Board{changed: make(chan struct{})}
	b.current.Store(&first)
	return b
}

// Load is the newest snapshot; nil of a nil board. Nobody may change it.
func (b *Board) Load() *Snapshot {
	if b == nil {
		return nil
	}
	return b.current.Load()
}

// Update publishes a changed copy. change may set fields of the copy and replace what they point to, and
// must not change that in place: the snapshot before has it too.
func (b *Board) Update(change func(s *Snapshot)) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	next := *b.current.Load()
	next.At = time.Now()
	change(&next)
	b.current.Store(&next)
	close(b.changed)
	b.changed = make(chan struct{})
}

// Changed is closed by the next Update.
func (b *Board) Changed() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.changed
}

// Note adds an event to the timeline.
func (s *Snapshot) Note(e Event) {
	if e.At.IsZero() {
		e.At = s.At
	}
	s.Timeline = append(s.Timeline, e) // snapshots before have a shorter part of the same array
	from := max(0, len(s.Timeline)-MaxTimeline)
	for from < len(s.Timeline) && s.Timeline[from].At.Before(s.At.Add(-timelineAge)) {
		from++
	}
	s.Timeline = s.Timeline[from:]
}

// Since are the events after an instant, oldest first; none is an empty list.
func (s *Snapshot) Since(than time.Time) []Event {
	from := len(s.Timeline)
	for from > 0 && s.Timeline[from-1].At.After(than) {
		from--
	}
	return append([]Event{}, s.Timeline[from:]...)
}

// Count adds one to a counter of a map that snapshots share.
func Count[K comparable](counts map[K]int64, key K) map[K]int64 {
	if counts = maps.Clone(counts); counts == nil {
		counts = map[K]int64{}
	}
	counts[key]++
	return counts
}

// Lose notes that a line of a kind could not be written.
func (s *Snapshot) Lose(kind string) {
	s.Losses = Count(s.Losses, kind)
	s.setLost(kind, Loss{At: s.At})
}

// Repair notes that a line of a kind was written.
func (s *Snapshot) Repair(kind string) { s.setLost(kind, Loss{At: s.Lost[kind].At, Repaired: true}) }

func (s *Snapshot) setLost(kind string, loss Loss) {
	if s.Lost = maps.Clone(s.Lost); s.Lost == nil {
		s.Lost = map[string]Loss{}
	}
	s.Lost[kind] = loss
}

// SetSymbol replaces what is known of a symbol.
func (s *Snapshot) SetSymbol(symbol Symbol) {
	s.Symbols = slices.Clone(s.Symbols)
	for i := range s.Symbols {
		if s.Symbols[i].Symbol == symbol.Symbol {
			s.Symbols[i] = symbol
			return
		}
	}
	s.Symbols = append(s.Symbols, symbol)
}
