package exchange

import (
	"time"

	"ibsoak/fakegateway/market"

	"github.com/govalues/decimal"
)

// Action is the side of an order.
type Action string

// The sides.
const (
	Buy  Action = "BUY"
	Sell Action = "SELL"
)

// sign is +1 for a buy and -1 for a sell.
func (a Action) sign() int64 {
	if a == Sell {
		return -1
	}
	return 1
}

// OrderRequest is what a client asks for with an order id. The same id while the order works
// changes it.
type OrderRequest struct {
	ClientID   int
	OrderID    int
	Account    string
	Instrument market.Instrument
	Legs       []Leg // of a combination, whose Instrument is ComboOf them
	Action     Action
	Type       OrderType
	TIF        TIF
	Quantity   int64 // shares, contracts or units of currency, 1..MaxQuantity
	Terms
	// CashQuantity is what to spend or to raise, in the instrument's currency, in place of
	// Quantity: as many whole units as that comes to. 0: Quantity says the size.
	CashQuantity decimal.Decimal
	OutsideRTH   bool
	OrderRef     string
	ParentID     int // order id of the same client; 0 is none
	OCAGroup     string
	// OCAType says what a fill does to the rest of the group: 1 cancels it, 2 and 3 reduce it in
	// proportion.
	OCAType int
	// Staged is IBKR's transmit=false: the order is kept and does not work until it is sent again.
	Staged bool
	// Conditions keep the order from working until they are met. With CancelOnConditions they
	// cancel it when they are met. They are checked in regular hours only, unless IgnoreRTH is set.
	Conditions         []Condition
	CancelOnConditions bool
	IgnoreRTH          bool
	// Echo is returned with the order as it is; the exchange does not read it.
	Echo any
}

// Terms are the prices, times and sizes of an order, as far as its type has them; 0 is none.
// Prices are multiples of the instrument's tick up to MaxPrice.
type Terms struct {
	LimitPrice decimal.Decimal `json:"limitPrice"`
	// StopPrice is the trigger price of STP, STP LMT, MIT and LIT. For TRAIL and TRAIL LIMIT it is
	// the first stop price in a request, and the current one in Order; by default the first one is
	// computed from the market.
	StopPrice    decimal.Decimal `json:"stopPrice"`
	TrailAmount  decimal.Decimal `json:"trailAmount,omitzero"`
	TrailPercent decimal.Decimal `json:"trailPercent,omitzero"` // in place of TrailAmount
	LimitOffset  decimal.Decimal `json:"limitOffset,omitzero"`  // of TRAIL LIMIT: from stop to limit
	Offset       decimal.Decimal `json:"offset,omitzero"`       // of REL

	GoodAfter time.Time `json:"goodAfter,omitzero"`
	GoodTill  time.Time `json:"goodTill,omitzero"` // of GTD
	// AutoCancel is when IBKR cancels a GTC order by itself. Default: the close at the end of the
	// next quarter.
	AutoCancel  time.Time `json:"autoCancel,omitzero"`
	AllOrNone   bool      `json:"allOrNone,omitempty"`
	MinQuantity int64     `json:"minQuantity,omitempty"` // of the first fill
}

// Bounds of an order, which keep every amount of money far from the ends of a decimal.
const (
	MaxQuantity = 10_000_000
	maxDollars  = 1_000_000
)

// MaxPrice is the highest limit or stop price.
var MaxPrice = shares(maxDollars)

// Order is the state of an order.
type Order struct {
	PermID   int64          `json:"permId"`
	ClientID int            `json:"clientId"`
	OrderID  int            `json:"orderId"` // 0: placed by hand and not bound to a client
	OrderRef string         `json:"orderRef,omitempty"`
	Account  string         `json:"account"`
	ConID    int            `json:"conId"`
	Symbol   string         `json:"symbol"`
	SecType  market.SecType `json:"secType"`
	Legs     []Leg          `json:"legs,omitempty"` // of a combination
	Action   Action         `json:"action"`
	Type     OrderType      `json:"type"`
	TIF      TIF            `json:"tif"`
	Quantity int64          `json:"quantity"`
	// CashQuantity is the amount that the client has sized the order by; 0: by Quantity.
	CashQuantity decimal.Decimal `json:"cashQuantity,omitzero"`
	Terms
	OutsideRTH   bool   `json:"outsideRth,omitempty"`
	Manual       bool   `json:"manual,omitempty"` // placed by hand in TWS
	ParentID     int    `json:"parentId,omitempty"`
	ParentPermID int64  `json:"parentPermId,omitempty"`
	OCAGroup     string `json:"ocaGroup,omitempty"`
	OCAType      int    `json:"ocaType,omitempty"`

	Status        Status          `json:"status"`
	WhyHeld       string          `json:"whyHeld,omitempty"` // "child", "trigger", "child,trigger", "locate"
	Held          bool            `json:"held,omitempty"`    // until it is released: see Shown
	Filled        int64           `json:"filled"`
	Remaining     int64           `json:"remaining"`
	AvgFillPrice  decimal.Decimal `json:"avgFillPrice"`
	LastFillPrice decimal.Decimal `json:"lastFillPrice"`
	Commission    decimal.Decimal `json:"commission"`
	// CanceledByClient tells a client's cancel from an end that the exchange decided.
	CanceledByClient bool `json:"canceledByClient,omitempty"`
	// Code and Reason say why an order was rejected or cancelled, as the error to the client does.
	Code   int    `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"`

	// Market is the last price when the order came or its client changed it; none of a combination.
	Market decimal.Decimal `json:"market,omitzero"`

	PlacedAt      time.Time `json:"placedAt"`
	UpdatedAt     time.Time `json:"updatedAt"`
	DoneAt        time.Time `json:"doneAt,omitzero"`
	Modifications int       `json:"modifications"` // how often the client changed it
	// SplitFrom is the permanent id of the order with the same order id that a change has made
	// this one beside.
	SplitFrom int64 `json:"splitFrom,omitempty"`

	Instrument market.Instrument `json:"-"`
	Echo       any               `json:"-"`
}

// order is an order with what only the exchange knows.
type order struct {
	Order
	second     *order   // that it was split into
	legs       []*order // of a combination, in the order of Legs
	conditions []Condition
	cancels    bool   // the conditions end it
	ignoreRTH  bool   // the conditions are looked at outside regular hours too
	happened   []bool // execution conditions that are met for good
	released   bool   // its conditions, if any, were met
	triggered  bool
	resting    bool      // it has been looked at once and did not trade: fills at its own limit
	due        time.Time // it trades from this instant on
	auction    time.Time // it trades at this instant only; zero: at any
	cancelAt   time.Time // it stops trading here; zero: nobody cancelled it
	trail      trail
	notional   decimal.Decimal // price times size of all fills
	dollars    decimal.Decimal // their value in US dollars, of orders that cost by that

	next time.Time // when to look at it again; zero: never
	slot int       // in the queue; -1: not there

	reserved   decimal.Decimal // of the balance in reservedIn
	reservedIn string
	selling    int64 // of the position, counted against later sell orders
}

func (o *order) staged() bool { return o.Status == APIPending }

func (o *order) key() orderKey { return orderKey{o.ClientID, o.OrderID} }

func (o *order) parentKey() orderKey { return orderKey{o.ClientID, o.ParentID} }

// limit is the worst price that an order takes; false if it takes any.
func (o *order) limit() (decimal.Decimal, bool) {
	m := o.Type.manner()
	return o.LimitPrice, m.limited || m.capped && !o.LimitPrice.IsZero()
}

// Summary reports the execution of a combination as a whole, which is not booked: its legs are.
func (e Execution) Summary() bool { return e.ConID == ComboConID }

// worse reports whether price a is worse for the order than price b.
func (o *order) worse(a, b decimal.Decimal) bool {
	if o.Action == Sell {
		return a.Less(b)
	}
	return b.Less(a)
}

// Execution is one fill.
type Execution struct {
	// ExecID is "0000e0d5.5f3a1c02.01.01"; the last part counts corrections, the one before it the
	// legs of a combination.
	ExecID      string          `json:"execId"`
	PermID      int64           `json:"permId"`
	ClientID    int             `json:"clientId"`
	OrderID     int             `json:"orderId"`
	OrderRef    string          `json:"orderRef,omitempty"`
	Account     string          `json:"account"`
	ConID       int             `json:"conId"`
	Symbol      string          `json:"symbol"`
	Leg         int             `json:"leg,omitempty"` // of a combination, from 1
	Action      Action          `json:"action"`
	Shares      int64           `json:"shares"`
	Price       decimal.Decimal `json:"price"` // 0 of an option that was exercised or has lapsed
	CumQuantity int64           `json:"cumQuantity"`
	AvgPrice    decimal.Decimal `json:"avgPrice"`
	At          time.Time       `json:"at"`
	Maker       bool            `json:"maker,omitempty"` // a resting limit that the market came to
	Exercise    Exercised       `json:"exercise,omitempty"`
	Liquidation bool            `json:"liquidation,omitempty"` // by IBKR, not by a client
	Commission  decimal.Decimal `json:"commission"`
	// CommissionCurrency is "USD" but for instruments in other currencies.
	CommissionCurrency string `json:"commissionCurrency"`
	// Closed is the number of shares that reduced a position. RealizedPnL is their profit after the
	// commissions of both sides. Both are 0 for a fill that only opened a position.
	Closed      int64           `json:"closed,omitempty"`
	RealizedPnL decimal.Decimal `json:"realizedPnL"`
	// ReplacedBy, of a superseded execution, is the id of its correction.
	ReplacedBy string `json:"replacedBy,omitempty"`

	Instrument market.Instrument `json:"-"`
}
