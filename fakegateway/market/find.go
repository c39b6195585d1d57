package market

import (
	"slices"
	"strings"
	"time"

	"github.com/govalues/decimal"
)

// Query is what a client says of a contract. Fields left empty match anything, but a query needs
// a contract id, or a kind with a symbol, a local symbol or another id.
type Query struct {
	ConID                int
	Symbol               string
	SecType              string
	LastTradeDateOrMonth string // "20261218" or "202612"
	Strike               *decimal.Decimal
	Right                string // "C", "P", "CALL", "PUT"
	Multiplier           string
	Exchange             string
	PrimaryExchange      string
	Currency             string
	LocalSymbol          string
	TradingClass         string
	SecIDType, SecID     string // "CUSIP", "ISIN"
	IncludeExpired       bool   // futures of the last two years too
}

// Find lists the contracts that a query can mean: none is IBKR's error 200, and so are several
// where one is needed. It depends on nothing but its arguments: contract ids are a function of the
// contract.
func (m Market) Find(now time.Time, q Query) []Instrument {
	q = q.normal()
	return slices.DeleteFunc(m.candidates(now, q), func(i Instrument) bool { return !q.matches(i) })
}

// normal writes a query as instruments are written.
func (q Query) normal() Query {
	for _, s := range []*string{
		&q.SecType, &q.Right, &q.Exchange, &q.PrimaryExchange, &q.Currency, &q.SecIDType,
	} {
		*s = strings.ToUpper(strings.TrimSpace(*s))
	}
	switch q.Right {
	case "CALL":
		q.Right = Call
	case "PUT":
		q.Right = Put
	case "?", "0":
		q.Right = ""
	}
	if q.PrimaryExchange == "ISLAND" { // the older name that clients still use
		q.PrimaryExchange = nasdaq
	}
	if q.Exchange == "ISLAND" {
		q.Exchange = nasdaq
	}
	return q
}

const nasdaq = "NASDAQ"

// candidates are instruments that may match; matches decides.
func (m Market) candidates(_ time.Time, q Query) []Instrument {
	if q.ConID != 0 {
		if i, ok := LookupConID(q.ConID); ok {
			return []Instrument{i}
		}
		return nil
	}
	symbol := q.Symbol
	if symbol == "" {
		symbol = q.LocalSymbol
	}
	switch SecType(q.SecType) {
	case Stock:
		if i, ok := LookupSymbol(symbol); ok {
			return []Instrument{i}
		}
	default:
	}
	return nil
}

func (q Query) matches(i Instrument) bool {
	is := func(asked, have string) bool { return asked == "" || asked == have }
	if q.Strike != nil && !q.Strike.IsZero() && !q.Strike.Equal(i.Strike) {
		return false
	}
	return is(q.SecType, string(i.SecType)) && is(q.Symbol, i.Symbol) &&
		is(q.Currency, i.Currency) && is(q.Right, i.Right) &&
		is(q.LocalSymbol, i.LocalSymbol) && is(q.TradingClass, i.TradingClass) &&
		is(q.PrimaryExchange, i.PrimaryExchange) && i.tradesAt(q.Exchange)
}

// tradesAt reports whether an exchange is one of the instrument's valid ones.
func (i Instrument) tradesAt(exchange string) bool {
	if exchange == "" {
		return true
	}
	for valid := range strings.SplitSeq(i.ValidExchanges, ",") {
		if valid == exchange {
			return true
		}
	}
	return false
}

// LookupConID finds an instrument by contract id.
func LookupConID(conID int) (Instrument, bool) {
	for _, i := range listed {
		if i.ConID == conID {
			return i, true
		}
	}
	if symbol, ok := conIDToSymbol(conID); ok {
		if i, ok := LookupSymbol(symbol); ok && i.ConID == conID {
			return i, true
		}
	}
	return Instrument{}, false
}
