package fault

import "github.com/govalues/decimal"

// Trade is what the operations fill-by-hand and transfer move: a contract, as a client would
// describe it, of which there must be one.
type Trade struct {
	// Account is whose. Empty: the first of the login.
	Account  string `json:"account,omitempty" yaml:"account,omitempty"`
	ConID    int    `json:"conId,omitempty" yaml:"conId,omitempty"`
	Symbol   string `json:"symbol,omitempty" yaml:"symbol,omitempty"`
	SecType  string `json:"secType,omitempty" yaml:"secType,omitempty"` // "": STK
	Exchange string `json:"exchange,omitempty" yaml:"exchange,omitempty"`
	Currency string `json:"currency,omitempty" yaml:"currency,omitempty"` // "": USD
	// Expiry, Strike and Right are those of an option or a future: "20261218", "250", "C".
	Expiry string          `json:"expiry,omitempty" yaml:"expiry,omitempty"`
	Strike decimal.Decimal `json:"strike,omitzero" yaml:"strike,omitempty"`
	Right  string          `json:"right,omitempty" yaml:"right,omitempty"`
	// Quantity is how many units, below 0 when they are sold or leave. Never 0.
	Quantity int64 `json:"quantity" yaml:"quantity"`
	// Price is that of one, above 0; what leaves by a transfer needs none.
	Price decimal.Decimal `json:"price,omitzero" yaml:"price,omitempty"`
}

// OnTrade reports whether the operation needs a trade.
func (o Operation) OnTrade() bool { return o == FillByHand || o == TransferPosition }

func (t *Trade) wrong() string {
	switch {
	case t == nil:
		return ""
	case t.ConID == 0 && t.Symbol == "":
		return "needs a symbol or a conId"
	case t.Quantity == 0:
		return "needs a quantity"
	}
	return ""
}

// validateTrade checks that an operation has what it is about, and no other one has that.
func (w What) validateTrade(report reporter) {
	if w.Operation.OnTrade() != (w.Trade != nil) {
		report("what.trade", "fill-by-hand and transfer, and only those, need a trade")
	}
	if w.Operation == LogIn && len(w.Accounts) == 0 || w.Operation != LogIn && w.Accounts != nil {
		report("what.accounts", "log-in, and nothing else, needs the names of accounts")
	}
}
