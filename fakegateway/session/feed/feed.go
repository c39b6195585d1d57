package feed

import (
	"cmp"
	"slices"
	"time"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session/client"
)

// Feed is a subscription to the market, or an answer that is still to come.
type Feed interface {
	// Wake sends what is new at v.Now() and returns when to look again. The zero time is the end
	// of the feed. It runs under the exchange's lock and the client's.
	Wake(v *exchange.View) time.Time
}

// Pauser is a feed that must know when its farm, or the connection to IBKR's servers, was away: what
// it missed is not made up for.
type Pauser interface{ Pause() }

// Kind is what was subscribed to. The request ids of each kind are apart.
type Kind uint8

// The kinds. Live market data comes from IBKR's market data farms, the rest from its history
// service.
const (
	Quotes Kind = iota
	TickByTick
	Depth
	SmartDepth
	RealTimeBars

	History
	HistoricalTicks
	HeadTimestamp
	Histogram
	Scanner

	NewsBulletins
)

// isLive reports whether a feed is live market data, which comes from a market data farm.
func (k Kind) isLive() bool { return k <= RealTimeBars }

// Key names a feed of a client.
type Key struct {
	Kind Kind
	ID   int // of the request
}

// Feeds are the feeds of a client in order of kind and id, so that what is sent at an instant has
// the same order in every run. The client's lock guards them.
type Feeds struct {
	client   *client.Client
	exchange *exchange.Exchange
	flows    func() bool // whether the farms send market data

	running []runningFeed
	due     time.Time // no feed is due before; zero: none is running
}

type runningFeed struct {
	key  Key
	feed Feed
	due  time.Time
}

// New are the feeds of a client that has none. flows reports whether IBKR's farms send market data.
func New(c *client.Client, x *exchange.Exchange, flows func() bool) *Feeds {
	return &Feeds{client: c, exchange: x, flows: flows}
}

// Subscribe starts a feed with what it sends at once. Under the exchange's lock no event can come
// between that and what follows.
func (f *Feeds) Subscribe(key Key, feed Feed) {
	f.exchange.View(f.client.Now(), func(v *exchange.View) {
		f.client.Lock()
		defer f.client.Unlock()
		f.start(v, key, feed, feed.Wake(v))
	})
}

// Unsubscribe ends a feed and returns it; nil when there was none.
func (f *Feeds) Unsubscribe(key Key) Feed {
	f.client.Lock()
	defer f.client.Unlock()
	i, ok := f.find(key)
	if !ok {
		return nil
	}
	stopped := f.running[i].feed
	f.running = slices.Delete(f.running, i, i+1)
	return stopped
}

// Get is the feed of a request; nil when there is none.
func (f *Feeds) Get(key Key) Feed {
	f.client.Lock()
	defer f.client.Unlock()
	if i, ok := f.find(key); ok {
		return f.running[i].feed
	}
	return nil
}

// Count says how many feeds of a kind are running.
func (f *Feeds) Count(kind Kind) int {
	f.client.Lock()
	defer f.client.Unlock()
	n := 0
	for _, r := range f.running {
		if r.key.Kind == kind {
			n++
		}
	}
	return n
}

// Each visits the feeds that are running.
func (f *Feeds) Each(visit func(Feed)) {
	f.client.Lock()
	defer f.client.Unlock()
	for _, r := range f.running {
		visit(r.feed)
	}
}

// Pause informs the feeds that their data is away.
func (f *Feeds) Pause() {
	f.Each(func(one Feed) {
		if p, ok := one.(Pauser); ok {
			p.Pause()
		}
	})
}

// Wake lets the feeds send that are due. It costs nothing to a client that has none. The caller
// holds the client's lock.
func (f *Feeds) Wake(v *exchange.View) {
	if f.due.IsZero() || f.due.After(v.Now()) {
		return
	}
	f.due = time.Time{}
	flows := f.flows()
	kept := f.running[:0]
	for _, r := range f.running {
		if p, ok := r.feed.(Pauser); ok && !flows {
			p.Pause()
		}
		if !r.due.After(v.Now()) && (flows || !r.key.Kind.isLive()) {
			if r.due = r.feed.Wake(v); r.due.IsZero() {
				continue
			}
			v.WakeAt(r.due)
		}
		f.expect(r.due)
		kept = append(kept, r)
	}
	clear(f.running[len(kept):])
	f.running = kept
}

// EndLive ends every subscription to live market data and returns them. The caller holds the
// client's lock.
func (f *Feeds) EndLive() []Key {
	var ended []Key
	f.running = slices.DeleteFunc(f.running, func(r runningFeed) bool {
		if r.key.Kind.isLive() {
			ended = append(ended, r.key)
		}
		return r.key.Kind.isLive()
	})
	return ended
}

func (f *Feeds) find(key Key) (int, bool) {
	return slices.BinarySearchFunc(f.running, key, func(r runningFeed, key Key) int {
		return cmp.Or(cmp.Compare(r.key.Kind, key.Kind), cmp.Compare(r.key.ID, key.ID))
	})
}

// start runs a feed that is due at a time; zero: it was over at once.
func (f *Feeds) start(v *exchange.View, key Key, feed Feed, due time.Time) {
	if due.IsZero() {
		return
	}
	i, _ := f.find(key)
	f.running = slices.Insert(f.running, i, runningFeed{key, feed, due})
	f.expect(due)
	v.WakeAt(due)
}

func (f *Feeds) expect(due time.Time) {
	if f.due.IsZero() || due.Before(f.due) {
		f.due = due
	}
}
