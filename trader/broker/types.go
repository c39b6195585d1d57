package broker

import (
	"time"

	"github.com/govalues/decimal"
)

// Contract names an instrument. ConID alone identifies one; without it Symbol, SecType, Exchange
// and Currency do.
type Contract struct {
	ConID           int64
	Symbol          string
	SecType         string // STK, FUT, ...
	Exchange        string // SMART or an exchange
	PrimaryExchange string
	Currency        string
	LocalSymbol     string
	TradingClass    string
}

// ContractDetails is what the Gateway knows of an instrument.
type ContractDetails struct {
	Contract         Contract
	LongName         string
	MinTick          decimal.Decimal // smallest price step, in the contract's currency
	MinSize          *decimal.Decimal
	SizeIncrement    *decimal.Decimal
	OrderTypes       []string
	ValidExchanges   []string
	TimeZone         string         // the exchange's, as IBKR names it: "US/Eastern"
	Location         *time.Location // TimeZone loaded; UTC if this machine does not know it
	TradingHours     string         // "20260413:0400-20260413:2000;20260414:CLOSED", in TimeZone
	LiquidHours      string
	PriceMagnifier   int64
	StockType        string
	RealExpirationDt string // yyyymmdd, "" for instruments that do not expire
}

// BarsRequest asks for historical bars.
type BarsRequest struct {
	Contract   Contract
	End        time.Time // zero is now
	Duration   string    // IBKR's form: "3600 S", "1 D", "2 W"
	BarSize    string    // IBKR's form: "1 min", "5 mins", "1 day"
	WhatToShow string    // "" is TRADES
	UseRTH     bool      // regular trading hours only
	// Location is the zone of Bar.Time. Nil is the exchange's zone if ContractDetails was asked
	// for this contract in this session, otherwise UTC.
	Location *time.Location
}

// Bar is one historical bar. Whether it is closed is for the caller to decide from Time, the bar
// size and the Gateway's clock: the wire does not say.
type Bar struct {
	Time                   time.Time // start of the bar; midnight of the day for daily bars
	Open, High, Low, Close decimal.Decimal
	Volume                 decimal.Decimal // zero if the Gateway left it unset
	WAP                    decimal.Decimal
	Count                  int64 // trades in the bar; -1 if unknown
}

// Position is a holding of one account in one contract.
type Position struct {
	Account     string
	Contract    Contract
	Quantity    decimal.Decimal // below zero is short
	AverageCost decimal.Decimal // per unit, commissions included, as IBKR counts it
	Unreadable  bool            // Quantity made no sense; it is not zero because of that
}

// The order types that this package places.
const (
	Market = "MKT"
	Limit  = "LMT"
	Stop   = "STP"
	Trail  = "TRAIL"
)

// The sides of an order.
const (
	Buy  = "BUY"
	Sell = "SELL"
)

// Order is an order to place. Placing an ID again that is live modifies that order.
type Order struct {
	ID         int64  // from Session.NextOrderID
	IntentID   string // sent as orderRef; comes back with the order, its status and its fills
	Contract   Contract
	Action     string          // Buy or Sell
	Quantity   decimal.Decimal // above zero, at most 7 decimals
	Type       string          // Market, Limit, Stop or Trail
	LimitPrice decimal.Decimal // Limit only
	StopPrice  decimal.Decimal // Stop; of a Trail where it begins, zero: as far from the market as it trails
	// TrailPercent or TrailAmount is how far a Trail is from the best price; one of them.
	TrailPercent, TrailAmount decimal.Decimal
	TIF                       string // "" is DAY: Gateways at 225 refuse an omitted one (10052)
	Account                   string // "" is the session's account
	ParentID                  int64  // 0 for none
	OCAGroup                  string // orders of one group cancel each other, or reduce: see reduceWithBlock
	OutsideRTH                bool
	Hold                      bool // transmit=false: the Gateway keeps the order until a sibling transmits it
	// Permit, when set, is asked right before the order's bytes are handed to the kernel, on a goroutine
	// that nothing else can use meanwhile. Its error refuses the order: it comes with ErrNotSent.
	Permit func() error `json:"-"`
}

// OpenOrder is a live order as the Gateway reports it, whoever placed it.
type OpenOrder struct {
	OrderID    int64 // 0 or negative for orders that another client or the TWS screen placed
	PermID     int64 // IBKR's own id: unique over clients and sessions
	ClientID   int64
	ParentID   int64
	IntentID   string // orderRef
	Contract   Contract
	Action     string
	Quantity   decimal.Decimal  // 0 for orders by cash
	Filled     *decimal.Decimal // from the order's status, nil if none came with it
	Remaining  *decimal.Decimal
	Type       string
	LimitPrice *decimal.Decimal
	StopPrice  *decimal.Decimal
	TrailStop  *decimal.Decimal // of a Trail: where its stop is
	TIF        string
	Account    string
	OCAGroup   string
	Status     string // IBKR's: PreSubmitted, Submitted, Filled, Cancelled, ...
	Warning    string
}

// CompletedOrder is an order of this day that is no longer live.
type CompletedOrder struct {
	OpenOrder
	CompletedTime   string // as the Gateway wrote it
	CompletedStatus string // "Filled Size: 1", "Cancelled by Trader", ...
}

// Execution is one fill, or a correction of one: a correction's ExecID differs from the original's
// only after the last dot.
type Execution struct {
	ExecID        string
	OrderID       int64
	PermID        int64
	ClientID      int64
	OrderRef      string
	ConID         int64
	Symbol        string
	Side          string // BOT or SLD
	Shares        decimal.Decimal
	Price         decimal.Decimal
	CumQuantity   decimal.Decimal // filled so far by the order
	AveragePrice  decimal.Decimal
	Time          time.Time
	Account       string
	Exchange      string
	Commission    *decimal.Decimal // nil until the commission report came
	CommissionCur string
	RealizedPnL   *decimal.Decimal // nil for opening trades
}

// Commission is a fill's commission report.
type Commission struct {
	ExecID      string
	Amount      decimal.Decimal
	Currency    string
	RealizedPnL *decimal.Decimal
}

// OrderStatus is the state of one order. Gateways repeat statuses, and a fill may arrive after the
// status that announces it.
type OrderStatus struct {
	OrderID       int64
	PermID        int64
	ClientID      int64
	ParentID      int64
	Status        string
	Filled        decimal.Decimal
	Remaining     decimal.Decimal
	AveragePrice  decimal.Decimal
	LastFillPrice decimal.Decimal
	WhyHeld       string
}
