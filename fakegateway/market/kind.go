package market

import (
	"strconv"
	"strings"

	"github.com/govalues/decimal"
)

// kind is what instruments of a kind have in common.
type kind struct {
	unit     int64 // a tick is unit / 10^scale
	scale    int
	rule     *rule
	sessions *sessions

	spread int64 // the narrowest, in ticks; at least 2
	// spreadShare of a price is added to each half of its spread: 1/spreadShare. 0: nothing.
	spreadShare int64
	volume      int64 // what a quiet minute trades, in units; at least twice stepsPerMinute
	lot         int64 // quotes are multiples of it

	exchanges  string
	makers     []string // the exchanges that quote and print trades
	orderTypes string
	aggGroup   int
	magnifier  int   // Instrument.PriceMagnifier; 0: 1
	root       *kind // of the instrument whose price this one's follows; nil for none
	minSize    decimal.Decimal
	suggested  decimal.Decimal // size increment
}

// dress fills in the details that come from an instrument's kind.
func (k *kind) dress(i Instrument) Instrument {
	i.kind = k
	i.PriceMagnifier, i.Multiplier = max(k.magnifier, 1), max(i.Multiplier, 1)
	i.MinTick = must(decimal.New(k.unit, k.scale))
	if k.magnifier > 1 {
		i.MinTick = quo(i.MinTick, whole(int64(k.magnifier)))
	}
	i.ValidExchanges, i.OrderTypes, i.AggGroup = k.exchanges, k.orderTypes, k.aggGroup
	if i.ValidExchanges == "" {
		i.ValidExchanges = i.Exchange
	}
	i.MarketRuleIDs = ruleIDs(k.rule, i.ValidExchanges)
	i.MinSize, i.SizeIncrement = k.minSize, k.minSize
	i.SuggestedSizeIncrement = k.suggested
	i.ZoneID = k.sessions.zoneID
	if i.LocalSymbol == "" {
		i.LocalSymbol = i.Symbol
	}
	if i.source == "" {
		i.source = i.Symbol
	}
	return i.expiring()
}

func ruleIDs(r *rule, exchanges string) string {
	n := strings.Count(exchanges, ",") + 1
	return strings.TrimSuffix(strings.Repeat(strconv.Itoa(r.id)+",", n), ",")
}

const (
	stockOrders = "ACTIVETIM,AD,ADJUST,ALERT,ALGO,ALLOC,AON,AVGCOST,BASKET,CASHQTY,COND," +
		"CONDORDER,DAY,DEACT,DEACTDIS,DEACTEOD,GAT,GTC,GTD,GTT,IOC,LIT,LMT,MIT,MKT,MTL,NGCOMB," +
		"NONALGO,OCA,OPENCLOSE,PEGMKT,SCALE,STP,STPLMT,TRAIL,TRAILLIT,TRAILLMT,TRAILMIT,WHATIF"
	stockExchanges = "SMART,AMEX,NYSE,CBOE,PHLX,ISE,CHX,ARCA,NASDAQ,DRCTEDGE,BEX,BATS,EDGEA," +
		"BYX,IEX,EDGX,FOXRIVER,PEARL,NYSENAT,LTSE,MEMX,IBEOS,OVERNIGHT,TPLUS0,PSX"
)

var usStock = kind{
	unit: 1, scale: 2, rule: centRule, sessions: newYork, spread: 2, volume: 3_000, lot: 100,
	exchanges: stockExchanges, makers: []string{"NASDAQ", "ARCA", "BATS", "NYSE", "EDGX", "IEX", "MEMX"},
	orderTypes: stockOrders, aggGroup: 1,
	minSize: parse("0.0001"), suggested: parse("100"),
}
