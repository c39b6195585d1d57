package trader

import (
	"fmt"
	"time"

	"ibsoak/trader/journal"
	"ibsoak/trader/link"
	"ibsoak/trader/status"
)

// sight is what is known of a symbol that cannot be decided on: stale or missing data, an order of which
// nothing is known, no session. One that is closed, or that a limit refuses, is seen.
type sight struct {
	since, told time.Time // told is the last alert
	every       time.Duration
	never       bool   // it has not been decided on in this life
	why         string // one line that names no account
}

// mostSilence bounds the time between two alerts about the same blindness.
const mostSilence = time.Hour

// watch begins a life: nothing has been seen yet.
func (e *Engine) watch() {
	for _, symbol := range e.cfg.Symbols {
		e.sights[symbol] = &sight{since: e.now(), never: true, why: "no cycle has decided on it yet"}
	}
	e.review()
}

// saw notes that a symbol was decided on.
func (e *Engine) saw(symbol string) {
	s, blind := e.sights[symbol]
	if !blind {
		return
	}
	delete(e.sights, symbol)
	if !s.told.IsZero() {
		e.cfg.Log.Info("decided on again", "symbol", symbol, "after", e.since(s.since).Round(time.Second))
	}
	e.review()
}

// blind notes that a symbol could not be decided on. When that has lasted for BlindAfter it is an alert,
// repeated at twice the time up to mostSilence; shares may be held that nobody watches.
func (e *Engine) blind(symbol, why string) {
	e.notSeen(symbol, why)
	e.review()
}

// notSeen is blind without its review.
func (e *Engine) notSeen(symbol, why string) {
	s, known := e.sights[symbol]
	if !known {
		s = &sight{since: e.now()}
		e.sights[symbol] = s
	}
	s.why = link.Redact(oneLine(why))
	last, wait := s.told, s.every
	if last.IsZero() {
		last, wait = s.since, e.cfg.BlindAfter
	}
	if e.since(last) >= wait {
		s.told, s.every = e.now(), min(2*wait, mostSilence)
		e.cfg.Log.Error("blind", "symbol", symbol, "for", e.since(s.since).Round(time.Second), "why", why,
			"held", e.heldOf(symbol), "do", "look at the Gateway: nothing is bought or sold meanwhile")
	}
}

// blindAll notes that nothing could be decided on.
func (e *Engine) blindAll(why string) {
	for _, symbol := range e.cfg.Symbols {
		e.notSeen(symbol, why)
	}
	e.review()
}

// heldOf is what the last decision on a symbol found held.
func (e *Engine) heldOf(symbol string) string {
	if held, ok := e.held[symbol]; ok {
		return held.String()
	}
	return "unknown"
}

// review tells OnReady when readiness or its reason has changed: ready is a trader that has decided on
// every symbol, and on none longer ago than BlindAfter.
func (e *Engine) review() {
	e.sawSights()
	why := ""
	for _, symbol := range e.cfg.Symbols {
		s, blind := e.sights[symbol]
		if blind && status.Late(e.since(s.since), s.never, e.cfg.BlindAfter) {
			why = fmt.Sprintf("%s: %s", symbol, s.why)
			break
		}
	}
	if e.reviewed && why == e.notReady {
		return
	}
	e.reviewed, e.notReady = true, why
	if e.cfg.OnReady != nil {
		e.cfg.OnReady(why == "", why)
	}
}

// seen says whether a decision's outcome means that the symbol was decided on.
func seen(d journal.Decision, err error) bool {
	switch d.Outcome {
	case outcomeStale, outcomeFailed:
		return false
	case outcomeBlocked:
		return err == nil // by an order that works
	default:
		return true
	}
}
