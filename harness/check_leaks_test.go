package harness

import "cmp"

// added is a message more, just before the sample of cycle n.
func added(r *Record, n int) *Message {
	r.Messages = append(r.Messages, Message{At: Moment(n)*sec - ms, Life: 1, Connection: 1})
	return &r.Messages[len(r.Messages)-1]
}

// inCycle adds messages to cycle n.
func inCycle(n int, messages ...func(*Message, int)) func(*Record) {
	return func(r *Record) {
		for _, m := range messages {
			m(added(r, n), n)
		}
	}
}

// inEach adds messages to each cycle.
func inEach(messages ...func(*Message, int)) func(*Record) {
	return func(r *Record) {
		for _, c := range r.Cycles {
			inCycle(c.Number, messages...)(r)
		}
	}
}

// ask is a request; id 0 stands for the cycle's number.
func ask(kind string, id int) func(*Message, int) {
	return func(m *Message, n int) {
		m.FromClient, m.Kind, m.ReqID = true, kind, cmp.Or(id, n)
	}
}

// order is an order under the cycle's number.
func order(m *Message, n int) { m.FromClient, m.Kind, m.OrderID = true, placeOrder, n }

// refusal is an error about the cycle's number.
func refusal(code int) func(*Message, int) {
	return func(m *Message, n int) { m.Kind, m.ReqID, m.Code = errorMessage, n, code }
}

func subscriptionCases() []judged {
	subscribed := Check{Name: "steady-subscriptions"}
	return []judged{
		{"none", oneLife(30), subscribed, nil, Pass, "open subscriptions: 0 at the start, 0 at the end"},
		{"one for all cycles", oneLife(30), subscribed, inCycle(1, ask("reqMktData", 1)), Pass, "1 at the start, 1 at the end"},
		{"one a cycle", oneLife(30), subscribed, inEach(ask("reqMktData", 0)), Fail, "open subscriptions rose by 13 in the last 15 cycles"},
		{"one a cycle of another kind", oneLife(30), subscribed, inEach(ask("reqAccountSummary", 0)), Fail, "rose by 13"},
		{"one a cycle under one id", oneLife(30), subscribed, inEach(ask("reqMktData", 7)), Pass, "1 at the end"},
		{"cancelled", oneLife(30), subscribed, inEach(ask("reqMktData", 0), ask("cancelMktData", 0)), Pass, "0 at the end"},
		{"cancelled by another kind's cancel", oneLife(30), subscribed, inEach(ask("reqMktData", 0), ask("cancelRealTimeBars", 0)), Fail, "rose by 13"},
		{"refused", oneLife(30), subscribed, inEach(ask("reqMktData", 0), refusal(354)), Pass, "0 at the end"},
		{"refused because there are too many", oneLife(30), subscribed, inEach(ask("reqMktData", 0), refusal(101)), Fail, "rose by 13"},
		{"beside a notice", oneLife(30), subscribed, inEach(ask("reqMktData", 0), refusal(10167)), Fail, "rose by 13"},
		{"beside an order's error", oneLife(30), subscribed, inEach(order, ask("reqMktData", 0), refusal(201)), Fail, "rose by 13"},
		{"beside a refused question of the same id", oneLife(30), subscribed, inEach(ask("reqMktData", 0), ask("reqHistoricalData", 0), refusal(162)), Fail, "rose by 13"},
		{"beside another kind of the same id, refused", oneLife(30), subscribed, inEach(
			ask("reqMktData", 0), ask("reqRealTimeBars", 0), refusal(162), ask("cancelRealTimeBars", 0),
		), Fail, "open subscriptions rose by 13"},
		{"beside a refused snapshot of the same id", oneLife(30), subscribed, inEach(ask("reqMktData", 0), func(m *Message, n int) {
			m.FromClient, m.Kind, m.ReqID, m.Snapshot = true, "reqMktData", n, true
		}, refusal(354)), Fail, "rose by 13"},
		{"both refused", oneLife(30), subscribed, inEach(
			ask("reqMktData", 0), ask("reqHistoricalData", 0), refusal(162), refusal(354),
		), Pass, "0 at the end"},
		{"beside another contract of the same id, refused", oneLife(30), subscribed, inEach(ask("reqMktData", 0), ask("reqMktData", 0), refusal(200)), Fail, "rose by 13"},
		{"beside a cancel of no order", oneLife(30), subscribed, inEach(ask("reqMktData", 0), func(m *Message, n int) {
			m.FromClient, m.Kind, m.OrderID = true, "cancelOrder", n
		}, refusal(10147)), Fail, "rose by 13"},
		{"refused after its own cancel", oneLife(30), subscribed, inEach(ask("reqMktData", 0), ask("cancelMktData", 0), refusal(300)), Pass, "0 at the end"},
		{"refused after another subscription's cancel", oneLife(30), subscribed, inEach(
			ask("reqMktData", 0), ask("reqRealTimeBars", 0), ask("cancelRealTimeBars", 0), refusal(162),
		), Fail, "rose by 13"},
		{"snapshots", oneLife(30), subscribed, inEach(func(m *Message, n int) {
			m.FromClient, m.Kind, m.ReqID, m.Snapshot = true, "reqMktData", n, true
		}), Pass, "0 at the end"},
		{"regulatory snapshots", oneLife(30), subscribed, inEach(ask("reqMktData", 0), func(m *Message, n int) {
			m.Kind, m.ReqID = "tickSnapshotEnd", n
		}), Pass, "0 at the end"},
		{"bars that end", oneLife(30), subscribed, inEach(ask("reqHistoricalData", 0)), Pass, "0 at the end"},
		{"positions, which have no id", oneLife(30), subscribed, inEach(ask("reqPositions", 0)), Pass, "0 at the end"},
		{"made again after 1101", oneLife(30), subscribed, inEach(ask("reqMktData", 0), func(m *Message, _ int) {
			m.Kind, m.Code, m.ReqID = errorMessage, 1101, -1
		}), Pass, "0 at the end"},
		{"forty each second cycle, and then dropped", oneLife(120), subscribed, func(r *Record) {
			for n := 1; n < 120; n += 2 {
				for id := range 40 {
					ask("reqMktData", id+1)(added(r, n), n)
					ask("cancelMktData", id+1)(added(r, n+1), n)
				}
			}
		}, Pass, ""},
		{"lost with its connection", oneLife(30), subscribed, func(r *Record) {
			inEach(ask("reqMktData", 0))(r)
			r.Connections[0].GatewayRST = 29*sec + sec/2
		}, Pass, "0 at the end"},
		{"messages were lost", oneLife(30), subscribed, func(r *Record) { r.Footer.MessagesLost = 2 }, Inconclusive, "2 messages could not be kept"},
	}
}
