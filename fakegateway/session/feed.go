package session

import (
	"cmp"
	"slices"
	"time"

	"ibsoak/fakegateway/exchange"
)

// feed is a subscription to the market, or an answer that is still to come.
type feed interface {
	// wake sends what is new at v.Now() and returns when to look again. The zero time is the end
	// of the feed.
	wake(s *Session, v *exchange.View) time.Time
}

// feedKind is what was subscribed to. The request ids of each kind are apart.
type feedKind uint8

const (
	// Live market data:
	quoteFeed feedKind = iota
	tickByTickFeed
	depthFeed
	smartDepthFeed
	realTimeBarFeed

	// The history service's:
	historyFeed
	historicalTicksFeed
	headTimestampFeed
	histogramFeed
	scannerFeed

	newsBulletinFeed
)

// feedKey names a feed of a session.
type feedKey struct {
	kind feedKind
	id   int // of the request
}

// feeds are the feeds of a session in order of kind and id, so that what is sent at an instant has
// the same order in every run.
type feeds struct {
	running []runningFeed
	due     time.Time // no feed is due before; zero: none is running
}

// subscriptions are what a session has of the market. The session's mu guards them.
type subscriptions struct {
	feeds
	paced    []paced // historical data requests of the last ten minutes
	dataType int     // of later reqMktData; 0 is live
	ticks    tickBodies
}

type runningFeed struct {
	key  feedKey
	feed feed
	due  time.Time
}

func (f *feeds) find(key feedKey) (int, bool) {
	return slices.BinarySearchFunc(f.running, key, func(r runningFeed, key feedKey) int {
		return cmp.Or(cmp.Compare(r.key.kind, key.kind), cmp.Compare(r.key.id, key.id))
	})
}

// get is the feed of a request; nil when there is none.
func (f *feeds) get(key feedKey) feed {
	if i, ok := f.find(key); ok {
		return f.running[i].feed
	}
	return nil
}

// count says how many feeds of a kind are running.
func (f *feeds) count(kind feedKind) int {
	n := 0
	for _, r := range f.running {
		if r.key.kind == kind {
			n++
		}
	}
	return n
}

// start runs a feed that is due at a time; zero: it was over at once.
func (f *feeds) start(v *exchange.View, key feedKey, feed feed, due time.Time) {
	if due.IsZero() {
		return
	}
	i, _ := f.find(key)
	f.running = slices.Insert(f.running, i, runningFeed{key, feed, due})
	f.expect(due)
	v.WakeAt(due)
}

func (f *feeds) expect(due time.Time) {
	if f.due.IsZero() || due.Before(f.due) {
		f.due = due
	}
}

// stop ends a feed and returns it; nil when there was none.
func (f *feeds) stop(key feedKey) feed {
	i, ok := f.find(key)
	if !ok {
		return nil
	}
	stopped := f.running[i].feed
	f.running = slices.Delete(f.running, i, i+1)
	return stopped
}

// subscribe starts a feed with what it sends at once. Under the exchange's lock no event can come
// between that and what follows.
func (s *Session) subscribe(key feedKey, f feed) {
	s.login.exchange.View(s.conn.Now(), func(v *exchange.View) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.data.start(v, key, f, f.wake(s, v))
	})
}

// unsubscribe ends a feed and returns it; nil when there was none.
func (s *Session) unsubscribe(key feedKey) feed {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.data.stop(key)
}

// subscribed is the feed of a request; nil when there is none.
func (s *Session) subscribed(key feedKey) feed {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.data.get(key)
}

// wakeFeeds lets the feeds speak that are due. It costs nothing to a session that has none.
func (s *Session) wakeFeeds(v *exchange.View) {
	f := &s.data.feeds
	if f.due.IsZero() || f.due.After(v.Now()) {
		return
	}
	f.due = time.Time{}
	flows := s.login.upstream.marketDataFlows()
	kept := f.running[:0]
	for _, r := range f.running {
		if p, ok := r.feed.(pauser); ok && !flows {
			p.pause()
		}
		if !r.due.After(v.Now()) && (flows || !r.key.kind.usesFarm()) {
			if r.due = r.feed.wake(s, v); r.due.IsZero() {
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

// usesFarm reports whether a feed is live market data, which comes from a market data farm.
func (k feedKind) usesFarm() bool { return k <= realTimeBarFeed }

// usesLine reports whether a feed takes a market data line.
func (k feedKind) usesLine() bool { return k == quoteFeed || k == realTimeBarFeed }

// endMarketData ends every live market data subscription and returns their ids, sorted. The caller
// holds mu.
func (s *Session) endMarketData() []int {
	var ids []int
	used := 0
	s.data.running = slices.DeleteFunc(s.data.running, func(r runningFeed) bool {
		if !r.key.kind.usesFarm() {
			return false
		}
		if r.key.kind.usesLine() {
			used++
		}
		ids = append(ids, r.key.id)
		return true
	})
	s.releaseLines(used)
	slices.Sort(ids)
	return ids
}

// pauser is a feed that must know when its farm, or the connection to IBKR's servers, was away: what
// it missed is not made up for.
type pauser interface{ pause() }

// pauseFeeds tells the feeds of every client. It runs in a View.
func (l *Login) pauseFeeds() {
	l.eachFeed(func(f feed) {
		if p, ok := f.(pauser); ok {
			p.pause()
		}
	})
}

// eachFeed visits the feeds of every client.
func (l *Login) eachFeed(visit func(feed)) {
	for _, c := range l.sessions.all() {
		c.mu.Lock()
		for _, r := range c.data.running {
			visit(r.feed)
		}
		c.mu.Unlock()
	}
}
