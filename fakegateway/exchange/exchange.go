package exchange

import (
	"slices"
	"time"

	"ibsoak/fakegateway/lock"
	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

// Config is how an exchange is set up. The zero value of a field is its default.
type Config struct {
	Seed     uint64
	Accounts []string // default: DU9000001
	// StartCash is each account's, in US dollars. Default: 1,000,000.
	StartCash decimal.Decimal
	Hours     market.Hours
	// FillLatency is how long an order works before it can trade. Default 0: a marketable order
	// trades inside Place.
	FillLatency time.Duration
	// CancelLatency is how long a cancelled order can still trade. Default 0: not at all.
	CancelLatency time.Duration
	// MaxFillShares splits larger fills into executions of at most so many shares, one each Step.
	// Default 0: no bound.
	MaxFillShares int64
	// AllowShort makes the accounts margin accounts, which can sell what they do not hold. Default:
	// cash accounts.
	AllowShort bool
	// Halts, HaltsPerThousandDays, Replay and Universe are market.Market's.
	Halts                []market.Halt
	HaltsPerThousandDays int
	Replay               *market.Replay
	Universe             *market.Universe
	// Opening lists the positions that accounts hold before the first order, in addition to
	// StartCash.
	Opening []OpeningPosition
}

// OpeningPosition is a position that an account holds from the start.
type OpeningPosition struct {
	Account    string
	Instrument market.Instrument
	Quantity   int64           // below 0: short
	Price      decimal.Decimal // that was paid for one
}

const defaultStartDollars = 1_000_000

// DefaultAccount is the only account, a paper account, when Config names none.
const DefaultAccount = "DU9000001"

// Exchange is the books. All methods may be called from any goroutine; each that can change
// anything takes the time at which it happens, and time never runs backwards.
type Exchange struct {
	cfg     Config
	market  market.Market
	changed chan struct{}

	mu         lock.Mutex[lock.Exchange] // guards everything below
	subscriber Subscriber
	now        time.Time
	by         int // Event.By of what happens now
	seq        int64
	wakes      []time.Time

	orders     []*order // by permanent id
	live       []*order // those not done, by permanent id, and ended ones that were
	ended      int      // how many of live have ended
	queue      queue    // those that have to be looked at
	byID       map[orderKey]*order
	children   map[orderKey][]*order // live ones by their parent
	groups     map[groupKey][]*order // live ones
	watching   []*order              // live ones that the books can release
	lastID     map[int]int           // highest order id that each client has used
	boundIDs   int                   // ids given to orders that were placed by hand
	autoBind   bool
	holding    bool // orders that are transmitted are held
	splitting  bool // the next change splits its order
	executions []*Execution
	superseded []Execution
	transfers  []*Transfer
	fills      int // execution ids given out
	accounts   []*Account
	visible    []string    // those that the Gateway is logged in to
	positions  []*Position // in the order in which they were first opened
	held       map[holdingKey]*Position
	expiring   []*Position // of instruments that end, the first to end first
	quotes     map[int]quoted
	pairs      map[string]pair // by currency
	view       View
}

type orderKey struct{ client, order int }

// quoted is a quote that is still good.
type quoted struct {
	at time.Time
	q  market.Quote
}

// New makes an exchange with untouched accounts.
func New(cfg Config) *Exchange {
	if len(cfg.Accounts) == 0 {
		cfg.Accounts = []string{DefaultAccount}
	}
	if cfg.StartCash.IsZero() {
		cfg.StartCash = shares(defaultStartDollars)
	}
	x := &Exchange{
		cfg: cfg,
		market: market.Market{
			Seed: cfg.Seed, Hours: cfg.Hours,
			Halts: cfg.Halts, HaltsPerThousandDays: cfg.HaltsPerThousandDays,
			Replay: cfg.Replay, Universe: cfg.Universe,
		},
		changed:  make(chan struct{}, 1),
		by:       NoClient,
		byID:     make(map[orderKey]*order),
		children: make(map[orderKey][]*order),
		groups:   make(map[groupKey][]*order),
		lastID:   make(map[int]int),
		held:     make(map[holdingKey]*Position),
		quotes:   make(map[int]quoted),
		pairs:    make(map[string]pair),
	}
	x.view.x = x
	x.visible = cfg.Accounts
	for _, id := range cfg.Accounts {
		x.accounts = append(x.accounts, newAccount(id, cfg.StartCash))
	}
	for _, o := range cfg.Opening {
		x.open(o)
	}
	return x
}

// open gives an account what it holds from the start.
func (x *Exchange) open(o OpeningPosition) {
	p := x.position(o.Account, o.Instrument)
	p.apply(o.Quantity, o.Price, decimal.Decimal{})
	p.Opening = p.Holding
	if a := x.account(o.Account); a != nil && p.SecType == market.Cash {
		b := a.in(p.Symbol)
		b.StartCash = add(b.StartCash, shares(o.Quantity))
		b.Cash = b.StartCash
	}
}

// Market gives the prices, which need no lock.
func (x *Exchange) Market() market.Market { return x.market }

// quote is the market at this instant.
func (x *Exchange) quote(i market.Instrument) market.Quote {
	if c := x.quotes[i.ConID]; c.at.Equal(x.now) {
		return c.q
	}
	q := x.market.Quote(i, x.now)
	x.quotes[i.ConID] = quoted{x.now, q}
	return q
}

// Subscribe sets the one subscriber. It is called before the first order.
func (x *Exchange) Subscribe(s Subscriber) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.subscriber = s
}

// Changed receives a value when the result of NextEvent may have changed.
func (x *Exchange) Changed() <-chan struct{} { return x.changed }

// begin takes the lock for a call at now by a client; the result ends it, when all that the call
// has made due has happened too.
func (x *Exchange) begin(now time.Time, by int) func() {
	x.mu.Lock()
	x.runUntil(now)
	x.by = by
	return func() {
		x.by = NoClient
		x.runOrders(x.now)
		x.mu.Unlock()
		select {
		case x.changed <- struct{}{}:
		default: // a cue is already waiting
		}
	}
}

// Advance does everything that is due up to now: fills, triggers, expiries and wake-ups. The result
// does not depend on how often it is called.
func (x *Exchange) Advance(now time.Time) {
	defer x.begin(now, NoClient)()
}

// NextEvent is when something can happen next. ok is false when nothing is planned.
func (x *Exchange) NextEvent() (at time.Time, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if o := x.nextOrder(); o != nil {
		at = o.next
	}
	at = earlier(at, x.nextEnd())
	for _, w := range x.wakes {
		at = earlier(at, w)
	}
	return at, !at.IsZero()
}

// WakeAt plans a Woken event.
func (x *Exchange) WakeAt(t time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.wakeAt(t)
}

func (x *Exchange) wakeAt(t time.Time) {
	if !slices.ContainsFunc(x.wakes, t.Equal) {
		x.wakes = append(x.wakes, t)
	}
	select {
	case x.changed <- struct{}{}:
	default: // a cue is already waiting
	}
}

// runUntil plays what is due, in order of time, then of permanent id, wake-ups last.
func (x *Exchange) runUntil(now time.Time) {
	x.runOrders(now)
	x.setNow(now)
	woken := false
	x.wakes = slices.DeleteFunc(x.wakes, func(w time.Time) bool {
		due := !w.After(now)
		woken = woken || due
		return due
	})
	if woken {
		x.emit(Woken, nil)
	}
}

func (x *Exchange) runOrders(until time.Time) {
	for {
		o, end := x.nextOrder(), x.nextEnd()
		switch {
		case o != nil && !o.next.After(until) && (end.IsZero() || !end.Before(o.next)):
			x.setNow(o.next)
			x.act(o)
		case !end.IsZero() && !end.After(until):
			x.expire()
		default:
			return
		}
	}
}

func (x *Exchange) setNow(t time.Time) {
	if t.After(x.now) {
		x.now = t
	}
}

// earlier is the smaller of two times, of which zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
