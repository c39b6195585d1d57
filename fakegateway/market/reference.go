package market

import (
	"cmp"
	"slices"
	"strings"
)

// MaxMatches is how many instruments reqMatchingSymbols names at most.
const MaxMatches = 16

// Match answers reqMatchingSymbols: the instruments whose symbol begins with a pattern, or whose
// name contains it, the best matches first.
func (m Market) Match(pattern string) []Instrument {
	pattern = strings.ToUpper(strings.TrimSpace(pattern))
	if pattern == "" {
		return nil
	}
	var found []Instrument
	rank := func(i Instrument) int {
		switch {
		case i.Symbol == pattern:
			return 0
		case strings.HasPrefix(i.Symbol, pattern):
			return 1
		case strings.Contains(strings.ToUpper(i.LongName), pattern):
			return 2
		}
		return -1
	}
	if i, ok := LookupSymbol(pattern); ok {
		found = append(found, i)
	}
	for _, list := range [][]Instrument{m.Universe.list(), listedStocks, fixed} {
		for _, i := range list {
			// Bonds have no symbols of their own, and a CFD is found with its stock.
			if rank(i) >= 0 && i.SecType != Bond && i.SecType != CFD && !slices.Contains(found, i) {
				found = append(found, i)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b Instrument) int { return cmp.Compare(rank(a), rank(b)) })
	return found[:min(len(found), MaxMatches)]
}

// Derivatives lists the kinds of instruments whose underlying is this one.
func (m Market) Derivatives(i Instrument) []SecType {
	var kinds []SecType
	if slices.ContainsFunc(fixed, func(c Instrument) bool {
		return c.SecType == CFD && c.UnderConID == i.ConID
	}) {
		kinds = append(kinds, CFD)
	}
	if slices.ContainsFunc(optionable, func(o Instrument) bool { return o.ConID == i.ConID }) {
		kinds = append(kinds, Option)
	}
	if i.SecType == Index && slices.ContainsFunc(products, func(p product) bool { return p.symbol == i.Symbol }) {
		kinds = append(kinds, Future)
	}
	if i.SecType == Index && slices.ContainsFunc(futureOptionList, func(o futureOption) bool {
		return o.symbol == i.Symbol
	}) {
		kinds = append(kinds, FutureOption)
	}
	return kinds
}

// DepthExchange is a row of the answer to reqMktDepthExchanges.
type DepthExchange struct {
	Exchange        string
	SecType         SecType
	ListingExchange string
	ServiceDataType string // "Deep" for an order book, "Deep2" for one with market makers
	AggGroup        int    // 0: none
}

// DepthExchanges answers reqMktDepthExchanges.
func DepthExchanges() []DepthExchange {
	var all []DepthExchange
	for _, e := range usStock.makers {
		service := "Deep"
		if e == nasdaq || e == "ARCA" {
			service = "Deep2"
		}
		all = append(all, DepthExchange{e, Stock, "", service, usStock.aggGroup})
	}
	for _, e := range stockOption.makers {
		all = append(all, DepthExchange{e, Option, "", "Deep", stockOption.aggGroup})
	}
	for _, e := range []string{"CME", "CBOT", "NYMEX", "COMEX"} {
		all = append(all, DepthExchange{e, Future, e, "Deep", 0})
	}
	return append(all,
		DepthExchange{"IDEALPRO", Cash, "", "Deep2", cashKind.aggGroup},
		DepthExchange{"PAXOS", Crypto, "", "Deep", cryptoKind.aggGroup})
}

// SmartComponent is one of the exchanges behind a smart quote.
type SmartComponent struct {
	Bit      int
	Exchange string
	Letter   string
}

// BBOExchange is the name of the smart quote of US stocks, as tickReqParams carries it.
const BBOExchange = "9c0001"

// smartLetters are the exchanges of US stocks by the letters that their quotes are marked with, as
// the consolidated tapes do.
var smartLetters = []SmartComponent{
	{0, "AMEX", "A"},
	{1, "BEX", "B"},
	{2, "NYSENAT", "C"},
	{8, "ISE", "I"},
	{9, "EDGEA", "J"},
	{10, "DRCTEDGE", "K"},
	{11, "LTSE", "L"},
	{12, "CHX", "M"},
	{13, "NYSE", "N"},
	{15, "ARCA", "P"},
	{16, "NASDAQ", "Q"},
	{20, "MEMX", "U"},
	{21, "IEX", "V"},
	{22, "CBOE", "W"},
	{23, "PSX", "X"},
	{24, "BYX", "Y"},
	{25, "BATS", "Z"},
}

// SmartComponents answers reqSmartComponents. ok is false for a name that no tickReqParams has
// contained.
func SmartComponents(bboExchange string) (components []SmartComponent, ok bool) {
	if bboExchange != BBOExchange {
		return nil, false
	}
	return slices.Clone(smartLetters), true
}
