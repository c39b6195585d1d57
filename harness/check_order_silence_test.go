package harness

import (
	"time"

	"github.com/govalues/decimal"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/fault"
)

// falls delivers a fault that ends nothing.
func (s *script) falls(id string) {
	s.Receipts = append(s.Receipts, Receipt{
		Fault: id, Planned: fault.Drop, Wire: "message dropped", Connection: s.conn().ID, At: s.step(),
	})
}

// waits lets so much time pass.
func (s *script) waits(d time.Duration) { s.now += Moment(d) }

func (s *script) asks(kind string) { s.say(Message{Kind: kind, FromClient: true}) }

func silenceCases() []judged {
	return casesOf(Check{Name: "silent-under-fault", Fault: "stale"}, nil, []steps{
		{"silent", func(s *script) {
			s.session()
			s.trade("BUY 1 AAPL", "a")
			s.falls("stale")
			s.waits(5 * time.Second)
			s.asks("reqHistoricalData")
		}, Pass, "none more than 2s after stale"},
		{"an order that was on its way", func(s *script) {
			s.session()
			s.trade("BUY 1 AAPL", "a")
			s.falls("stale")
			s.trade("SELL 1 AAPL", "b")
			s.waits(5 * time.Second)
			s.asks("reqHistoricalData")
		}, Pass, ""},
		{"an order later", func(s *script) {
			s.session()
			s.trade("BUY 1 AAPL", "a")
			s.falls("stale")
			s.waits(5 * time.Second)
			s.trade("SELL 1 AAPL", "b")
		}, Fail, "after stale"},
		{"no order before", func(s *script) {
			s.session()
			s.falls("stale")
			s.waits(5 * time.Second)
			s.asks("reqHistoricalData")
		}, Inconclusive, "0 orders before the fault"},
		{
			"nothing at all after", func(s *script) { s.session(); s.trade("BUY 1 AAPL", "a"); s.falls("stale") },
			Inconclusive, "silence shows nothing",
		},
		{
			"another fault", func(s *script) { s.session(); s.trade("BUY 1 AAPL", "a"); s.falls("other") },
			Inconclusive, `fault "stale" was not delivered`,
		},
	})
}

func outageCases() []judged {
	check := Check{Name: "reconciled-after-outage"}
	return append(casesOf(check, nil, []steps{
		{"asked first", func(s *script) {
			s.session()
			s.fail(-1, 1100)
			s.fail(-1, 1102)
			s.ask("reqPositions")
			s.trade("BUY 1 AAPL", "a")
		}, Pass, ""},
		{"asked before it", func(s *script) {
			s.session()
			s.fail(-1, 1100)
			s.ask("reqPositions")
			s.fail(-1, 1101)
			s.trade("BUY 1 AAPL", "a")
		}, Fail, "nothing was asked since 1101"},
		{"asked and not answered", func(s *script) {
			s.session()
			s.fail(-1, 1102)
			s.asks("reqPositions")
			s.trade("BUY 1 AAPL", "a")
		}, Fail, "nothing was asked since 1102"},
		{"the second outage counts too", func(s *script) {
			s.session()
			s.fail(-1, 1102)
			s.ask("reqExecutions")
			s.trade("BUY 1 AAPL", "a")
			s.fail(-1, 1102)
			s.trade("SELL 1 AAPL", "b")
		}, Fail, "SELL 1 AAPL"},
		{
			"no order after it", func(s *script) { s.session(); s.trade("BUY 1 AAPL", "a"); s.fail(-1, 1102) },
			Inconclusive, "0 orders after an outage",
		},
	}), casesOf(check, func(r *Record) {
		for i, m := range r.Messages {
			if m.Kind == placeOrder {
				r.Messages[i].Life = 2
			}
		}
	}, []steps{
		{"of the next life, on the session of its keeper", func(s *script) {
			s.session()
			s.fail(-1, 1102)
			s.trade("BUY 1 AAPL", "a")
		}, Inconclusive, "0 orders after an outage"},
	})...)
}

func freshIDCases() []judged {
	return casesOf(Check{Name: "fresh-order-ids"}, nil, []steps{
		{"above", func(s *script) {
			s.session()
			s.trade("BUY 1 AAPL", "a")
			s.lose()
			offered := s.next
			s.next = 1
			s.session() // it offers 1
			s.next = offered
			s.trade("SELL 1 AAPL", "b")
		}, Pass, ""},
		{"the offered one, again", func(s *script) {
			s.session()
			s.next = 7
			s.trade("BUY 1 AAPL", "a")
			s.lose()
			s.next = 5
			s.session()
			s.trade("SELL 1 AAPL", "b")
		}, Fail, "not above 7"},
		{"no order", func(s *script) { s.session() }, Inconclusive, "0 orders"},
	})
}

func limitCases() []judged {
	said := func(r *Record) { r.Header.Scenario.Subject.OrderLimit = 2 }
	three := func(s *script) {
		s.session()
		s.trade("BUY 1 AAPL", "a")
		s.trade("SELL 1 AAPL", "b")
		s.end(0)
		s.begin()
		s.session()
		s.trade("BUY 1 AAPL", "c")
	}
	cases := casesOf(Check{Name: "few-orders"}, said, []steps{
		{"within", func(s *script) { s.session(); s.trade("BUY 1 AAPL", "a"); s.trade("BUY 1 MSFT", "b") }, Pass, "at most 1"},
		{"one more in the next life", three, Fail, "order 3 in AAPL of DU9000001, 2 allowed"},
		{"no order", func(s *script) { s.session() }, Inconclusive, "0 orders"},
	})
	cases = append(cases, casesOf(Check{Name: "few-orders"}, nil, []steps{
		{"not said", three, Inconclusive, "subject.orderLimit"},
	})...)
	limit := func(s *script, kind, price string) *Order { // KO trades at 60
		o := s.place("BUY 1 KO", "")
		m := &s.Messages[len(s.Messages)-1]
		m.OrderType, m.LmtPrice, o.Market = kind, price, dec("60")
		return o
	}
	return append(cases, casesOf(Check{Name: "limit-near-price", Fault: "late"}, nil, []steps{
		{"near", func(s *script) {
			s.session()
			limit(s, "LMT", "60.5")
			s.falls("late")
			limit(s, "LMT", "59.8")
			limit(s, "MKT", "227")
		}, Pass, "within 20 %"},
		{"another contract's", func(s *script) { s.session(); limit(s, "LMT", "60.5"); s.falls("late"); limit(s, "LMT", "227") }, Fail, "a limit of 227, which traded at 60"},
		{"another contract's, too low to fill", func(s *script) { s.session(); s.falls("late"); limit(s, "LMT", "20") }, Fail, "a limit of 20"},
		{"of a stop", func(s *script) { s.session(); s.falls("late"); limit(s, "STP LMT", "227") }, Fail, "a limit of 227"},
		{"if touched", func(s *script) { s.session(); s.falls("late"); limit(s, "LIT", "227") }, Fail, "a limit of 227"},
		{"at the close", func(s *script) { s.session(); s.falls("late"); limit(s, "LOC", "227") }, Fail, "a limit of 227"},
		{"of a trail", func(s *script) { s.session(); s.falls("late"); limit(s, "TRAIL LIMIT", "227") }, Fail, "a limit of 227"},
		{"another contract's, and then mended", func(s *script) {
			s.session()
			s.falls("late")
			o := limit(s, "LMT", "227")
			s.change(int(o.OrderID), "BUY 1 KO")
		}, Fail, "a limit of 227"},
		{"changed to another contract's", func(s *script) {
			s.session()
			s.falls("late")
			o := limit(s, "LMT", "60")
			s.change(int(o.OrderID), "BUY 1 KO")
			m := &s.Messages[len(s.Messages)-1]
			m.OrderType, m.LmtPrice = "LMT", "227"
		}, Fail, "a limit of 227"},
		{"one without a price", func(s *script) {
			s.session()
			s.falls("late")
			limit(s, "LMT", "60")
			limit(s, "LMT", "227").Market = decimal.Decimal{}
		}, Inconclusive, "BUY 1 KO with a limit of 227: what it traded at is not known"},
		{"one that was refused", func(s *script) {
			s.session()
			s.falls("late")
			limit(s, "LMT", "60")
			s.send(s.next, "BUY 1 KO", "")
			m := &s.Messages[len(s.Messages)-1]
			m.OrderType, m.LmtPrice = "LMT", "227.123"
		}, Inconclusive, "BUY 1 KO with a limit of 227.123"},
		{"away anyway", func(s *script) { s.session(); limit(s, "LMT", "40"); s.falls("late"); limit(s, "LMT", "227") }, Inconclusive, "away from the price anyway"},
		{"no such fault", func(s *script) { s.session(); limit(s, "LMT", "227") }, Inconclusive, "not delivered"},
	})...)
}

func historyCases() []judged {
	bars := func(s *script, symbol, size string) {
		s.say(Message{Kind: "reqHistoricalData", FromClient: true, Digest: fakegateway.Digest{
			Symbol: symbol, BarSize: size, WhatToShow: "TRADES",
		}})
	}
	minute := func(times int, apart time.Duration) func(*script) {
		return func(s *script) {
			s.session()
			for range times {
				bars(s, "AAPL", "1 min")
				s.waits(apart)
			}
		}
	}
	said := func(r *Record) { r.Header.Scenario.Subject.KeepsHistoryLimits = true }
	cases := casesOf(Check{Name: "history-rate"}, said, []steps{
		{"each minute", minute(20, time.Minute), Pass, ""},
		{"the same too soon", minute(2, 10*time.Second), Fail, "the same bars as less than 15s before"},
		{"too many in ten minutes", func(s *script) {
			s.session()
			for i := range 61 {
				bars(s, "Q"+string(rune('A'+i)), "1 min")
				s.waits(5 * time.Second)
			}
		}, Fail, "request 61 in 10m0s"},
		{"a new life begins anew", func(s *script) {
			s.session()
			bars(s, "AAPL", "1 min")
			s.end(0)
			s.begin()
			s.session()
			bars(s, "AAPL", "1 min")
		}, Pass, ""},
		{"no request", func(s *script) { s.session() }, Inconclusive, "0 requests"},
	})
	return append(cases, casesOf(Check{Name: "history-rate"}, nil, []steps{
		{"long bars are IBKR's soft limit", minute(2, 10*time.Second), Inconclusive, "0 requests"},
		{"short bars are its hard one", func(s *script) {
			s.session()
			bars(s, "AAPL", "5 secs")
			bars(s, "AAPL", "5 secs")
		}, Fail, "the same bars as less than 15s before"},
		{"and so is one contract by many questions", func(s *script) {
			s.session()
			for _, what := range []string{"TRADES", "BID", "ASK", "MIDPOINT", "BID_ASK", "ADJUSTED_LAST", "YIELD_BID"} {
				bars(s, "AAPL", "5 secs")
				s.Messages[len(s.Messages)-1].WhatToShow = what
			}
		}, Fail, "request 7 for the contract in 2s"},
	})...)
}

func protectionCases() []judged {
	stop := func(s *script, shares string) *Order {
		o := s.place("SELL "+shares+" AAPL", "stop")
		o.Type = "STP"
		return o
	}
	stay := func(s *script) { s.waits(time.Minute); s.asks("reqCurrentTime"); s.Footer.Ended = s.step() }
	keeps := func(r *Record) { r.Header.Scenario.Subject.KeepsStops = true }
	held := func(s *script) *Order { // for a minute, with its stop
		s.session()
		s.trade("BUY 10 AAPL", "a")
		o := stop(s, "10")
		s.waits(time.Minute)
		return o
	}
	unsaid := casesOf(Check{Name: "protected"}, nil, []steps{
		{"none, and none was promised", func(s *script) { s.session(); s.trade("BUY 10 AAPL", "a"); stay(s) }, Inconclusive, "subject.keepsStops"},
	})
	kept := func(r *Record) { // by a keeper, for the next life
		keeps(r)
		c := &r.Connections[0]
		c.ClientFIN, c.GatewayFIN, c.Closed, c.ClosedFirst = 0, 0, 0, ""
	}
	through := casesOf(Check{Name: "protected"}, kept, []steps{
		{
			"taken back, and the session goes on", func(s *script) { s.cancel(int(held(s).OrderID)) }, Fail,
			"10 AAPL held, stops for 0, when life 1 had ended",
		},
	})
	return append(append(unsaid, through...), casesOf(Check{Name: "protected"}, keeps, []steps{
		{"a stop of the same size", func(s *script) { s.session(); s.trade("BUY 10 AAPL", "a"); stop(s, "10"); stay(s) }, Pass, ""},
		{"none", func(s *script) { s.session(); s.trade("BUY 10 AAPL", "a"); stay(s) }, Fail, "10 AAPL held, stops for 0"},
		{"one for half of it", func(s *script) { s.session(); s.trade("BUY 10 AAPL", "a"); stop(s, "5"); stay(s) }, Fail, "stops for 5"},
		{"one for more than that", func(s *script) { s.session(); s.trade("BUY 10 AAPL", "a"); stop(s, "12"); stay(s) }, Fail, "stops for 12"},
		{"one that was cancelled", func(s *script) {
			s.session()
			s.trade("BUY 10 AAPL", "a")
			o := stop(s, "10")
			s.cancel(int(o.OrderID))
			stay(s)
		}, Fail, "stops for 0"},
		{"one that outlives its position", func(s *script) {
			s.session()
			s.trade("BUY 10 AAPL", "a")
			stop(s, "10")
			s.trade("SELL 10 AAPL", "b")
			stay(s)
		}, Fail, "0 AAPL held, stops for 10"},
		{"one that waits for its parent", func(s *script) {
			s.session()
			parent := s.place("BUY 10 AAPL", "a")
			stop(s, "10").ParentID = parent.OrderID
			s.waits(time.Minute)
			s.fill(int(parent.OrderID), "10")
			stay(s)
		}, Pass, ""},
		{"changed with a partial fill in time", func(s *script) {
			s.session()
			parent := s.place("BUY 10 AAPL", "a")
			s.fill(int(parent.OrderID), "4")
			o := stop(s, "4")
			s.waits(time.Minute)
			s.fill(int(parent.OrderID), "6")
			s.change(int(o.OrderID), "SELL 10 AAPL")
			stay(s)
		}, Pass, ""},
		{"missing while nobody could mend it", func(s *script) {
			s.session()
			s.trade("BUY 10 AAPL", "a")
			s.lose()
			s.waits(time.Hour)
			s.session()
			stop(s, "10")
			stay(s)
		}, Pass, ""},
		{"mended in time, with two sessions at once", func(s *script) {
			s.session()
			s.session()
			s.trade("BUY 10 AAPL", "a")
			s.waits(6 * time.Second)
			stop(s, "10")
			stay(s)
		}, Pass, "differed for 6.2s at most"},
		{"mended too late, with one session inside of another", func(s *script) {
			s.session()
			s.session()
			s.trade("BUY 10 AAPL", "a")
			s.waits(4 * time.Second)
			s.lose()
			s.waits(7 * time.Second)
			s.session()
			stop(s, "10")
			stay(s)
		}, Fail, "stops for 0, for 11."},
		{"taken back at the end of a life", func(s *script) {
			o := held(s)
			s.cancel(int(o.OrderID))
			s.end(0)
			s.Footer.Ended = s.step()
		}, Fail, "10 AAPL held, stops for 0, when life 1 had ended"},
		{"taken back at the end of a life, and read right after it", func(s *script) {
			o := held(s)
			exited := s.step()
			s.cancel(int(o.OrderID))
			s.end(0)
			s.Lives[0].Exited = exited
			s.Footer.Ended = s.step()
		}, Fail, "10 AAPL held, stops for 0, when life 1 had ended"},
		{"taken back and set anew by the next life", func(s *script) {
			o := held(s)
			s.end(0)
			s.begin()
			s.session()
			s.cancel(int(o.OrderID))
			stop(s, "10")
			stay(s)
		}, Pass, ""},
		{"made smaller at the end of a life that is not the last", func(s *script) {
			o := held(s)
			s.change(int(o.OrderID), "SELL 4 AAPL")
			s.end(0)
			s.begin()
			s.session()
			s.change(int(o.OrderID), "SELL 10 AAPL")
			stay(s)
		}, Fail, "10 AAPL held, stops for 4, when life 1 had ended"},
		{"taken back for an exit, and lost the session", func(s *script) {
			o := held(s)
			s.cancel(int(o.OrderID))
			s.lose()
			s.Lives[0].Exited, s.Lives[0].EndedBy = s.step(), EndedItself
			s.Footer.Ended = s.step()
		}, Pass, ""},
		{"taken back for an exit, and killed", func(s *script) {
			o := held(s)
			s.cancel(int(o.OrderID))
			s.kill()
			s.Footer.Ended = s.step()
		}, Pass, ""},
		{"a fill right before the end", func(s *script) {
			held(s)
			s.trade("BUY 1 AAPL", "b")
			s.end(0)
			s.Footer.Ended = s.step()
		}, Pass, ""},
		{"no position", func(s *script) { s.session(); stay(s) }, Inconclusive, "0 positions"},
	})...)
}
