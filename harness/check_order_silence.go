package harness

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What a trader may do on is judged from what it was told: these checks ask for silence when it was told
// nothing that is true, and for a question before the first order when it may have missed something.
const (
	// silentWithin is how long after a fault an order that was decided before it may still come. Real time.
	silentWithin = 2 * time.Second

	// limitAway is in percent: further from the price is no limit that anybody means.
	limitAway = 20

	// IBKR's limits of historical data: its documentation of historical data limitations.
	historyWindow  = 10 * time.Minute
	historyMost    = 60
	historyApart   = 15 * time.Second
	contractWindow = 2 * time.Second
	contractMost   = 6
)

// gateDetectors are about orders and questions at the wrong moment.
var gateDetectors = []Detector{
	{
		Name: "silent-under-fault", Group: GroupOrders, judge: silentUnderFault,
		Doc: fmt.Sprintf("An order came more than Within (default %s) after the fault that Fault names had "+
			"first been delivered. For faults that stay, and after which nothing that is told may be traded on.",
			silentWithin),
		Least: "one order before the fault, and one request after it",
		Do: "Look at what a decision rests on before you send: whose bars, how old, was the answer whole. Say " +
			"that you are blind, and send nothing.",
		Page: "your-trader.md#orders",
	},
	{
		Name: "reconciled-after-outage", Group: GroupOrders, judge: reconciledAfterOutage,
		Doc: "After 1101 or 1102 an order came before open orders, executions, completed orders or positions " +
			"had been asked for and answered. Informational when no order came after either.",
		Least: "one order after 1101 or 1102",
		Do:    "Ask what happened in an outage before you send the first order after it.",
		Page:  "your-trader.md#orders",
	},
	{
		Name: "fresh-order-ids", Group: GroupOrders, judge: freshOrderIDs,
		Doc: "A new order had the id of one that the exchange had taken from the same client before, or a lower " +
			"one, whatever nextValidId offered. Informational without an order.",
		Least: "one order",
		Do: "Keep the highest id that you ever used on disk, and begin above it when nextValidId offers " +
			"less.",
		Page: "your-trader.md#orders",
	},
	{
		Name: "few-orders", Group: GroupOrders, judge: fewOrders,
		Doc: "More orders than subject.orderLimit were taken for one symbol of an account, over all lives. For a " +
			"run within one day of the exchange. Informational when no limit is said.",
		Least: "one order",
		Do:    "Keep what a day has used up on disk: a restart is no new day.",
		Page:  "your-trader.md#orders",
	},
	{
		Name: "limit-near-price", Group: GroupOrders, judge: limitNearPrice,
		Doc: fmt.Sprintf("After the fault that Fault names, the limit of an order, of any type that has one, was more "+
			"than %d %% away from the last price of its contract. Inconclusive of a trader that had such limits "+
			"before, and with a limit whose contract has no such price: of a combination, or in an order that "+
			"never reached the exchange. Informational without a limit.", limitAway),
		Least: "one order with a limit",
		Do:    "Take an answer for the request whose id it has, and compare a price with the last one of its contract.",
		Page:  "your-trader.md#orders",
	},
	{
		Name: "history-rate", Group: GroupOrders, judge: historyRate,
		Doc: fmt.Sprintf("A life asked for history more than %d times in %s, twice for the same bars of a contract "+
			"within %s, or more than %d times for one contract in %s, on the Gateway's clock. IBKR enforces this for "+
			"bars of 30 seconds and less; longer ones count when subject.keepsHistoryLimits says so. Informational "+
			"without a request that counts.", historyMost, historyWindow, historyApart, contractMost, contractWindow),
		Least: "one request for history",
		Do:    "Keep what you were told and ask again when it is old, or subscribe (keepUpToDate).",
		Page:  "your-trader.md#orders",
	},
}

// silentUnderFault judges by when the Gateway had read an order's bytes.
func silentUnderFault(r *Record, c Check) Finding {
	f := open(c, "orders before the fault", 1)
	log := ordersOf(r)
	if why := log.unseen(); why != "" {
		return f.undecided("%s", why)
	}
	at := slices.IndexFunc(r.Receipts, func(receipt Receipt) bool {
		return receipt.Fault == c.Fault && receipt.delivered()
	})
	if at < 0 {
		return f.undecided("fault %q was not delivered", c.Fault)
	}
	fell := r.Receipts[at].At
	allowed := cmp.Or(c.Within, silentWithin) + time.Duration(r.Footer.LongestLag)
	for _, o := range log.orders {
		switch late := o.came().Since(fell); {
		case late <= 0:
			f.Evidence++
		case late > allowed:
			f.violated(o.example("%s, order id %d: %s after %s", o.describe(), o.OrderID, round(late), c.Fault))
		}
	}
	if f.Outcome != Fail && !slices.ContainsFunc(r.Messages, func(m Message) bool {
		return m.FromClient && m.came().Since(fell) > allowed
	}) {
		return f.undecided("nothing at all was asked after the fault: silence shows nothing")
	}
	return f.conclude("none more than %s after %s", round(allowed), c.Fault)
}

// reconciledAfterOutage goes by connections: who reconnects is judged by reconciled-before-orders. A keeper's
// connection outlives a life, and the next one was not told.
func reconciledAfterOutage(r *Record, c Check) Finding {
	f := open(c, "orders after an outage", 1)
	log := ordersOf(r)
	if why := log.unseen(); why != "" {
		return f.undecided("%s", why)
	}
	for place, m := range r.Messages {
		if m.Kind != "errMsg" || m.Code != 1101 && m.Code != 1102 {
			continue
		}
		first := slices.IndexFunc(log.orders, func(o *sentOrder) bool {
			return o.Connection == m.Connection && o.Life == m.Life && o.knew > place
		})
		if first < 0 {
			continue
		}
		o := log.orders[first]
		f.Evidence++
		if !slices.ContainsFunc(log.answers, func(a answered) bool {
			return a.Connection == m.Connection && a.came() > m.came() && a.place < o.knew
		}) {
			f.violated(o.example("%s, order id %d: nothing was asked since %d", o.describe(), o.OrderID, m.Code))
		}
	}
	f.Informational = f.Evidence == 0 && c.Evidence == 0
	return f.conclude("each was sent after a question that was answered")
}

func freshOrderIDs(r *Record, c Check) Finding {
	highest := map[int]int{} // of the ids that the exchange took, by client
	taken := map[orderKey]bool{}
	for _, o := range r.Books.Orders {
		taken[orderKey{o.ClientID, int(o.OrderID)}] = true
	}
	return everyOrder(r, c, "each above every id that was used before", func(o *sentOrder) string {
		most, used := highest[o.client]
		if taken[orderKey{o.client, o.OrderID}] {
			highest[o.client] = max(most, o.OrderID)
		}
		if used && o.OrderID <= most {
			return fmt.Sprintf("not above %d, which an earlier order had", most)
		}
		return ""
	})
}

func fewOrders(r *Record, c Check) Finding {
	f := open(c, "orders", 1)
	if !r.Books.Taken {
		return f.undecided("the Gateway's books were not read")
	}
	limit := r.Header.Scenario.Subject.OrderLimit
	if limit == 0 {
		f.Informational = c.Evidence == 0
		return f.undecided("not said how many orders a day are meant: give subject.orderLimit")
	}
	type place struct{ account, symbol string }
	taken := map[place]int{}
	worst := 0
	for _, o := range r.Books.Orders {
		if o.Manual || o.Rejected {
			continue
		}
		f.Evidence++
		in := place{o.Account, o.Symbol}
		taken[in]++
		worst = max(worst, taken[in])
		if taken[in] > limit {
			f.violated(Example{At: o.PlacedAt, What: fmt.Sprintf("order %d in %s of %s, %d allowed",
				taken[in], o.Symbol, o.Account, limit)})
		}
	}
	return f.conclude("at most %d in one symbol, %d allowed", worst, limit)
}

// historyRate counts anew in each life: what an earlier process has asked for it cannot know, and no
// document says how long IBKR remembers.
func historyRate(r *Record, c Check) Finding {
	f := open(c, "requests", 1)
	scale := cmp.Or(r.Header.TimeScale, 1)
	clock := func(d time.Duration) time.Duration { return time.Duration(float64(d) * scale) }
	late := clock(time.Duration(r.Footer.LongestLag))
	var asked []Message
	for _, m := range r.Messages {
		counts := r.Header.Scenario.Subject.KeepsHistoryLimits || strings.Contains(m.BarSize, "sec")
		if m.Kind != "reqHistoricalData" || !m.FromClient || !counts {
			continue
		}
		f.Evidence++
		all, same, contract := 1, false, 1
		for _, before := range slices.Backward(asked) {
			age := clock(m.came().Since(before.came())) + late
			if age > historyWindow || before.Life != m.Life {
				break
			}
			all++
			if !sameContract(before, m) {
				continue
			}
			if age <= contractWindow {
				contract++
			}
			same = same || age < historyApart && before.BarSize == m.BarSize && before.WhatToShow == m.WhatToShow
		}
		asked = append(asked, m)
		for _, broken := range []struct {
			is   bool
			what string
		}{
			{all > historyMost, fmt.Sprintf("request %d in %s", all, historyWindow)},
			{same, "the same bars as less than " + historyApart.String() + " before"},
			{contract > contractMost, fmt.Sprintf("request %d for the contract in %s", contract, contractWindow)},
		} {
			if broken.is {
				of := cmp.Or(m.Symbol, strings.TrimSpace(fmt.Sprint(m.ConID)))
				f.violated(m.example("%s of %s: %s", m.Kind, of, broken.what))
			}
		}
	}
	f.Informational = f.Evidence == 0 && c.Evidence == 0
	return f.conclude("within IBKR's limits of history")
}

// unlimited are the types of orders that take any price, whatever stands in the field of the limit.
var unlimited = []string{"MKT", "STP", "TRAIL", "MIT", "MOC"}

// limitNearPrice compares each limit that was asked for with the price that the books have beside the order. A
// trader whose limits were away before the fault means them to be.
func limitNearPrice(r *Record, c Check) Finding {
	f := open(c, "limits", 1)
	log := ordersOf(r)
	if !r.Books.Taken {
		return f.undecided("the Gateway's books were not read")
	}
	if why := log.unseen(); why != "" {
		return f.undecided("%s", why)
	}
	at := slices.IndexFunc(r.Receipts, func(receipt Receipt) bool {
		return receipt.Fault == c.Fault && receipt.fell()
	})
	if at < 0 {
		return f.undecided("fault %q was not delivered", c.Fault)
	}
	unknown := ""
	for _, o := range log.orders {
		for _, m := range o.asked() {
			limit, err := strconv.ParseFloat(m.LmtPrice, 64)
			if err != nil || limit <= 0 || slices.Contains(unlimited, m.OrderType) {
				continue
			}
			f.Evidence++
			what := fmt.Sprintf("%s with a limit of %s", o.describe(), m.LmtPrice)
			if o.book == nil || !o.book.Market.IsPos() {
				unknown = what
				continue
			}
			if price, _ := o.book.Market.Float64(); 100*math.Abs(limit/price-1) <= limitAway {
				continue
			}
			what += fmt.Sprintf(", which traded at %s", o.book.Market)
			if m.came() < r.Receipts[at].At {
				return f.undecided("its limits are away from the price anyway: %s", what)
			}
			f.violated(m.example("%s", what))
		}
	}
	if f.Outcome != Fail && unknown != "" {
		return f.undecided("%s: what it traded at is not known", unknown)
	}
	f.Informational = f.Evidence == 0 && c.Evidence == 0
	return f.conclude("each within %d %% of the price", limitAway)
}
