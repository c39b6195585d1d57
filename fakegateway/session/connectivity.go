package session

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/lock"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/feed"
)

const (
	textLost       = "Connectivity between IBKR and Trader Workstation has been lost."
	textRestored   = "Connectivity between IBKR and Trader Workstation has been restored - data "
	textMaintained = textRestored + "maintained."
	textDataLost   = textRestored + "lost."
	textBroken     = "Connectivity between Trader Workstation and server is broken. " +
		"It will be restored automatically."
	textCompeting = "No market data during competing live session"
)

var (
	lostNotice   = client.Notice{Code: 1100, Text: textLost}
	brokenNotice = client.Notice{Code: 2110, Text: textBroken}
)

// heldReports bounds what is held back during an outage; later reports are lost, with an error in
// the log.
const heldReports = 1 << 16

// upstream is the Gateway's connection to IBKR's servers: whether it is there, how each farm is,
// whether another session has the market data, and which reports wait for the end of an outage.
// The API's sockets stay open through all of it. Its lock is taken inside the exchange's.
type upstream struct {
	troubled atomic.Bool // lost or competing: for those who would not lock for less

	mu        lock.Mutex[lock.Session]
	lost      bool
	competing bool
	farms     []Farm
	before    []Farm           // the farms, as they were when the connection was lost
	held      []exchange.Event // reports that clients have not received
	dropped   int              // reports past heldReports
}

// Connectivity is what GET /connectivity shows.
type Connectivity struct {
	Lost        bool   `json:"lost"`      // 1100 was the last word
	Competing   bool   `json:"competing"` // another session has the market data
	Farms       []Farm `json:"farms"`
	HeldReports int    `json:"heldReports"` // fills and statuses that clients have not received
}

// Connectivity is the state of the login's connection to IBKR's servers.
func (l *Login) Connectivity() Connectivity {
	u := &l.upstream
	u.mu.Lock()
	defer u.mu.Unlock()
	return Connectivity{u.lost, u.competing, slices.Clone(u.farms), len(u.held)}
}

// notices are what a client receives at the end of its bootstrap.
func (u *upstream) notices() []client.Notice {
	u.mu.Lock()
	defer u.mu.Unlock()
	list := farmList(u.farms)
	if u.lost {
		list = append(list, brokenNotice)
	}
	return list
}

func farmList(farms []Farm) []client.Notice {
	list := make([]client.Notice, len(farms))
	for i, f := range farms {
		list[i] = f.notice()
	}
	return list
}

func (u *upstream) isLost() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.lost
}

// pass is the exchange's subscriber: it passes events on to the sessions. While the connection is
// lost, reports wait; market data and account values, which come by the clock, do not come at all.
func (l *Login) pass(v *exchange.View, e exchange.Event) {
	if l.upstream.troubled.Load() && l.upstream.holds(e) {
		return
	}
	l.ids.deliver(v, e)
}

func (u *upstream) holds(e exchange.Event) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case !u.lost:
		return false
	case e.Kind == exchange.Woken:
	case len(u.held) < heldReports:
		u.held = append(u.held, e)
	default:
		u.dropped++
	}
	return true
}

// Lose breaks the connection to IBKR's servers at now: each farm that was there, then 1100. It
// returns what went out, as do the other changes.
func (l *Login) Lose(now time.Time) (wire string, err error) {
	u := &l.upstream
	l.exchange.View(now, func(*exchange.View) {
		u.mu.Lock()
		if u.lost {
			u.mu.Unlock()
			wire, err = "nothing", errors.New("the connection to IBKR's servers is lost already")
			return
		}
		u.lost, u.before = true, slices.Clone(u.farms)
		var broken []Farm
		for i, f := range u.farms {
			if f.State != FarmIsBroken {
				u.farms[i].State = FarmIsBroken
				broken = append(broken, u.farms[i])
			}
		}
		u.publish()
		u.mu.Unlock()
		l.eachClientsFeeds((*feed.Feeds).Pause)
		l.announce(append(farmList(broken), lostNotice)...)
		wire = "1100"
	})
	return wire, err
}

// Restore brings the connection back: the farms, 1102, or 1101 and no market data subscription any
// more; then a burst of all that clients have not received. The requests that waited are for each
// connection's loop to Resume.
func (l *Login) Restore(now time.Time, dataLost bool) (wire string, err error) {
	u := &l.upstream
	l.exchange.View(now, func(v *exchange.View) {
		u.mu.Lock()
		if !u.lost {
			u.mu.Unlock()
			wire, err = "nothing", errors.New("the connection to IBKR's servers is not lost")
			return
		}
		u.lost, u.farms = false, u.before
		held, dropped, farms := u.held, u.dropped, slices.Clone(u.farms)
		u.held, u.dropped = nil, 0
		u.publish()
		u.mu.Unlock()
		if dropped > 0 {
			l.cfg.Log.Error("reports of an outage were lost", "reports", dropped, "kept", heldReports)
		}
		last := client.Notice{Code: 1102, Text: textMaintained + farmSummary(farms)}
		if dataLost {
			l.dropMarketData(nil)
			last = client.Notice{Code: 1101, Text: textDataLost + farmSummary(farms)}
		}
		l.announce(append(farmList(farms), last)...)
		for _, e := range held {
			l.ids.deliver(v, e)
		}
		v.WakeAt(v.Now())
		wire = fmt.Sprintf("%d, then %d reports", last.Code, len(held))
	})
	return wire, err
}

// forget drops what is held back: the clients that had not received it are gone.
func (u *upstream) forget() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.held, u.dropped = nil, 0
}

// publish sets what readers without the lock need. The caller holds mu.
func (u *upstream) publish() { u.troubled.Store(u.lost || u.competing) }

// farmSummary is what follows 1101 and 1102 in users' logs.
func farmSummary(farms []Farm) string {
	names := make(map[bool][]string)
	for _, f := range farms {
		ok := f.State == FarmIsOK
		names[ok] = append(names[ok], f.Name)
	}
	up, down := strings.Join(names[true], "; "), strings.Join(names[false], "; ")
	switch {
	case len(farms) == 0:
		return ""
	case len(names[false]) == 0:
		return " All data farms are connected: " + up + "."
	default:
		return " The following farms are connected: " + up +
			". The following farms are not connected: " + down + "."
	}
}

// SetFarm changes one farm and informs every client.
func (l *Login) SetFarm(now time.Time, name string, state FarmState) (wire string, err error) {
	u := &l.upstream
	l.exchange.View(now, func(v *exchange.View) {
		u.mu.Lock()
		i := slices.IndexFunc(u.farms, func(f Farm) bool { return f.Name == name })
		if i < 0 {
			names := make([]string, len(u.farms))
			for j, f := range u.farms {
				names[j] = f.Name
			}
			u.mu.Unlock()
			err = fmt.Errorf("no farm %q: the Gateway has %s", name, strings.Join(names, ", "))
			return
		}
		f := u.farms[i]
		f.State = state
		if err = f.validate(); err == nil {
			u.farms[i] = f
		}
		u.mu.Unlock()
		if err == nil {
			l.announce(f.notice())
			v.WakeAt(v.Now())
			wire = fmt.Sprint(f.notice().Code)
		}
	})
	if err != nil {
		wire = "nothing"
	}
	return wire, err
}

// marketDataFlows reports whether the farms send market data: it does not while one is broken.
func (u *upstream) marketDataFlows() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return !u.lost && !slices.ContainsFunc(u.farms, func(f Farm) bool {
		return f.Kind == MarketFarm && f.State == FarmIsBroken
	})
}

// Compete begins or ends a session of the same user somewhere else, which takes the market data:
// each subscription ends with 10197.
func (l *Login) Compete(now time.Time, begins bool) (wire string, err error) {
	u := &l.upstream
	l.exchange.View(now, func(*exchange.View) {
		u.mu.Lock()
		same := u.competing == begins
		u.competing = begins
		u.publish()
		u.mu.Unlock()
		switch {
		case same && begins:
			err = errors.New("there is a competing session already")
		case same:
			err = errors.New("there is no competing session")
		case begins:
			l.dropMarketData(&client.Notice{Code: codeCompeting, Text: textCompeting})
		}
	})
	if err != nil || !begins {
		return "nothing", err
	}
	return fmt.Sprint(codeCompeting), nil
}

const codeCompeting = 10197

// Announce sends a notice to every client whose bootstrap is out.
func (l *Login) Announce(now time.Time, n client.Notice) {
	l.exchange.View(now, func(*exchange.View) { l.announce(n) })
}

// announce is Announce for those who are in a View.
func (l *Login) announce(notices ...client.Notice) {
	for _, s := range l.ids.all() {
		s.client.Lock()
		if s.live {
			for _, n := range notices {
				s.client.Notify(n)
			}
		}
		s.client.Unlock()
	}
}

// dropMarketData ends the market data subscriptions of every client, with an error for each if
// there is one. It runs in a View.
func (l *Login) dropMarketData(why *client.Notice) {
	for _, s := range l.ids.all() {
		s.marketData.Drop(why)
	}
}

// eachClientsFeeds visits the feeds of every client.
func (l *Login) eachClientsFeeds(visit func(*feed.Feeds)) {
	for _, s := range l.ids.all() {
		visit(s.feeds)
	}
}
