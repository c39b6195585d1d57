package harness

import (
	"cmp"
	"strings"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/exchange"
	"ibsoak/internal/wire"
)

// What counts as one cycle, in intervals of the scenario.
const (
	// A request belongs to the cycle before it when no more than groupGap has passed since
	// anything was asked or answered in that one, no more than groupAge since it began, and it
	// does not ask again for what that one has been told. So three symbols asked for at once are
	// one cycle, and the same symbol asked for three times in a row is three.
	groupGap = 0.5
	groupAge = 1.0
	// A stream whose trader also asks is silent for as long as it does: its updates are cycles
	// only when nothing was asked for so long.
	streamAfterPoll = 1.5

	// defaultInterval is the interval of a scenario without one.
	defaultInterval = 30 * time.Second

	// maxRequests bounds the requests, subscriptions and orders of a connection that are
	// remembered; a subject that leaves more of them unanswered has none that could still be
	// taken for a cycle.
	maxRequests = 10_000
)

// recogniser tells cycles of work among the Gateway's events. The goroutine of Run owns it.
type recogniser struct {
	rule     CycleRule
	interval time.Duration // in this run
	moment   func(time.Time) Moment
	sessions map[int]*worker // by connection
	market   bool            // the subject has asked for market data in this run
}

// worker is what one connection has asked for.
type worker struct {
	open    map[workKey]*asked // not answered yet
	streams map[workKey]*asked // live subscriptions
	orders  map[int]*asked     // by order id
	group   *group             // the newest cycle
	polled  Moment             // the last answer
	updated Moment             // the last cycle of a stream
	left    Moment             // either end has begun to end the connection
}

// workKey is a request's id; one without an id has its kind instead.
type workKey struct {
	kind string
	id   int
}

// asked is one request, subscription or order.
type asked struct {
	work    *workKind // nil: an order
	at      Moment
	digest  fakegateway.Digest
	group   *group
	answers bool // it was answered
}

// group is one cycle: what was asked for in one go.
type group struct {
	asked   map[fakegateway.Digest]*asked
	began   Moment
	active  Moment
	counted bool
	market  bool // it has market data, not only answers about the account
}

func newRecogniser(rule CycleRule, interval time.Duration, moment func(time.Time) Moment) *recogniser {
	return &recogniser{
		rule: rule, interval: interval, moment: moment, sessions: map[int]*worker{},
	}
}

func (c *recogniser) intervals(n float64) time.Duration {
	return time.Duration(n * float64(c.interval))
}

// take looks at an event; it completes a cycle when ok is true.
func (c *recogniser) take(e fakegateway.Event) (cycle Cycle, ok bool) {
	switch e.Kind {
	case fakegateway.EventInbound:
		if e.Digest != nil {
			c.asked(c.session(e.Connection), e)
		}
	case fakegateway.EventOutbound:
		s, known := c.sessions[e.Connection]
		if known && e.Digest != nil && !e.AfterFIN && (s.left == 0 || c.moment(e.Begun) < s.left) {
			return c.told(s, e)
		}
	case fakegateway.EventClientFIN, fakegateway.EventClientRST, fakegateway.EventGatewayFIN,
		fakegateway.EventGatewayRST:
		s := c.session(e.Connection)
		s.left = earliest(s.left, c.moment(e.At)) // whoever has left is told nothing more
	case fakegateway.EventClosed:
		delete(c.sessions, e.Connection)
	default:
	}
	return Cycle{}, false
}

func (c *recogniser) session(connection int) *worker {
	s, known := c.sessions[connection]
	if !known {
		s = &worker{
			open: map[workKey]*asked{}, streams: map[workKey]*asked{}, orders: map[int]*asked{},
		}
		c.sessions[connection] = s
	}
	return s
}

// asked remembers a request that the rule takes.
func (c *recogniser) asked(s *worker, e fakegateway.Event) {
	d := *e.Digest
	a := &asked{at: c.moment(e.At), digest: d}
	switch w, known := workByRequest[e.Message]; {
	case e.Message == placeOrder:
		if !d.WhatIf && c.matches(e.Message, d) && len(s.orders) < maxRequests {
			s.orders[d.OrderID] = a
			c.join(s, a)
		}
	case known && c.matches(e.Message, d) && (w.request != wire.ReqAccountUpdates || d.Subscribe):
		c.request(s, a, w)
	case strings.HasPrefix(e.Message, "cancel"):
		s.forget(d.ReqID)
	}
}

func (c *recogniser) request(s *worker, a *asked, w *workKind) {
	if len(s.open)+len(s.streams) >= maxRequests {
		return
	}
	a.work = w
	c.market = c.market || w.rank == marketData
	c.join(s, a)
	key := workKey{w.request.String(), a.digest.ReqID}
	if len(w.ends) == 0 || w.request == wire.ReqMktData && !a.digest.Snapshot {
		s.streams[key] = a
		return
	}
	s.open[key] = a
}

// forget drops what a cancel ends.
func (s *worker) forget(id int) {
	for _, live := range []map[workKey]*asked{s.open, s.streams} {
		for key, a := range live {
			if key.id == id && !a.work.unnumbered {
				delete(live, key)
			}
		}
	}
}

// matches reports whether the rule takes a request or an order.
func (c *recogniser) matches(kind string, d fakegateway.Digest) bool {
	r := c.rule
	w := workByRequest[kind]
	switch {
	case r.Request != "" && r.Request != kind,
		r.Symbol != "" && r.Symbol != d.Symbol,
		r.Ref != "" && (kind != placeOrder || !strings.HasPrefix(d.OrderRef, r.Ref)):
		return false
	}
	return r.Request != "" || w == nil || w.rank >= accountData
}

// join puts a request into the newest cycle of its connection, or begins another.
func (c *recogniser) join(s *worker, a *asked) {
	what := a.digest
	what.ReqID, what.OrderID = 0, 0
	g := s.group
	if g == nil || a.at.Since(g.active) > c.intervals(groupGap) ||
		a.at.Since(g.began) >= c.intervals(groupAge) || g.repeats(a, what) {
		g = &group{began: a.at, asked: map[fakegateway.Digest]*asked{}}
		s.group = g
	}
	if len(g.asked) < maxRequests {
		g.asked[what] = a
	}
	g.active, a.group = a.at, g
	g.market = g.market || a.work != nil && a.work.rank == marketData
}

// repeats reports a request for what this cycle was told already. Orders never are, for one cycle
// may place many, nor is a second look at the account in a cycle of market data.
func (g *group) repeats(a *asked, what fakegateway.Digest) bool {
	before, known := g.asked[what]
	return known && before.answers && a.work != nil && (a.work.rank == marketData || !g.market)
}

// told looks at what the Gateway has written.
func (c *recogniser) told(s *worker, e fakegateway.Event) (Cycle, bool) {
	d, at := *e.Digest, c.moment(e.At)
	switch e.Message {
	case wire.OpenOrder.String(), wire.OrderStatus.String():
		a, placed := s.orders[d.OrderID]
		if !placed || a.answers || !taken(d.Status) {
			return Cycle{}, false
		}
		return c.answered(s, a, e, at)
	case wire.ErrorMessage.String():
		if endsRequest(d.Code) {
			s.refused(d.ReqID)
		}
		return Cycle{}, false
	}
	for _, w := range workByAnswer[e.Message] {
		key := workKey{w.request.String(), d.ReqID}
		if a, open := s.open[key]; open && w.completedBy(e.Message) {
			delete(s.open, key)
			if a.digest.KeepUpToDate {
				s.streams[key] = a
			}
			return c.answered(s, a, e, at)
		}
		if a, live := s.streams[key]; live && !w.completedBy(e.Message) {
			return c.updated(s, a, e, at)
		}
	}
	return Cycle{}, false
}

func (w *workKind) completedBy(message string) bool {
	for _, k := range w.ends {
		if k.String() == message {
			return true
		}
	}
	return false
}

// taken reports an order that the Gateway works on.
func taken(status string) bool {
	switch exchange.Status(status) {
	case exchange.Inactive, exchange.Cancelled, "ApiCancelled", "":
		return false
	default:
		return true
	}
}

// refused drops the request that an error has ended. An error about an order may have the number of
// a request.
func (s *worker) refused(id int) {
	if _, order := s.orders[id]; order {
		return
	}
	for key, a := range s.open {
		if key.id == id && !a.work.unnumbered {
			delete(s.open, key)
		}
	}
}

// endsRequest reports an error code that ends a request. Those of notices come beside an answer: 2100 to
// 2199, the warning of an order (399), and those of delayed or partial market data.
func endsRequest(code int) bool {
	const (
		orderWarning, partialData, delayedData = 399, 10090, 10167
		firstNotice, lastNotice                = 2100, 2199
	)
	return code != orderWarning && code != partialData && code != delayedData &&
		(code < firstNotice || code > lastNotice)
}

// answered counts a cycle by its first answer. An answer about the account is none for a trader that
// asks for market data, unless the rule names it.
func (c *recogniser) answered(s *worker, a *asked, e fakegateway.Event, at Moment) (Cycle, bool) {
	a.answers, a.group.active = true, max(a.group.active, at)
	prepares := a.work != nil && a.work.rank == accountData && c.market && c.rule.Request == ""
	if prepares || a.group.counted {
		return Cycle{}, false
	}
	a.group.counted, s.polled = true, at
	if s.updated != 0 && at.Since(s.updated) < c.intervals(groupGap) {
		return Cycle{}, false // the stream's cycle was the same one
	}
	return a.cycle(e, at), true
}

// updated counts a cycle of a subscription: an interval in which it brought something.
func (c *recogniser) updated(s *worker, a *asked, e fakegateway.Event, at Moment) (Cycle, bool) {
	switch {
	case a.work.rank == accountData && c.market && c.rule.Request == "",
		s.polled != 0 && at.Since(s.polled) < c.intervals(streamAfterPoll),
		s.updated != 0 && at.Since(s.updated) < c.interval:
		return Cycle{}, false
	}
	s.updated = at
	out := a.cycle(e, at)
	out.Requested = at
	return out, true
}

func (a *asked) cycle(e fakegateway.Event, at Moment) Cycle {
	out := Cycle{
		Connection: e.Connection, Requested: a.at, Answered: at, Symbol: a.digest.Symbol,
		Ref: a.digest.OrderRef, Kind: placeOrder, Through: e.Through,
	}
	if a.work != nil {
		out.Kind = a.work.request.String()
	}
	return out
}

// pace is the interval between two cycles of the scenario, at time scale 1.
func (s Subject) pace() time.Duration { return cmp.Or(s.Interval, defaultInterval) }
