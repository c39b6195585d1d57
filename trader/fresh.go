package trader

import (
	"context"
	"fmt"
	"time"

	"ibsoak/trader/exit"
	"ibsoak/trader/market"
)

// clock asks for the Gateway's time. Its bars are judged by it, so a clock that stands back makes old
// bars look fresh: then stale says so, and nothing is decided. One that runs ahead makes them look
// older than they are, which errs on the safe side, and is only told.
func (s *session) clock(ctx context.Context) (now time.Time, stale string, err error) {
	if now, err = insist(ctx, s, "current time", s.b.CurrentTime); err != nil {
		return now, "", err
	}
	const resolution = time.Second // of the Gateway's answer
	behind := s.e.since(now)
	limit := s.e.cfg.MaxClockSkew
	if behind > limit+resolution {
		return now, fmt.Sprintf("the Gateway's clock is %s behind this host's, limit %s",
			behind.Round(time.Second), limit), nil
	}
	if -behind > limit && !s.ahead {
		s.ahead = true
		s.log.Warn("the Gateway's clock is ahead of this host's", "by", -behind.Round(time.Second))
	}
	return now, "", nil
}

// More bars than the strategy needs are asked for, and never less than an hour of them.
const (
	barMargin   = 30
	leastBars   = 60
	secondsADay = 24 * 60 * 60
	barsADay    = 390 // of regular hours in New York; other sessions have more
	// mostOfToday is how many bars a session is expected to have brought soon enough.
	mostOfToday = 120
	// memory is how far back bars are compared: a life that begins later than that after the last one
	// takes what it gets.
	memory = 5 * 24 * time.Hour
)

// wanted is how many bars a decision needs.
func (s *session) wanted(i instrument) int {
	return max(s.e.cfg.strategyOf(i.symbol).Needs()+barMargin, leastBars)
}

// bars gets the bars that were closed at now, and makes sure that they are the contract's. An answer
// names none, and another contract's, whole and fresh, looks like any other: it has cost real money.
// So enough is asked for to reach back to bars that are known, and those must say the same again.
func (s *session) bars(ctx context.Context, i instrument, now time.Time) ([]market.Bar, error) {
	known, err := s.known(ctx, i)
	if err != nil {
		return nil, err
	}
	wanted := s.wanted(i)
	seconds := wanted * int(BarSize/time.Second)
	duration := fmt.Sprintf("%d S", seconds)
	if wanted > mostOfToday { // seconds reach back into this session alone
		duration = fmt.Sprintf("%d D", wanted/barsADay+2)
	}
	if len(known) > 0 {
		back := now.Sub(known[len(known)-1].Start)
		if back > time.Duration(seconds)*time.Second && back < memory {
			duration = fmt.Sprintf("%d D", int(back.Seconds())/secondsADay+2)
		}
	}
	q := barsQuery{instrument: i, duration: duration, least: wanted + 1} // one is still being written
	if len(known) > 0 {
		q.from = known[len(known)-1].Start
	}
	bars, err := s.fetch(ctx, q, now)
	if err != nil {
		return nil, err
	}
	bars = market.Closed(bars, now)
	if err := market.Continues(known, bars, s.e.cfg.Limits.MaxPriceMove); err != nil {
		return nil, err
	}
	return bars[max(0, len(bars)-wanted):], nil
}

// known are the bars of the contract that an earlier answer had: of this life, or the last one that was
// decided on. A person who takes over what the journal cannot explain, such as a split, begins anew.
func (s *session) known(ctx context.Context, i instrument) ([]market.Bar, error) {
	if bars, ok := s.e.bars[i.conID()]; ok || s.e.cfg.AdoptPositions {
		return bars, nil
	}
	end, price, err := s.e.journal.LastClose(context.WithoutCancel(ctx), i.symbol)
	if err != nil {
		return nil, exit.Because(exit.State, err)
	}
	var bars []market.Bar
	if !end.IsZero() {
		bars = []market.Bar{{Start: end.Add(-BarSize), Size: BarSize, Close: price}}
	}
	s.e.bars[i.conID()] = bars // the journal is read once: it goes through all that it has of other symbols
	return bars, nil
}

// usable says whether bars can be decided on, and remembers those that can.
func (s *session) usable(i instrument, bars []market.Bar, now time.Time) error {
	if err := market.Fresh(bars, now, s.e.cfg.MaxBarAge); err != nil {
		return err
	}
	if err := market.Sane(bars, s.e.cfg.Limits.MaxPriceMove); err != nil {
		return err
	}
	last := bars[len(bars)-1].Close
	if err := s.contradicted(i, last); err != nil {
		return err
	}
	s.marks.closes[i.conID()] = mark{last, s.e.now()}
	s.e.bars[i.conID()] = bars
	return nil
}
