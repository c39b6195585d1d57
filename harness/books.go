package harness

import "github.com/govalues/decimal"

// Books is the Gateway's truth about orders, fills, positions and cash at the end of a run. It
// owes nothing to what the wire told the subject, nor to what the subject believes.
type Books struct {
	Taken     bool       `json:"taken"` // false: the run ended before the books could be read
	Orders    []Order    `json:"orders,omitempty"`
	Fills     []Fill     `json:"fills,omitempty"`
	Positions []Position `json:"positions,omitempty"`
	Cash      []Cash     `json:"cash,omitempty"`
	Transfers []Transfer `json:"transfers,omitempty"` // in order
}

// Order is an order as the exchange holds it.
type Order struct {
	PermID   int64           `json:"permId"`
	OrderID  int64           `json:"orderId"`
	ClientID int             `json:"clientId"`
	OrderRef string          `json:"orderRef,omitempty"`
	Account  string          `json:"account"`
	Symbol   string          `json:"symbol"`
	SecType  string          `json:"secType,omitempty"`
	Action   string          `json:"action"` // BUY or SELL
	Quantity decimal.Decimal `json:"quantity"`
	Filled   decimal.Decimal `json:"filled"`
	Status   string          `json:"status"` // IBKR's name
	Rejected bool            `json:"rejected,omitempty"`

	Type       string          `json:"type,omitempty"` // MKT, LMT, "STP LMT", …
	LimitPrice decimal.Decimal `json:"limitPrice,omitzero"`
	StopPrice  decimal.Decimal `json:"stopPrice,omitzero"`
	Market     decimal.Decimal `json:"market,omitzero"`    // the contract's last price when the order came or changed
	ParentID   int64           `json:"parentId,omitempty"` // OrderID of the same client's parent
	OCAGroup   string          `json:"ocaGroup,omitempty"`
	Manual     bool            `json:"manual,omitempty"` // placed by hand, not by a client

	// PlacedAt is when the exchange had it, DoneAt when it was filled, cancelled or rejected.
	PlacedAt Moment `json:"placedAt,omitempty"`
	DoneAt   Moment `json:"doneAt,omitempty"`
	// Modifications is how often its client changed it.
	Modifications    int  `json:"modifications,omitempty"`
	CanceledByClient bool `json:"canceledByClient,omitempty"`
}

// Fill is an execution, a trade's or that of an option's exercise, assignment or expiry. Shares are
// positive; Side gives the sign. Older records have no ConID, Leg and CommissionCurrency.
type Fill struct {
	ExecID     string          `json:"execId"`
	PermID     int64           `json:"permId"`
	Account    string          `json:"account"`
	Symbol     string          `json:"symbol"`
	Side       string          `json:"side"` // BOT or SLD
	Shares     decimal.Decimal `json:"shares"`
	Price      decimal.Decimal `json:"price"`
	Commission decimal.Decimal `json:"commission"`
	SecType    string          `json:"secType,omitempty"`
	At         Moment          `json:"at,omitempty"`
	ConID      int             `json:"conId,omitempty"`
	// Leg is that of a combination, from 1. The combination has a fill of its own, which moves
	// neither positions nor cash.
	Leg                int    `json:"leg,omitempty"`
	CommissionCurrency string `json:"commissionCurrency,omitempty"`
}

// Position is shares held in an account; negative is short.
type Position struct {
	Account string          `json:"account"`
	Symbol  string          `json:"symbol"`
	SecType string          `json:"secType,omitempty"`
	Opening decimal.Decimal `json:"opening"` // before the run
	Shares  decimal.Decimal `json:"shares"`

	// What a share is worth at a price, in Currency. Older records have none of it: 1 of the only currency.
	ConID          int    `json:"conId,omitempty"`
	Currency       string `json:"currency,omitempty"`
	Multiplier     int64  `json:"multiplier,omitempty"`
	PriceMagnifier int    `json:"priceMagnifier,omitempty"` // what prices are divided by; 0: 1
	// OpeningUnpaid is the value at which futures and CFDs that were held before the run were
	// bought. No cash was paid for it.
	OpeningUnpaid decimal.Decimal `json:"openingUnpaid,omitzero"`
}

// Cash is an account's money in one currency, which older records do not name: dollars.
type Cash struct {
	Account  string          `json:"account"`
	Currency string          `json:"currency,omitempty"`
	Opening  decimal.Decimal `json:"opening"` // before the run
	Balance  decimal.Decimal `json:"balance"`
}

// Transfer is what came into an account, or below 0 left it, without a trade: shares, each in the
// books at Price, or cash in Currency.
type Transfer struct {
	Account  string          `json:"account"`
	Symbol   string          `json:"symbol,omitempty"`
	ConID    int             `json:"conId,omitempty"`
	Shares   decimal.Decimal `json:"shares,omitzero"`
	Price    decimal.Decimal `json:"price,omitzero"`
	Cash     decimal.Decimal `json:"cash,omitzero"`
	Currency string          `json:"currency,omitempty"`
	At       Moment          `json:"at,omitempty"`
}
