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

// Fill is an execution. Shares are positive; Side gives the sign.
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
}

// Position is shares held in an account; negative is short.
type Position struct {
	Account string          `json:"account"`
	Symbol  string          `json:"symbol"`
	SecType string          `json:"secType,omitempty"`
	Opening decimal.Decimal `json:"opening"` // before the run
	Shares  decimal.Decimal `json:"shares"`
}

// Cash is an account's money.
type Cash struct {
	Account string          `json:"account"`
	Opening decimal.Decimal `json:"opening"` // before the run
	Balance decimal.Decimal `json:"balance"`
}
