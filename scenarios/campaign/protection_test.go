package campaign_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"ibsoak/fakegateway/exchange"
	"ibsoak/trader/config"
)

// How protection is sampled, in real time.
const (
	guardEvery = 50 * time.Millisecond
	// guardAfter is what a life needs before it can mend anything: its handshake and its questions.
	guardAfter = 300 * time.Millisecond
	// guardWithin is how long a position and its stops may differ in the time that lives could mend it in, added
	// up over them: what --protect-within allows. A stop of which nobody knows whether it was sent takes a session
	// of --absence-wait, which a life that is killed at once does not have.
	guardWithin = 30 * time.Second
)

// protects says whether this trader keeps stops at the broker.
func protects() bool {
	return slices.ContainsFunc(config.Options(), func(o config.Option) bool { return o.Flag == "stop" && o.Default() != "off" })
}

// protective tells a stop or a target from an order that is meant to fill.
func protective(o exchange.Order) bool {
	return strings.HasPrefix(string(o.Type), "STP") || strings.HasPrefix(string(o.Type), "TRAIL") ||
		o.OCAGroup != "" && o.Type == exchange.LimitOrder
}

// stopsOf is how many shares the working stops of a symbol would sell. A child that waits for its parent counts
// when the parent has filled.
func stopsOf(truth exchange.Books, symbol string) (sum int64) {
	for _, o := range truth.Orders {
		stop := strings.HasPrefix(string(o.Type), "STP") || strings.HasPrefix(string(o.Type), "TRAIL")
		if o.Symbol != symbol || o.Account != account || !stop || !o.DoneAt.IsZero() || o.OrderID == 0 {
			continue
		}
		waits := o.ParentPermID != 0 && slices.ContainsFunc(truth.Orders, func(p exchange.Order) bool {
			return p.PermID == o.ParentPermID && p.Filled == 0
		})
		if !waits {
			sum += o.Remaining
		}
	}
	return sum
}

// sellsOf is how many shares all working sell orders of a symbol could take. Of those that cancel each other the
// largest counts.
func sellsOf(truth exchange.Books, symbol string) int64 {
	h := holding{filled: map[int64]int64{}}
	for _, o := range truth.Orders {
		if o.Symbol == symbol && o.Account == account && o.OrderID != 0 && o.DoneAt.IsZero() {
			h.filled[o.PermID] = o.Filled
			o.Modifications = 0 // what the books say is its size now
			h.orders = append(h.orders, o)
		}
	}
	return h.reach(exchange.Sell, truth.At)
}

// guarded is for how long a symbol's position and its stops have differed, or more could have been sold than is
// held, and the most of it so far.
type guarded struct {
	now, most time.Duration
	what      string // at the most
}

// guard samples position and stops while a life runs, until the function that it returns is called.
func (l *lane) guard() (over func()) {
	if !protects() {
		return func() {}
	}
	if l.guards == nil {
		l.guards = map[string]*guarded{}
		for _, symbol := range laneSymbols {
			l.guards[symbol] = &guarded{}
		}
	}
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		settled := time.NewTimer(guardAfter)
		defer settled.Stop()
		select {
		case <-settled.C:
		case <-stop:
			return
		}
		tick := time.NewTicker(guardEvery)
		defer tick.Stop()
		for last := time.Now(); ; {
			select {
			case <-tick.C:
			case <-stop:
				return
			}
			truth, lost := l.gw.Books(), l.gw.Connectivity().Lost
			step := min(time.Since(last), 2*guardEvery) // a busy machine is nobody's fault
			last = time.Now()
			for symbol, g := range l.guards {
				switch {
				case truth.Holding(account, symbol) == stopsOf(truth, symbol) && sellsOf(truth, symbol) <= truth.Holding(account, symbol):
					g.now = 0
				case !lost:
					if g.now += step; g.now > g.most {
						g.most = g.now
						g.what = fmt.Sprintf("%s at %s in life %d: %d held, stops for %d, sells for %d", symbol,
							truth.At.Format(time.TimeOnly), l.lives, truth.Holding(account, symbol),
							stopsOf(truth, symbol), sellsOf(truth, symbol))
					}
				}
			}
		}
	}()
	return func() { close(stop); <-ended }
}

// unguarded is the longest time of any symbol.
func (l *lane) unguarded() (most guarded) {
	for _, g := range l.guards {
		if g.most > most.most {
			most = *g
		}
	}
	return most
}
