package harness

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/internal/wire"
)

// said is an event of connection 1, at a second of a run whose interval is 30 s.
type said struct {
	at      float64
	kind    fakegateway.EventKind
	message string
	digest  fakegateway.Digest
	took    time.Duration // to write
}

func asks(at float64, k wire.Kind, d fakegateway.Digest) said {
	return said{at: at, kind: fakegateway.EventInbound, message: k.String(), digest: d}
}

func tells(at float64, k wire.Kind, d fakegateway.Digest) said {
	return said{at: at, kind: fakegateway.EventOutbound, message: k.String(), digest: d}
}

func about(id int, symbol string) fakegateway.Digest {
	return fakegateway.Digest{ReqID: id, Symbol: symbol, SecType: "STK", BarSize: "1 min"}
}

func num(id int) fakegateway.Digest { return fakegateway.Digest{ReqID: id} }

// bars are a request for a symbol's bars and its answer.
func bars(at float64, id int, symbol string) []said {
	return []said{asks(at, wire.ReqHistoricalData, about(id, symbol)), tells(at+0.1, wire.HistoricalData, num(id))}
}

// recognised lists the cycles: "reqHistoricalData AAPL 0.1".
func recognised(rule CycleRule, events ...said) []string {
	began := time.Now()
	c := newRecogniser(rule, 30*time.Second, func(at time.Time) Moment { return Moment(at.Sub(began)) + 1 })
	var out []string
	for _, s := range events {
		at := began.Add(time.Duration(s.at * float64(time.Second)))
		cycle, ok := c.take(fakegateway.Event{At: at, Kind: s.kind, Connection: 1, Message: s.message, Digest: &s.digest, Begun: at.Add(-s.took)})
		if ok {
			out = append(out, strings.Join(strings.Fields(fmt.Sprint(cycle.Kind, " ", cycle.Symbol, cycle.Ref, " ",
				time.Duration(cycle.Answered).Round(100*time.Millisecond).Seconds())), " "))
		}
	}
	return out
}

func gone(at float64, k fakegateway.EventKind) said { return said{at: at, kind: k} }

// slowly makes the event of a writing that took 0.1 s.
func slowly(s said) said {
	s.took = 100 * time.Millisecond
	return s
}

func buy(at float64, id int, ref string) said {
	return asks(at, wire.PlaceOrder, fakegateway.Digest{OrderID: id, Symbol: "AAPL", Action: "BUY", OrderRef: ref})
}

func status(at float64, id int, word string) said {
	return tells(at, wire.OrderStatus, fakegateway.Digest{OrderID: id, Status: word})
}

func stream(k wire.Kind, id int, from, to, every float64) []said {
	var out []said
	for at := from; at < to; at += every {
		out = append(out, tells(at, k, num(id)))
	}
	return out
}

func TestCyclesRecognised(t *testing.T) {
	live := about(1, "AAPL")
	live.KeepUpToDate = true
	snapshot := about(1, "AAPL")
	snapshot.Snapshot = true
	warned := func(code int) said {
		return tells(0.05, wire.ErrorMessage, fakegateway.Digest{ReqID: 1, Code: code})
	}
	cases := []struct {
		name   string
		rule   CycleRule
		events [][]said
		want   []string
	}{
		{"bars", CycleRule{}, [][]said{bars(0, 1, "AAPL"), bars(30, 2, "AAPL")}, []string{"reqHistoricalData AAPL 0.1", "reqHistoricalData AAPL 30.1"}},
		{"back to back", CycleRule{}, [][]said{bars(0, 1, "AAPL"), bars(0.2, 2, "AAPL"), bars(0.4, 3, "AAPL")}, []string{"reqHistoricalData AAPL 0.1", "reqHistoricalData AAPL 0.3", "reqHistoricalData AAPL 0.5"}},
		{"three symbols at once, in any order", CycleRule{}, [][]said{{
			asks(0, wire.ReqHistoricalData, about(1, "AAPL")), asks(0, wire.ReqHistoricalData, about(2, "MSFT")),
			asks(0, wire.ReqHistoricalData, about(3, "NVDA")), tells(0.1, wire.HistoricalData, num(2)),
			tells(0.2, wire.HistoricalData, num(3)), tells(0.3, wire.HistoricalData, num(1)),
		}}, []string{"reqHistoricalData MSFT 0.1"}},
		{"three symbols in turn", CycleRule{}, [][]said{bars(0, 1, "AAPL"), bars(1, 2, "MSFT"), bars(2, 3, "NVDA"), bars(30, 4, "AAPL"), bars(31, 5, "MSFT")}, []string{"reqHistoricalData AAPL 0.1", "reqHistoricalData AAPL 30.1"}},
		{"another symbol each time", CycleRule{}, [][]said{bars(0, 1, "A"), bars(30, 2, "B"), bars(60, 3, "C")}, []string{"reqHistoricalData A 0.1", "reqHistoricalData B 30.1", "reqHistoricalData C 60.1"}},
		{"a long list of symbols", CycleRule{}, [][]said{bars(0, 1, "A"), bars(10, 2, "B"), bars(20, 3, "C"), bars(29, 4, "D"), bars(31, 5, "E")}, []string{"reqHistoricalData A 0.1", "reqHistoricalData E 31.1"}},
		{"asked twice before the answer", CycleRule{}, [][]said{{asks(0, wire.ReqHistoricalData, about(1, "A")), asks(0, wire.ReqHistoricalData, about(2, "A")), tells(0.1, wire.HistoricalData, num(1)), tells(0.1, wire.HistoricalData, num(2))}}, []string{"reqHistoricalData A 0.1"}},

		{"asked and left", CycleRule{}, [][]said{{asks(0, wire.ReqHistoricalData, about(1, "A")), gone(0.05, fakegateway.EventClientFIN), tells(0.1, wire.HistoricalData, num(1))}}, nil},
		{"left after the answer, before its event", CycleRule{}, [][]said{{asks(0, wire.ReqHistoricalData, about(1, "A")), gone(0.15, fakegateway.EventClientFIN), slowly(tells(0.2, wire.HistoricalData, num(1)))}}, []string{"reqHistoricalData A 0.2"}},
		{"left before it was read", CycleRule{}, [][]said{{gone(0, fakegateway.EventClientRST), asks(0.05, wire.ReqHistoricalData, about(1, "A")), tells(0.1, wire.HistoricalData, num(1))}}, nil},
		{"refused", CycleRule{}, [][]said{{asks(0, wire.ReqContractDetails, about(1, "A")), warned(200), tells(0.1, wire.ContractDataEnd, num(1))}}, nil},
		{"answered beside a notice", CycleRule{}, [][]said{{asks(0, wire.ReqHistoricalData, about(1, "A")), warned(2188), warned(2176), warned(10167), tells(0.1, wire.HistoricalData, num(1))}}, []string{"reqHistoricalData A 0.1"}},
		{"another's answer", CycleRule{}, [][]said{{asks(0, wire.ReqHistoricalData, about(1, "A")), tells(0.1, wire.HistoricalData, num(2))}}, nil},
		{"answered twice", CycleRule{}, [][]said{{asks(0, wire.ReqHistoricalData, about(1, "A")), tells(0.1, wire.HistoricalData, num(1)), tells(40, wire.HistoricalData, num(1))}}, []string{"reqHistoricalData A 0.1"}},
		{"cancelled", CycleRule{}, [][]said{{asks(0, wire.ReqHistoricalData, about(1, "A")), asks(0, wire.CancelHistoricalData, num(1)), tells(0.1, wire.HistoricalData, num(1))}}, nil},
		{"bookkeeping", CycleRule{}, [][]said{{
			asks(0, wire.ReqCurrentTime, num(0)), tells(0, wire.CurrentTime, num(0)), asks(0, wire.ReqIds, num(0)), tells(0, wire.NextValidID, num(0)),
			asks(0, wire.ReqOpenOrders, num(0)), tells(0, wire.OpenOrderEnd, num(0)), asks(0, wire.ReqExecutions, num(1)), tells(0, wire.ExecutionDetailsEnd, num(1)),
		}}, nil},
		{"bookkeeping by name", CycleRule{Request: "reqCurrentTime"}, [][]said{{asks(0, wire.ReqCurrentTime, num(0)), tells(0, wire.CurrentTime, num(0))}}, []string{"reqCurrentTime 0"}},

		{"positions alone", CycleRule{}, [][]said{{
			asks(0, wire.ReqPositions, num(0)), tells(0.1, wire.PositionEnd, num(0)), asks(30, wire.ReqPositions, num(0)), tells(30.1, wire.PositionEnd, num(0)),
		}}, []string{"reqPositions 0.1", "reqPositions 30.1"}},
		{"preparation of a session", CycleRule{}, [][]said{
			bars(0, 1, "A"),
			{asks(40, wire.ReqPositions, num(0)), tells(40.1, wire.PositionEnd, num(0)), asks(40.1, wire.ReqContractDetails, about(2, "A")), tells(40.2, wire.ContractDataEnd, num(2))},
			bars(41, 3, "A"),
		}, []string{"reqHistoricalData A 0.1", "reqHistoricalData A 41.1"}},
		{"account updates, and their end", CycleRule{}, [][]said{{
			asks(0, wire.ReqAccountUpdates, fakegateway.Digest{Account: "DU1", Subscribe: true}), tells(0.1, wire.AccountDownloadEnd, num(0)),
			asks(40, wire.ReqAccountUpdates, fakegateway.Digest{Account: "DU1"}), tells(40, wire.AccountDownloadEnd, num(0)),
		}}, []string{"reqAccountUpdates 0.1"}},
		{"snapshot", CycleRule{}, [][]said{{asks(0, wire.ReqMktData, snapshot), tells(0.1, wire.TickPrice, num(1)), tells(0.2, wire.TickSnapshotEnd, num(1))}}, []string{"reqMktData AAPL 0.2"}},

		{"ticks", CycleRule{}, [][]said{{asks(0, wire.ReqMktData, about(1, "AAPL"))}, stream(wire.TickPrice, 1, 1, 70, 0.25)}, []string{"reqMktData AAPL 1", "reqMktData AAPL 31", "reqMktData AAPL 61"}},
		{"ticks of nobody", CycleRule{}, [][]said{stream(wire.TickPrice, 1, 1, 70, 1)}, nil},
		{"ticks after a cancel", CycleRule{}, [][]said{{asks(0, wire.ReqMktData, about(1, "AAPL")), asks(0.5, wire.CancelMktData, num(1))}, stream(wire.TickPrice, 1, 1, 70, 1)}, nil},
		{"bars kept up to date", CycleRule{}, [][]said{{asks(0, wire.ReqHistoricalData, live), tells(0.1, wire.HistoricalData, num(1))}, stream(wire.HistoricalDataUpdate, 1, 5, 110, 5)}, []string{"reqHistoricalData AAPL 0.1", "reqHistoricalData AAPL 50", "reqHistoricalData AAPL 80"}},
		{"ticks beside bars", CycleRule{}, [][]said{{asks(0, wire.ReqMktData, about(9, "AAPL"))}, bars(0.5, 1, "AAPL"), stream(wire.TickPrice, 9, 1, 30, 1), bars(30.5, 2, "AAPL"), stream(wire.TickPrice, 9, 31, 60, 1)}, []string{"reqHistoricalData AAPL 0.6", "reqHistoricalData AAPL 30.6"}},
		{"real-time bars, depth and ticks by name", CycleRule{Request: "reqRealTimeBars"}, [][]said{{asks(0, wire.ReqRealTimeBars, about(1, "A")), asks(0, wire.ReqTickByTickData, about(2, "A")), tells(1, wire.TickByTick, num(2)), tells(5, wire.RealTimeBars, num(1))}}, []string{"reqRealTimeBars A 5"}},

		{"an order", CycleRule{}, [][]said{{buy(0, 1, "a"), status(0.1, 1, "PreSubmitted"), status(0.2, 1, "Filled")}}, []string{"placeOrder AAPLa 0.1"}},
		{"an order that was refused", CycleRule{}, [][]said{{buy(0, 1, "a"), tells(0, wire.ErrorMessage, fakegateway.Digest{ReqID: 1, Code: 201}), status(0.1, 1, "Inactive")}}, nil},
		{"an order that is only asked about", CycleRule{}, [][]said{{asks(0, wire.PlaceOrder, fakegateway.Digest{OrderID: 1, WhatIf: true}), status(0.1, 1, "PreSubmitted")}}, nil},
		{"bars and an order", CycleRule{}, [][]said{bars(0, 1, "A"), {buy(0.5, 1, "a"), status(0.6, 1, "Filled")}}, []string{"reqHistoricalData A 0.1"}},
		{"an error about an order with a request's number", CycleRule{}, [][]said{{buy(0, 1, "a"), asks(0, wire.ReqHistoricalData, about(1, "A")), warned(201), tells(0.1, wire.HistoricalData, num(1))}}, []string{"reqHistoricalData A 0.1"}},
		{"orders by their reference", CycleRule{Ref: "sma"}, [][]said{bars(0, 1, "A"), {buy(1, 1, "other"), status(1, 1, "Filled"), buy(2, 2, "sma-1"), status(2.5, 2, "Filled")}}, []string{"placeOrder AAPLsma-1 2.5"}},
		{"one symbol's", CycleRule{Symbol: "B"}, [][]said{bars(0, 1, "A"), bars(1, 2, "B")}, []string{"reqHistoricalData B 1.1"}},
		{"one request's", CycleRule{Request: "reqPositions"}, [][]said{bars(0, 1, "A"), {asks(1, wire.ReqPositions, num(0)), tells(1.1, wire.PositionEnd, num(0))}}, []string{"reqPositions 1.1"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := recognised(c.rule, slices.Concat(c.events...)...); !slices.Equal(got, c.want) {
				t.Errorf("cycles %q, want %q", got, c.want)
			}
		})
	}
}

// TestEveryAnswerHasItsDirection keeps the table free of slips: requests are the client's, answers
// the Gateway's, and each row has one.
func TestEveryAnswerHasItsDirection(t *testing.T) {
	for _, w := range workKinds {
		answers := slices.Concat(w.ends, w.updates)
		if w.request.Direction() != wire.FromClient || !w.request.Known() || len(answers) == 0 {
			t.Errorf("row of %s: %d answers", w.request, len(answers))
		}
		for _, k := range answers {
			if k.Direction() != wire.FromServer || !k.Known() {
				t.Errorf("row of %s: %s is no answer", w.request, k)
			}
		}
	}
}

func TestCycleRulesThatNothingCanShow(t *testing.T) {
	for rule, want := range map[CycleRule]string{
		{Request: "reqHistoricalData", Symbol: "AAPL"}: "",
		{Request: "placeOrder", Ref: "sma"}:            "",
		{Request: "reqMarketDataType"}:                 "has no answer that can be recognised",
		{Request: "reqHistoricalData", Ref: "sma"}:     "orderRef is of orders",
	} {
		err := rule.validate()
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("rule %s: %v, want %q", rule, err, want)
		}
	}
}
