package trader

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ibsoak/trader/broker"
	"ibsoak/trader/exit"
	"ibsoak/trader/market"
)

// IBKR's limits of historical data (its documentation of historical data limitations). They hold on the
// Gateway's clock, which in a simulation is another than this host's.
const (
	historyWindow = 10 * time.Minute
	historyMost   = 60               // requests in a window
	historyApart  = 15 * time.Second // between identical ones
	historyOpen   = 50               // at a time, subscriptions included
	// historyStreams leaves one of them to what is asked for: with fifty subscriptions every other request is
	// refused (error 322).
	historyStreams = historyOpen - 1
	// historySlack is kept from the first two: the Gateway's clock is told in whole seconds, and a request
	// takes its time to get there.
	historySlack = 2 * time.Second
)

// Every contract is subscribed to once a session, while historyStreams allows it: from then on the Gateway
// sends its bars as they come. What cannot be subscribed to is asked for, as often as the window allows.

// history is what was asked for in a life, over its sessions.
type history struct {
	asked    []time.Time         // in the window
	last     map[int64]time.Time // by contract
	unstream map[int64]time.Time // contracts whose subscription was refused or ended by an error, and when
}

func newHistory() history {
	return history{last: map[int64]time.Time{}, unstream: map[int64]time.Time{}}
}

// allow takes one request for a contract from the window, if it may be made now.
func (h *history) allow(conID int64, now time.Time) error {
	recent := h.asked[:0]
	for _, at := range h.asked {
		if younger(at, now, historyWindow+historySlack) {
			recent = append(recent, at)
		}
	}
	h.asked = recent
	if last, ok := h.last[conID]; ok && younger(last, now, historyApart+historySlack) {
		return fmt.Errorf("bars were asked for less than %s ago: %w", historyApart, market.ErrStale)
	}
	if len(h.asked) >= historyMost {
		return fmt.Errorf("%d requests for history in %s: its turn will come: %w", historyMost,
			historyWindow, market.ErrStale)
	}
	h.asked = append(h.asked, now)
	h.last[conID] = now
	return nil
}

// younger says whether at was less than limit before now. A clock that was set back counts anew.
func younger(at, now time.Time, limit time.Duration) bool {
	age := now.Sub(at)
	return age >= 0 && age < limit
}

// feed is where a contract's bars come from in a session: the last answer, and what a subscription has
// added to it. session.mu guards feeds: pump adds.
type feed struct {
	at   time.Time // of the answer, on the Gateway's clock
	id   int64     // of the subscription; 0 is none
	bars []market.Bar
}

// barsQuery is what a decision needs of a contract's bars.
type barsQuery struct {
	instrument instrument
	duration   string    // to ask for, in IBKR's form
	least      int       // of a feed's newest bars
	from       time.Time // and those since then; zero: all
}

// since is a copy of the bars from a time on, and of at least so many.
func (f *feed) since(from time.Time, least int) []market.Bar {
	at, _ := slices.BinarySearchFunc(f.bars, from, startOf)
	return slices.Clone(f.bars[max(0, min(at, len(f.bars)-least)):])
}

func startOf(b market.Bar, at time.Time) int { return b.Start.Compare(at) }

// fetch gets a contract's newest bars, closed and open, within the limits: from its subscription, from an
// answer that is too young to be asked for again, or from the Gateway.
func (s *session) fetch(ctx context.Context, q barsQuery, now time.Time) ([]market.Bar, error) {
	i := q.instrument
	s.mu.Lock()
	for _, conID := range s.ended {
		s.e.history.unstream[conID] = now
	}
	s.ended = nil
	open := 0
	for _, f := range s.feeds {
		if f.id != 0 {
			open++
		}
	}
	apart := max(historyApart+historySlack, time.Duration(len(s.e.cfg.Symbols)-open)*historyWindow/historyMost)
	f, ok := s.feeds[i.conID()]
	var have []market.Bar
	if ok && (f.id != 0 || younger(f.at, now, apart)) {
		have = f.since(q.from, q.least)
	}
	s.mu.Unlock()
	if len(have) > 0 {
		return have, nil
	}
	if err := s.e.history.allow(i.conID(), now); err != nil {
		return nil, err
	}
	refused, was := s.e.history.unstream[i.conID()]
	subscribe := !s.e.cfg.Once && open < historyStreams && (!was || !younger(refused, now, historyWindow))
	return s.askBars(ctx, q, now, subscribe)
}

// askBars asks for one-minute bars of regular hours, and to go on sending them when subscribe says so.
func (s *session) askBars(ctx context.Context, q barsQuery, now time.Time, subscribe bool) ([]market.Bar, error) {
	i := q.instrument
	what := "bars of " + i.symbol
	r := broker.BarsRequest{
		Contract: i.details.Contract, Duration: q.duration, BarSize: "1 min", WhatToShow: "TRADES", UseRTH: true,
	}
	f := feed{at: now}
	raw, err := ask(ctx, s, what, func(ctx context.Context) (bars []broker.Bar, err error) {
		if !subscribe {
			return s.b.Bars(ctx, r)
		}
		f.id, bars, err = s.b.SubscribeBars(ctx, r)
		return bars, err
	})
	if refusal, ok := errors.AsType[*broker.Error](err); ok && subscribe {
		s.e.history.unstream[i.conID()] = now
		s.log.Warn("bars cannot be subscribed to: they are asked for", "symbol", i.symbol, "code", refusal.Code,
			"message", oneLine(refusal.Message))
	}
	if err != nil {
		return nil, err
	}
	if len(raw) == 0 { // a contract without data gets an error, never an empty answer
		return nil, exit.Because(exit.Incomplete, fmt.Errorf("ask for %s: the answer is empty: %w",
			what, broker.ErrIncomplete))
	}
	for _, b := range raw {
		f.bars = append(f.bars, barOf(b))
	}
	f.bars = market.Sorted(f.bars)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.feeds[i.conID()] = &f
	for _, u := range s.early[f.id] { // they overtook the answer on its way here
		f.add(u)
	}
	clear(s.early)
	return slices.Clone(f.bars), nil
}

func barOf(b broker.Bar) market.Bar {
	return market.Bar{Start: b.Time, Size: BarSize, Open: b.Open, High: b.High, Low: b.Low, Close: b.Close}
}

// barUpdate takes the newest bar of a subscription.
func (s *session) barUpdate(u broker.BarUpdate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.feeds {
		if f.id == u.ID {
			f.add(barOf(u.Bar))
			return
		}
	}
	const most = 100 // between an answer and its subscription's first cycle
	if len(s.early[u.ID]) < most {
		s.early[u.ID] = append(s.early[u.ID], barOf(u.Bar))
	}
}

// mostBars of a minute are more than any answer has. Twice as many are let grow before the older half
// goes, so that a bar is moved once.
const mostBars = 5 * 24 * 60

// add takes a bar of a subscription: a newer one, or what became of one that is there.
func (f *feed) add(b market.Bar) {
	at, there := slices.BinarySearchFunc(f.bars, b.Start, startOf)
	switch {
	case there:
		f.bars[at] = b
	case at == len(f.bars):
		f.bars = append(f.bars, b)
	}
	if len(f.bars) > 2*mostBars {
		f.bars = append(f.bars[:0], f.bars[len(f.bars)-mostBars:]...)
	}
}

// drop ends a contract's feed: the next cycle asks anew. A subscription that has brought nothing fresh is
// given a window of time before that, for asking costs.
func (s *session) drop(ctx context.Context, i instrument, now time.Time) {
	s.mu.Lock()
	f, ok := s.feeds[i.conID()]
	if ok = ok && now.Sub(f.at) >= historyWindow; ok {
		delete(s.feeds, i.conID())
	}
	s.mu.Unlock()
	if ok && f.id != 0 {
		s.log.Warn("a subscription brings nothing fresh: it is made anew", "symbol", i.symbol)
		s.b.CancelBars(ctx, f.id)
	}
}

// feedEnded forgets the feed whose subscription an error names, and lets its contract be asked for; false
// if there is none.
func (s *session) feedEnded(id int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conID, f := range s.feeds {
		if f.id != 0 && f.id == id {
			delete(s.feeds, conID)
			s.ended = append(s.ended, conID)
			return true
		}
	}
	return false
}

// cancelFeeds ends every subscription, before a session that lives is closed. Those that a second does not
// suffice for end with the connection.
func (s *session) cancelFeeds(ctx context.Context) {
	s.mu.Lock()
	var ids []int64
	for _, f := range s.feeds {
		if f.id != 0 {
			ids = append(ids, f.id)
		}
	}
	clear(s.feeds)
	s.mu.Unlock()
	const limit = time.Second
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	for _, id := range ids {
		if s.isOver() || ctx.Err() != nil {
			return
		}
		s.b.CancelBars(ctx, id)
	}
}
