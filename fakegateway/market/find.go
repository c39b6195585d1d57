package market

import (
	"slices"
	"strconv"
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

// Find lists the contracts that a query can mean. When there is none, or several where one is
// needed, IBKR answers with error 200. The result depends only on the arguments: contract ids are
// computed from the contract.
func (m Market) Find(now time.Time, q Query) []Instrument {
	q = q.normal()
	found := slices.DeleteFunc(m.candidates(now, q), func(i Instrument) bool { return !q.matches(i) })
	if len(found) == 0 {
		return nil
	}
	return found
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
	return q.readOCC()
}

const nasdaq = "NASDAQ"

// candidates are instruments that may match; matches decides.
func (m Market) candidates(now time.Time, q Query) []Instrument {
	switch {
	case q.ConID != 0:
		return m.byConID(now, q)
	case q.Symbol == "" && q.LocalSymbol == "" && q.SecID == "":
		if SecType(q.SecType) != Option && SecType(q.SecType) != Future || q.TradingClass == "" {
			return nil
		}
	}
	var found []Instrument
	switch SecType(q.SecType) {
	case Option:
		return m.options(now, q)
	case Future, ContinuousFuture:
		found = futures(now, q)
	case Stock:
		for _, symbol := range []string{q.Symbol, q.LocalSymbol, symbolOf(q)} {
			if i, ok := LookupSymbol(symbol); ok {
				found = append(found, i)
				break
			}
		}
	case Cash, Index, Bond, CFD, Crypto:
	default:
		return nil
	}
	for _, i := range fixed {
		if i.SecType == SecType(q.SecType) {
			found = append(found, i)
		}
	}
	for n := range found {
		found[n] = m.adopt(found[n])
	}
	return found
}

// symbolOf is the listed stock with the query's ISIN or CUSIP.
func symbolOf(q Query) string {
	for _, i := range listedStocks {
		if q.SecID != "" && (q.SecID == i.ISIN || q.SecID == i.CUSIP) {
			return i.Symbol
		}
	}
	return ""
}

func (q Query) matches(i Instrument) bool {
	is := func(asked, have string) bool { return asked == "" || asked == have }
	if q.Strike != nil && !q.Strike.IsZero() && !q.Strike.Equal(i.Strike) {
		return false
	}
	switch q.SecIDType {
	case "":
	case "ISIN":
		if q.SecID != i.ISIN {
			return false
		}
	case "CUSIP":
		if q.SecID != i.CUSIP {
			return false
		}
	default:
		return false
	}
	symbol := is(q.Symbol, i.Symbol) || i.SecType == Bond && q.Symbol == i.CUSIP
	return symbol && is(q.SecType, string(i.SecType)) && is(q.Currency, i.Currency) &&
		is(q.Right, i.Right) && is(q.LocalSymbol, i.LocalSymbol) && q.multiplies(i) &&
		strings.HasPrefix(i.LastTradeDate, q.LastTradeDateOrMonth) &&
		is(q.TradingClass, i.TradingClass) && is(q.PrimaryExchange, i.PrimaryExchange) &&
		i.tradesAt(q.Exchange)
}

func (q Query) multiplies(i Instrument) bool {
	return q.Multiplier == "" || q.Multiplier == strconv.FormatInt(i.Multiplier, 10)
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

// byConID is the instrument behind a contract id, unless it has expired and the query does not
// ask for expired ones.
func (m Market) byConID(now time.Time, q Query) []Instrument {
	i, ok := m.Lookup(q.ConID)
	if !ok || i.expired(now) && (!q.IncludeExpired || i.SecType == Option) {
		return nil
	}
	if i.SecType == Future && SecType(q.SecType) == ContinuousFuture {
		return front([]Instrument{i})
	}
	return []Instrument{i}
}

// Lookup finds an instrument by contract id alone, also one that has expired.
func (m Market) Lookup(conID int) (Instrument, bool) {
	i, ok := LookupConID(conID)
	if !ok {
		i, ok = m.optionByConID(conID)
	}
	return m.adopt(i), ok
}

// LookupConID finds an instrument other than an option by contract id.
func LookupConID(conID int) (Instrument, bool) {
	if i, ok := byConID[conID]; ok {
		return i, true
	}
	if i, ok := futureByConID(conID); ok {
		return i, true
	}
	if symbol, ok := conIDToSymbol(conID); ok {
		if i, ok := LookupSymbol(symbol); ok && i.ConID == conID {
			return i, true
		}
	}
	return Instrument{}, false
}
