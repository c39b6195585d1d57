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
	LastTradeDateOrMonth string // "20261218", "202612", or a date with a time: see ParseExpiry
	Strike               *decimal.Decimal
	Right                string // "C", "P", "CALL", "PUT"
	Multiplier           string
	Exchange             string
	PrimaryExchange      string
	Currency             string
	LocalSymbol          string
	TradingClass         string
	SecIDType, SecID     string // "CUSIP", "ISIN", "FIGI"
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
	if date, ok := ParseExpiry(q.LastTradeDateOrMonth); ok {
		q.LastTradeDateOrMonth = date
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
		derived := SecType(q.SecType).IsOption() || SecType(q.SecType) == Future
		if !derived || q.TradingClass == "" {
			return nil
		}
	}
	var found []Instrument
	switch SecType(q.SecType) {
	case Option:
		return m.options(now, q)
	case FutureOption:
		return futureOptions(now, q)
	case Future, ContinuousFuture, allFutures:
		found = futures(now, q)
	case Stock:
		for _, symbol := range []string{q.Symbol, q.LocalSymbol} {
			if i, ok := LookupSymbol(symbol); ok {
				found = append(found, i)
				break
			}
		}
	default:
	}
	for _, list := range [][]Instrument{m.Universe.list(), listedStocks, fixed} {
		for _, i := range list {
			named := i.SecType == SecType(q.SecType) || q.SecType == "" && q.SecID != ""
			if named && q.matches(i) && !i.expired(now) && !slices.Contains(found, i) {
				found = append(found, i)
			}
		}
	}
	found = slices.DeleteFunc(found, m.Universe.replaces)
	for n := range found {
		found[n] = m.adopt(found[n])
	}
	return found
}

// matches reports whether an instrument is what a query says. A contract id decides about the last
// trading day, which clients send back in other time zones and so as other days: a real Gateway finds
// the contract (https://github.com/erdewit/ib_insync/issues/693). It does not decide about a symbol
// that is another one: IBKR's ContractSamples call that the wrong contract.
func (q Query) matches(i Instrument) bool {
	is := func(asked, have string) bool { return asked == "" || asked == have }
	if q.Strike != nil && !q.Strike.IsZero() && !q.Strike.Equal(i.Strike) {
		return false
	}
	if id, known := i.securityID(q.SecIDType); !known || !is(q.SecID, id) {
		return false
	}
	symbol := is(q.Symbol, i.Symbol) || i.SecType == Bond && q.Symbol == i.CUSIP
	kind := is(q.SecType, string(i.SecType)) || q.SecType == allFutures
	return symbol && kind && is(q.Currency, i.Currency) &&
		is(q.Right, i.Right) && is(q.LocalSymbol, i.LocalSymbol) && q.multiplies(i) &&
		(q.ConID != 0 || strings.HasPrefix(i.LastTradeDate, q.LastTradeDateOrMonth)) &&
		is(q.TradingClass, i.TradingClass) && is(q.PrimaryExchange, i.PrimaryExchange) &&
		i.tradesAt(q.Exchange)
}

func (q Query) multiplies(i Instrument) bool {
	return q.Multiplier == "" || q.Multiplier == strconv.FormatInt(i.Multiplier, 10)
}

// securityID is an id of an instrument outside of IBKR. known is false for a kind of ids that there
// is none of.
func (i Instrument) securityID(kind string) (id string, known bool) {
	switch kind {
	case "":
		return "", true
	case "ISIN":
		return i.ISIN, i.ISIN != ""
	case "CUSIP":
		return i.CUSIP, i.CUSIP != ""
	case "FIGI":
		return i.FIGI, i.FIGI != ""
	}
	return "", false
}

// directedOnly are destinations of US stocks that IBKR does not list among the valid exchanges:
// they are named in its ContractSamples (JefferiesContract, CSFBContract, IBKRATSContract).
var directedOnly = []string{"JEFFALGO", "CSFBALGO", "IBKRATS"}

// tradesAt reports whether an exchange is one of the instrument's valid ones.
func (i Instrument) tradesAt(exchange string) bool {
	if exchange == "" || i.ValidExchanges == stockExchanges && slices.Contains(directedOnly, exchange) {
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
	if !ok || i.expired(now) && (!q.IncludeExpired || i.SecType.IsOption()) {
		return nil
	}
	if i.SecType == Future && SecType(q.SecType) == ContinuousFuture {
		return front([]Instrument{i})
	}
	return []Instrument{i}
}

// Lookup finds an instrument by contract id alone, also one that has expired.
func (m Market) Lookup(conID int) (Instrument, bool) {
	i, ok := m.Universe.lookup(conID)
	if !ok {
		i, ok = LookupConID(conID)
	}
	if !ok {
		i, ok = futureOptionByConID(conID)
	}
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
