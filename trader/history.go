package trader

import (
	"context"
	"fmt"
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
)

// mostAsked is how many symbols can be asked for every minute within the limits. With more of them each
// is subscribed to once, and the Gateway sends its bars as they come.
const mostAsked = int(historyMost * time.Minute / historyWindow)

// history counts the requests of a life, over its sessions.
type history struct{ asked []time.Time }

// allow takes one request from the window, if there is one left.
func (h *history) allow(now time.Time) bool {
	recent := h.asked[:0]
	for _, at := range h.asked {
		if age := now.Sub(at); age >= 0 && age < historyWindow { // a clock that was set back counts anew
			recent = append(recent, at)
		}
	}
	h.asked = recent
	if len(h.asked) >= historyMost {
		return false
	}
	h.asked = append(h.asked, now)
	return true
}

// feed is where a contract's bars come from in a session: the last answer, and what a subscription has
// added to it. session.mu guards feeds: pump adds.
type feed struct {
	at   time.Time // of the answer, on the Gateway's clock
	id   int64     // of the subscription; 0 is none
	bars []market.Bar
}

// fetch gets a contract's newest bars, closed and open, within the limits: from its subscription, from an
// answer that is too young to be asked for again, or from the Gateway.
func (s *session) fetch(ctx context.Context, i instrument, duration string, now time.Time) ([]market.Bar, error) {
	apart := max(historyApart, time.Duration(len(s.e.cfg.Symbols))*historyWindow/historyMost)
	s.mu.Lock()
	f, ok := s.feeds[i.conID()]
	open := len(s.feeds)
	var have []market.Bar
	if ok && (f.id != 0 || (now.Sub(f.at) >= 0 && now.Sub(f.at) < apart-time.Second)) {
		have = append(have, f.bars...)
	}
	s.mu.Unlock()
	if len(have) > 0 {
		return have, nil
	}
	if !s.e.history.allow(now) {
		return nil, fmt.Errorf("%d requests for history in %s: its turn will come: %w", historyMost,
			historyWindow, market.ErrStale)
	}
	subscribe := len(s.e.cfg.Symbols) > mostAsked && open < historyOpen && !s.e.cfg.Once
	return s.askBars(ctx, i, duration, now, subscribe)
}

// askBars asks for one-minute bars of regular hours, and to go on sending them when subscribe says so.
func (s *session) askBars(ctx context.Context, i instrument, duration string, now time.Time, subscribe bool) (
	[]market.Bar, error,
) {
	what := "bars of " + i.symbol
	r := broker.BarsRequest{
		Contract: i.details.Contract, Duration: duration, BarSize: "1 min", WhatToShow: "TRADES", UseRTH: true,
	}
	f := feed{at: now}
	raw, err := ask(ctx, s, what, func(ctx context.Context) (bars []broker.Bar, err error) {
		if !subscribe {
			return s.b.Bars(ctx, r)
		}
		f.id, bars, err = s.b.SubscribeBars(ctx, r)
		return bars, err
	})
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
	return append([]market.Bar(nil), f.bars...), nil
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

// add replaces the newest bar, or goes on to the next one.
func (f *feed) add(b market.Bar) {
	last := len(f.bars) - 1
	switch {
	case f.bars[last].Start.Equal(b.Start):
		f.bars[last] = b
	case b.Start.After(f.bars[last].Start):
		f.bars = append(f.bars, b)
	}
	const most = 5 * 24 * 60 // of one-minute bars: no answer is longer
	f.bars = f.bars[max(0, len(f.bars)-most):]
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
		s.b.CancelBars(ctx, f.id)
	}
}

// feedEnded forgets the feed whose subscription an error names; false if there is none.
func (s *session) feedEnded(id int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conID, f := range s.feeds {
		if f.id != 0 && f.id == id {
			delete(s.feeds, conID)
			return true
		}
	}
	return false
}
