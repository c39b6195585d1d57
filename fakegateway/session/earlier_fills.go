package session

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
)

// EarlierFill is a trade that was made by hand before the Gateway started.
type EarlierFill struct {
	OpeningPosition `yaml:",inline"`
	// Before is how long before the start: above 0, up to 7 days, which is as far back as a client
	// can ask (ExecutionFilter.lastNDays).
	Before time.Duration `yaml:"before"`
}

const earliestFill = 7 * 24 * time.Hour

// earlier finds the instruments of the trades before the start, the first one first.
func (c Config) earlier() ([]exchange.OpeningPosition, []time.Time, []error) {
	start := c.startTime()
	order := make([]int, len(c.EarlierFills)) // by place in the file, which an error names
	for n := range order {
		order[n] = n
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(c.EarlierFills[b].Before, c.EarlierFills[a].Before)
	})
	var list []exchange.OpeningPosition
	var at []time.Time
	var problems []error
	for _, n := range order {
		f := c.EarlierFills[n]
		p, err := f.resolve(c.Accounts, c.market(), start.Add(-f.Before))
		switch {
		case err == nil && (f.Before <= 0 || f.Before > earliestFill):
			err = fmt.Errorf("before %s: want above 0, up to %s", f.Before, earliestFill)
		case err == nil && !p.Price.IsPos():
			err = fmt.Errorf("price %s: want above 0", p.Price)
		}
		if err != nil {
			problems = append(problems, wrong(fmt.Sprintf("earlierFills[%d]", n), "%v", err))
			continue
		}
		list, at = append(list, p), append(at, start.Add(-f.Before))
	}
	return list, at, problems
}

// market is the exchange's, for what is found before there is one.
func (c Config) market() market.Market {
	return market.Market{Seed: c.Seed, Replay: c.Replay, Universe: c.universe(nil)}
}

// startTime is the scenario's time when the Gateway starts.
func (c Config) startTime() time.Time {
	if c.Start.IsZero() {
		return time.Now()
	}
	return c.Start
}

// bookEarlier books them, before anybody listens.
func (l *Login) bookEarlier() error {
	list, at, _ := l.cfg.earlier() // NewLogin has seen the errors
	for n, p := range list {
		if _, err := l.exchange.ManualFill(at[n], orderByHand(p), p.Price); err != nil {
			return wrong("earlierFills", "%s at %s: %v", p.Instrument.Symbol, p.Price, err)
		}
	}
	return nil
}
