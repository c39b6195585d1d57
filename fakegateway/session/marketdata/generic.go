package marketdata

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
)

// genericTick is a tick that a client can ask for by number.
type genericTick struct {
	code, alias int // alias is an older number of the same
	name        string
	only        []market.SecType // that it is legal for; empty: all
	free        bool             // needs no market data subscription
	// send sends the tick's values; nil: they do not exist for what this Gateway serves.
	send func(g *genericValues)
}

// newsTick is the generic tick of headlines.
const newsTick = 292

// legal are the generic ticks in the order in which a Gateway lists them, with its names for them.
// 104 is legal without being listed.
var legalTicks = []genericTick{
	{code: 100, name: "Option Volume", send: (*genericValues).optionVolume},
	{code: 101, name: "Option Open Interest", send: (*genericValues).openInterest},
	{code: 105, name: "Average Opt Volume", send: (*genericValues).averageOptionVolume},
	{code: 106, name: "impvolat", send: (*genericValues).impliedVolatility},
	{
		code: 162, name: "Index Future Premium", only: []market.SecType{market.Index},
		send: (*genericValues).futurePremium,
	},
	{code: 165, name: "Misc. Stats", free: true, send: (*genericValues).statistics},
	{code: 221, alias: 220, name: "Creditman Mark Price", send: (*genericValues).markPrice},
	{code: 225, name: "Auction", send: (*genericValues).auction},
	{code: 232, alias: 221, name: "Pl Price", send: (*genericValues).markPrice},
	{code: 233, name: "RTVolume", send: (*genericValues).tradeVolume},
	{code: 236, name: "inventory", free: true, send: (*genericValues).shortable},
	{code: 258, alias: 47, name: "Fundamentals", free: true, send: (*genericValues).fundamentals},
	{code: newsTick, name: "Wide_news", free: true, send: (*genericValues).news},
	{code: 293, name: "TradeCount", send: (*genericValues).tradeCount},
	{code: 294, name: "TradeRate", send: (*genericValues).tradeRate},
	{code: 295, name: "VolumeRate", send: (*genericValues).volumeRate},
	{code: 318, name: "LastRTHTrade", send: (*genericValues).lastRegularTrade},
	{code: 375, name: "RTTrdVolume", send: (*genericValues).tradeVolume},
	{code: 411, name: "rthistvol", free: true, send: (*genericValues).historicalVolatility},
	{
		code: 456, alias: 59, name: "IBDividends", free: true,
		only: []market.SecType{
			market.Stock, market.CFD, market.Option, market.Future, market.Index,
		},
		send: (*genericValues).dividends,
	},
	{code: 460, name: "Bond Factor Multiplier", send: (*genericValues).bondFactor},
	{code: 577, name: "EtfNavLast(navlast)"},
	{code: 586, name: "IPOHLMPRC"},
	{code: 587, name: "Pl Price Delayed", send: (*genericValues).markPrice},
	{code: 588, name: "Futures Open Interest", send: (*genericValues).futuresOpenInterest},
	{
		code: 595, name: "Short-Term Volume X Mins",
		only: []market.SecType{
			market.Stock, market.CFD, market.Option, market.Future, market.Bond, market.Crypto,
		},
		send: (*genericValues).shortTermVolume,
	},
	{code: 614, name: "EtfNavMisc(high/low)"},
	{code: 619, name: "Creditman Slow Mark Price", send: (*genericValues).slowMarkPrice},
	{code: 623, name: "EtfFrozenNavLast(fznavlast)"},
}

var unlistedTick = genericTick{
	code: 104, name: "Option Historical Volatility", send: (*genericValues).optionHistoricalVolatility,
}

// tickByCode finds a generic tick by number. A number that is an alias means that tick: 221 is the
// mark price by its alias in 232.
func tickByCode(code int) *genericTick {
	for i := range legalTicks {
		if legalTicks[i].alias == code {
			return &legalTicks[i]
		}
	}
	for i := range legalTicks {
		if legalTicks[i].code == code {
			return &legalTicks[i]
		}
	}
	if code == unlistedTick.code {
		return &unlistedTick
	}
	return nil
}

func (t *genericTick) legalFor(kind market.SecType) bool {
	return len(t.only) == 0 || slices.Contains(t.only, kind)
}

// generics are the generic ticks of a request, each once.
type generics struct {
	ticks []*genericTick
	due   time.Time // when those are looked at that do not follow single trades

	providers []string  // of news; empty: all
	newsUntil time.Time // headlines up to then are sent
}

// free reports whether there is a tick for a login without market data subscriptions.
func (g generics) free() bool {
	return slices.ContainsFunc(g.ticks, func(t *genericTick) bool { return t.free })
}

// genericTicks reads the list of a request as a Gateway does: numbers between commas, "mdoff" for
// no other ticks, and what follows a colon is a parameter. One bad number makes the list bad.
func genericTicks(m *protobuf.MarketDataRequest, i market.Instrument) (g generics, bad *client.Refusal) {
	list := m.GetGenericTickList()
	if list == "" {
		return g, nil
	}
	if m.GetSnapshot() {
		return g, client.Invalid(textSnapshotGeneric)
	}
	for word := range strings.SplitSeq(list, ",") {
		word = strings.TrimSpace(word)
		if word == "" || strings.EqualFold(word, "mdoff") {
			continue
		}
		number, parameter, split := strings.Cut(word, ":")
		code, err := strconv.Atoi(number)
		t := tickByCode(code)
		if err != nil || t == nil || !t.legalFor(i.SecType) || split && parameter == "" {
			return g, client.Invalid(illegalTicks(list, i.SecType))
		}
		if t.code == newsTick && split {
			g.providers = append(g.providers, strings.Split(parameter, "+")...)
		}
		if !slices.Contains(g.ticks, t) {
			g.ticks = append(g.ticks, t)
		}
	}
	if len(g.ticks) == 0 {
		return g, client.Invalid(illegalTicks(list, i.SecType))
	}
	return g, nil
}

func illegalTicks(list string, kind market.SecType) string {
	var names []string
	for _, t := range legalTicks {
		if !t.legalFor(kind) {
			continue
		}
		name := strconv.Itoa(t.code)
		if t.alias != 0 {
			name += "/" + strconv.Itoa(t.alias)
		}
		names = append(names, name+"("+t.name+")")
	}
	return fmt.Sprintf("Incorrect generic tick list of %s.  Legal ones for (%s) are: %s",
		list, kind, strings.Join(names, ","))
}

// genericsEvery is how often generic ticks are looked at that do not follow single trades.
const genericsEvery = time.Minute

// send sends the generic ticks: all at first and every minute, and between those what follows
// single trades.
func (g *generics) send(s *Session, v *exchange.View, q *quotes, now state, first bool) {
	if len(g.ticks) == 0 {
		return
	}
	all := first || !v.Now().Before(g.due)
	if all {
		g.due = v.Now().Truncate(genericsEvery).Add(genericsEvery)
	}
	values := genericValues{
		s: s, out: s.ticksOf(q.id), view: v, instrument: q.priced.instrument, now: now,
		at: v.Now(), first: first, all: all, ticks: g, traded: !now.lastAt.Equal(q.traded),
	}
	q.traded = now.lastAt
	if q.delayed {
		values.at = values.at.Add(-delay)
	}
	for _, t := range g.ticks {
		if t.send != nil && (t.free || !q.freeOnly) {
			t.send(&values)
		}
	}
}
