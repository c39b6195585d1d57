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

// OrderType is how an order is priced.
type OrderType string

// The order types that the exchange trades.
const (
	MarketOrder    OrderType = "MKT"
	LimitOrder     OrderType = "LMT"
	StopOrder      OrderType = "STP"
	StopLimitOrder OrderType = "STP LMT"
)

func (t OrderType) limited() bool { return t == LimitOrder || t == StopLimitOrder }
func (t OrderType) stopped() bool { return t == StopOrder || t == StopLimitOrder }

// TIF is how long an order works.
type TIF string

// The times in force.
const (
	DAY TIF = "DAY" // until the session ends; in a market that never closes, until midnight
	GTC TIF = "GTC"
	IOC TIF = "IOC"
	FOK TIF = "FOK"
)

// Status is an order's state, in IBKR's words.
type Status string

// The states. An order goes from ApiPending (not transmitted) or PreSubmitted (held) to Submitted
// and ends in Filled, Cancelled or Inactive.
const (
	APIPending    Status = "ApiPending"
	PreSubmitted  Status = "PreSubmitted"
	Submitted     Status = "Submitted"
	PendingCancel Status = "PendingCancel"
	Filled        Status = "Filled"
	Cancelled     Status = "Cancelled"
	Inactive      Status = "Inactive"
)

// Done reports whether the order will never trade again.
func (s Status) Done() bool { return s == Filled || s == Cancelled || s == Inactive }

// OrderRequest is what a client asks for with an order id. The same id while the order works
// changes it.
type OrderRequest struct {
	ClientID   int
	OrderID    int
	Account    string
	Instrument market.Instrument
	Action     Action
	Type       OrderType
	TIF        TIF
	Quantity   int64           // shares, 1..MaxQuantity
	LimitPrice decimal.Decimal // of LMT and STP LMT; a multiple of 0.01 up to MaxPrice
	StopPrice  decimal.Decimal // of STP and STP LMT
	OutsideRTH bool
	OrderRef   string
	ParentID   int // order id of the same client; 0 is none
	OCAGroup   string
	// OCAType says what a fill does to the rest of the group: 1 cancels it, 2 and 3 reduce it.
	OCAType int
	// Staged is IBKR's transmit=false: the order is kept and does not work until it is sent again.
	Staged bool
	// Echo is handed back untouched with the order; the exchange does not look inside.
	Echo any
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
	PermID       int64           `json:"permId"`
	ClientID     int             `json:"clientId"`
	OrderID      int             `json:"orderId"`
	OrderRef     string          `json:"orderRef,omitempty"`
	Account      string          `json:"account"`
	ConID        int             `json:"conId"`
	Symbol       string          `json:"symbol"`
	Action       Action          `json:"action"`
	Type         OrderType       `json:"type"`
	TIF          TIF             `json:"tif"`
	Quantity     int64           `json:"quantity"`
	LimitPrice   decimal.Decimal `json:"limitPrice"` // 0 without
	StopPrice    decimal.Decimal `json:"stopPrice"`  // 0 without
	OutsideRTH   bool            `json:"outsideRth,omitempty"`
	ParentID     int             `json:"parentId,omitempty"`
	ParentPermID int64           `json:"parentPermId,omitempty"`
	OCAGroup     string          `json:"ocaGroup,omitempty"`
	OCAType      int             `json:"ocaType,omitempty"`

	Status        Status          `json:"status"`
	WhyHeld       string          `json:"whyHeld,omitempty"` // "child", "trigger", "child,trigger"
	Filled        int64           `json:"filled"`
	Remaining     int64           `json:"remaining"`
	AvgFillPrice  decimal.Decimal `json:"avgFillPrice"`
	LastFillPrice decimal.Decimal `json:"lastFillPrice"`
	Commission    decimal.Decimal `json:"commission"`
	// Code and Reason say why an order was rejected or cancelled, as the error to the client does.
	Code   int    `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"`

	PlacedAt      time.Time `json:"placedAt"`
	UpdatedAt     time.Time `json:"updatedAt"`
	DoneAt        time.Time `json:"doneAt,omitzero"`
	Modifications int       `json:"modifications"` // how often the client changed it

	Instrument market.Instrument `json:"-"`
	Echo       any               `json:"-"`
}

// order is an order with what only the exchange knows.
type order struct {
	Order
	triggered bool
	resting   bool      // it has been looked at once and did not trade: fills at its own limit
	due       time.Time // it trades from this instant on
	cancelAt  time.Time // it stops trading here; zero: nobody cancelled it
	next      time.Time // when to look at it again; zero: never
	notional  decimal.Decimal
}

func (o *order) staged() bool { return o.Status == APIPending }

func (o *order) childOf(parent *order) bool {
	return o.ParentID == parent.OrderID && o.ClientID == parent.ClientID
}

// Reject is a request that the exchange did not accept: IBKR's code and text.
type Reject struct {
	Code int
	Text string
	// Recorded is true when the order is in the books as Inactive; its events say so to the client.
	Recorded bool
}

// Error gives the code and text.
func (r *Reject) Error() string { return r.Text }

// Execution is one fill.
type Execution struct {
	ExecID      string          `json:"execId"` // "0000e0d5.5f3a1c02.01.01"
	PermID      int64           `json:"permId"`
	ClientID    int             `json:"clientId"`
	OrderID     int             `json:"orderId"`
	OrderRef    string          `json:"orderRef,omitempty"`
	Account     string          `json:"account"`
	ConID       int             `json:"conId"`
	Symbol      string          `json:"symbol"`
	Action      Action          `json:"action"`
	Shares      int64           `json:"shares"`
	Price       decimal.Decimal `json:"price"`
	CumQuantity int64           `json:"cumQuantity"`
	AvgPrice    decimal.Decimal `json:"avgPrice"`
	At          time.Time       `json:"at"`
	Maker       bool            `json:"maker,omitempty"` // a resting limit that the market came to
	Commission  decimal.Decimal `json:"commission"`
	// Closed is the number of shares that reduced a position, RealizedPnL what they earned after
	// the commissions of both sides; 0 for a fill that only opened.
	Closed      int64           `json:"closed,omitempty"`
	RealizedPnL decimal.Decimal `json:"realizedPnL"`

	Instrument market.Instrument `json:"-"`
}

// Position is what an account holds of one instrument.
type Position struct {
	Account  string `json:"account"`
	ConID    int    `json:"conId"`
	Symbol   string `json:"symbol"`
	Quantity int64  `json:"quantity"` // below 0 when short
	// CostBasis is what the open shares cost, commissions included; below 0 when short.
	CostBasis   decimal.Decimal `json:"costBasis"`
	AverageCost decimal.Decimal `json:"averageCost"` // per share
	RealizedPnL decimal.Decimal `json:"realizedPnL"` // of all closed shares

	Instrument market.Instrument `json:"-"`
}

// Account is an account's cash.
type Account struct {
	ID          string          `json:"id"`
	StartCash   decimal.Decimal `json:"startCash"`
	Cash        decimal.Decimal `json:"cash"`
	Commissions decimal.Decimal `json:"commissions"`
	RealizedPnL decimal.Decimal `json:"realizedPnL"`
}
