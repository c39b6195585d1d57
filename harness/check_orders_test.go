package harness

import (
	"strings"
	"time"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/fault"
)

// steps are the cases of one check that differ in what happened and in what the author said.
type steps struct {
	name string
	do   func(*script)
	want Outcome
	says string
}

func casesOf(check Check, change func(*Record), list []steps) []judged {
	var out []judged
	for _, s := range list {
		out = append(out, judged{s.name, scripted(s.do), check, change, s.want, s.says})
	}
	return out
}

func orderCases() []judged {
	var out []judged
	for _, cases := range [][]judged{
		identityCases(), resendCases(), exposureCases(), gateCases(), rateCases(), changeCases(), endCases(), bookCases(),
		silenceCases(), outageCases(), freshIDCases(), limitCases(), historyCases(), protectionCases(),
	} {
		out = append(out, cases...)
	}
	return out
}

func saying(kind Reference) func(*Record) {
	return func(r *Record) { r.Header.Scenario.Subject.Reference = kind }
}

// lostAck sends an order that is taken and filled, and of which the client hears nothing.
func lostAck(s *script, what, ref string) {
	o := s.place(what, ref)
	s.fill(int(o.OrderID), o.Quantity.String())
	s.lose()
}

// grouped sends orders into one OCA group, each when the one before had filled by as much as is said last and ended.
func grouped(orders ...string) func(*script) {
	return func(s *script) {
		s.session()
		for i, what := range orders {
			space := strings.LastIndex(what, " ")
			order, filled := what[:space], what[space+1:]
			s.place(order, "x").OCAGroup = "g"
			s.tell(i+1, "Submitted")
			s.fill(i+1, filled)
			if o := s.order(i + 1); o.DoneAt == 0 {
				o.Status, o.DoneAt = "Cancelled", s.step()
			}
			s.tell(i+1, s.order(i+1).Status)
		}
	}
}

// sliced leaves equal orders at work, each acknowledged before the next.
func sliced(s *script) {
	s.session()
	for id := range 4 {
		s.place("BUY 1 AAPL", "twap")
		s.tell(id+1, "Submitted")
	}
}

func identityCases() []judged {
	once := Check{Name: "no-duplicate-orders"}
	claimed := Check{Name: "no-duplicate-orders", Evidence: 2}
	bracket := func(s *script) {
		s.session()
		parent := s.place("BUY 1 AAPL", "b")
		for range 2 {
			s.place("SELL 1 AAPL", "b").ParentID = parent.OrderID
		}
	}
	inferred := casesOf(once, nil, []steps{
		{"two intents", func(s *script) { s.session(); s.trade("BUY 10 AAPL", "a"); s.trade("SELL 4 AAPL", "b") }, Pass, "2 orders with the orderRef of an intent"},
		{"again after a lost acknowledgement", func(s *script) {
			s.session()
			lostAck(s, "BUY 1 AAPL", "a")
			s.session()
			s.trade("BUY 1 AAPL", "a")
		}, Fail, `orderRef "a": BUY 1 AAPL, permId 1002, beside permId 1001`},
		{"again although it was told", func(s *script) {
			s.session()
			lostAck(s, "BUY 1 AAPL", "a")
			s.session()
			s.tell(1, "Filled")
			s.askAll()
			s.trade("BUY 1 AAPL", "a")
		}, Fail, "whose acknowledgement was lost"},
		{"filled while it was away", func(s *script) {
			s.session()
			s.place("BUY 1 AAPL", "a")
			s.tell(1, "Submitted")
			s.lose()
			s.fill(1, "1")
			s.session()
			s.trade("BUY 1 AAPL", "a")
		}, Fail, "whose end the client did not know"},
		{"twice in one session", func(s *script) {
			s.session()
			s.place("BUY 1 AAPL", "a")
			s.place("BUY 1 AAPL", "a")
		}, Fail, "which had not ended"},
		{"beside one that the client knew to work", sliced, Inconclusive, "which its client knew to work: one intent's, or a strategy's name? Say so with subject.reference or --reference intent|strategy"},
		{"beside one that the client knew to work, and one more unheard", func(s *script) {
			sliced(s)
			s.place("BUY 1 AAPL", "twap")
			s.place("BUY 1 AAPL", "twap")
		}, Fail, "permId 1006, beside permId 1005, which had not ended"},
		{"beside one that worked, in a session with a fault", func(s *script) {
			s.session()
			s.place("BUY 1 AAPL", "a")
			s.tell(1, "Submitted")
			s.Receipts = append(s.Receipts, Receipt{Planned: fault.Delay, Connection: 1, At: s.step()})
			s.place("BUY 1 AAPL", "a")
		}, Fail, "which had not ended"},
		{"beside one that worked, when another session was lost", func(s *script) {
			s.session()
			s.lose()
			s.session()
			old := &s.Connections[0]
			old.Accepted, old.GatewayRST, old.Closed = s.now, s.now+150*ms, s.now+150*ms
			s.place("BUY 1 AAPL", "a")
			s.tell(1, "Submitted")
			s.place("BUY 1 AAPL", "a")
		}, Fail, "which had not ended"},
		{"another size after a lost session", func(s *script) {
			s.session()
			lostAck(s, "BUY 1 AAPL", "a")
			s.session()
			s.trade("BUY 2 AAPL", "a")
		}, Inconclusive, "--reference intent|strategy"},
		{"known, but a session was lost since", func(s *script) {
			s.session()
			s.trade("BUY 1 AAPL", "a")
			s.lose()
			s.session()
			s.askAll()
			s.trade("BUY 1 AAPL", "a")
		}, Inconclusive, "one intent's, or a strategy's name?"},
		{"known, and the life was killed since", func(s *script) {
			s.session()
			s.trade("BUY 1 AAPL", "a")
			s.kill()
			s.begin()
			s.session()
			s.trade("BUY 1 AAPL", "a")
		}, Inconclusive, "one intent's, or a strategy's name?"},
		{"a lost acknowledgement under a strategy's name", func(s *script) {
			s.session()
			s.trade("BUY 1 AAPL", "sma")
			s.trade("BUY 1 AAPL", "sma")
			lostAck(s, "BUY 1 AAPL", "sma")
			s.session()
			s.trade("BUY 1 AAPL", "sma")
		}, Fail, "permId 1004, beside permId 1003"},
		{"the first was rejected", func(s *script) {
			s.session()
			o := s.place("BUY 1 AAPL", "a")
			o.Rejected, o.Status = true, "Inactive"
			s.fail(1, 201)
			s.trade("BUY 1 AAPL", "a")
		}, Pass, ""},
		{"cancelled and placed again", func(s *script) {
			s.session()
			s.place("BUY 1 AAPL", "a")
			s.tell(1, "Submitted")
			s.cancel(1)
			s.trade("BUY 1 AAPL", "a")
		}, Pass, ""},
		{"cancelled after it was placed again", func(s *script) {
			s.session()
			s.place("BUY 1 AAPL", "a")
			s.place("BUY 1 AAPL", "a")
			s.cancel(1)
		}, Fail, "which had not ended"},
		{"the rest of one that was filled in part", func(s *script) {
			s.session()
			s.place("BUY 10 AAPL", "a")
			s.tell(1, "Submitted")
			s.fill(1, "4")
			s.cancel(1)
			s.lose()
			s.session()
			s.trade("BUY 6 AAPL", "a")
		}, Pass, ""},
		{"a bracket", bracket, Pass, "3 orders"},
		{"an option is exercised", func(s *script) {
			s.session()
			s.trade("BUY 1 AAPL", "a")
			s.say(Message{Kind: "exerciseOptions", FromClient: true, Digest: fakegateway.Digest{OrderID: s.next, Symbol: "AAPL", SecType: "OPT"}})
			s.place("SELL 1 AAPL", "").Type = "EXERC"
			s.Messages = s.Messages[:len(s.Messages)-1] // no order was sent for it
		}, Pass, "1 order with"},
		{"an exercise that nobody asked for", func(s *script) {
			s.session()
			s.trade("BUY 1 AAPL", "a")
			s.place("SELL 1 AAPL", "").Type = "EXERC"
		}, Inconclusive, "no message that placed order 1002"},
		{"a group of which one cancels the others", func(s *script) {
			s.session()
			for range 2 {
				s.place("SELL 1 AAPL", "a").OCAGroup = "g"
			}
		}, Pass, ""},
		{"again in one group after a lost acknowledgement", func(s *script) {
			s.session()
			lostAck(s, "BUY 1 AAPL", "a")
			s.session()
			s.trade("BUY 1 AAPL", "a")
			s.order(1).OCAGroup, s.order(2).OCAGroup = "g", "g"
		}, Fail, "whose end the client did not know"},
		{"a stop after its entry", func(s *script) { s.session(); s.trade("BUY 1 AAPL", "a"); s.place("SELL 1 AAPL", "a") }, Pass, ""},
		{"two symbols", func(s *script) {
			s.session()
			lostAck(s, "BUY 1 AAPL", "a")
			s.session()
			s.trade("BUY 1 MSFT", "a")
		}, Pass, ""},
		{"two accounts", func(s *script) {
			s.session()
			lostAck(s, "BUY 1 AAPL DU1", "a")
			s.session()
			s.trade("BUY 1 AAPL DU2", "a")
		}, Pass, ""},
		{"a changed order", func(s *script) { s.session(); s.place("BUY 2 AAPL", "a"); s.change(1, "BUY 1 AAPL") }, Pass, "1 order"},
		{"told as cancelled, filled, and sent again", func(s *script) {
			s.session()
			s.place("BUY 1 AAPL", "a")
			s.tell(1, "Cancelled")
			s.fill(1, "1")
			s.trade("BUY 1 AAPL", "a")
		}, Fail, "which was told as cancelled and had filled"},
		{"replaced before its cancel was answered, and filled", func(s *script) {
			s.session()
			s.place("BUY 1 AAPL", "a")
			s.tell(1, "Submitted")
			s.say(Message{Kind: "cancelOrder", FromClient: true, Digest: fakegateway.Digest{OrderID: 1}})
			s.place("BUY 1 AAPL", "a")
			s.Messages[len(s.Messages)-1].LmtPrice = "200"
			s.fill(1, "1")
			s.fill(2, "1")
		}, Inconclusive, "whose end the client did not know"},
		{"left at work by a life that ended well", func(s *script) {
			s.session()
			s.place("BUY 1 AAPL", "sma")
			s.tell(1, "Submitted")
			s.end(0)
			s.begin()
			s.session()
			s.place("BUY 1 AAPL", "sma")
		}, Inconclusive, "--reference intent|strategy"},
		{"left at work by a life that ended well, and told to the next", func(s *script) {
			s.session()
			s.place("BUY 1 AAPL", "sma")
			s.tell(1, "Submitted")
			s.end(0)
			s.begin()
			s.session()
			s.tell(1, "Submitted")
			s.place("BUY 1 AAPL", "sma")
		}, Inconclusive, "--reference intent|strategy"},
		{"told to be at work after a lost session, and sent again", func(s *script) {
			s.session()
			s.place("BUY 1 AAPL", "a")
			s.lose()
			s.session()
			s.tell(1, "Submitted")
			s.place("BUY 1 AAPL", "a")
		}, Fail, "which had not ended"},
		{"steps of a ladder", func(s *script) { s.session(); s.place("BUY 1 AAPL", "a"); s.place("BUY 2 AAPL", "a") }, Pass, ""},
		{"a strategy's name over ten lives", func(s *script) {
			for range 10 {
				s.session()
				s.trade("BUY 1 AAPL", "sma-cross")
				s.end(0)
				s.begin()
			}
		}, Inconclusive, "no identity: the reference of 10 orders is a strategy's name"},
		{"a reverses and back, with a session lost", func(s *script) {
			s.session()
			lostAck(s, "BUY 1 AAPL", "sma")
			s.session()
			s.askAll()
			s.tell(1, "Filled")
			s.trade("SELL 1 AAPL", "sma")
			s.trade("BUY 1 AAPL", "sma")
		}, Inconclusive, "strategy's name"},
		{"no order", func(s *script) { s.session() }, Inconclusive, "no order was sent"},
		{"no name", func(s *script) { s.session(); s.trade("BUY 1 AAPL", ""); s.trade("BUY 1 AAPL", "") }, Inconclusive, "2 orders without an orderRef"},
		{"orders by hand", func(s *script) {
			s.session()
			for id := range int64(2) {
				s.Books.Orders = append(s.Books.Orders, Order{PermID: id, OrderRef: "a", Action: "BUY", Symbol: "AAPL", Quantity: dec("1"), Manual: true})
			}
		}, Inconclusive, "no order was sent"},
		{"messages are missing", func(s *script) { s.session(); s.trade("BUY 1 AAPL", "a"); s.Messages = nil }, Inconclusive, "no message that placed order 1001"},
		{"messages were lost", func(s *script) { s.session(); s.trade("BUY 1 AAPL", "a"); s.Footer.MessagesLost = 1 }, Inconclusive, "could not keep 1 message"},
		{"no books", func(s *script) { s.session(); s.Books.Taken = false }, Inconclusive, "not read"},
	})
	tagged := func(s *script) { s.session(); s.trade("BUY 1 AAPL", "x"); s.trade("BUY 1 AAPL", "x") }
	blind := func(s *script) {
		s.session()
		lostAck(s, "BUY 1 AAPL", "x")
		s.session()
		s.askAll()
		s.trade("BUY 1 AAPL", "x")
	}
	inferred = append(inferred, casesOf(once, saying(RefIntent), []steps{
		{"said: an intent", tagged, Fail, `orderRef "x"`},
		{"said: an intent, a bracket", bracket, Pass, ""},
		{"said: an intent, beside one that worked", sliced, Fail, "permId 1002, beside permId 1001"},
		{"said: an intent, three filled in one group", grouped("BUY 1 AAPL 1", "BUY 1 AAPL 1", "BUY 1 AAPL 1"), Fail, "permId 1002, beside permId 1001"},
		{"said: an intent, a child that buys as well", func(s *script) {
			s.session()
			s.trade("BUY 1 AAPL", "x")
			s.trade("BUY 1 AAPL", "x")
			s.order(2).ParentID = 1
		}, Fail, "permId 1002, beside permId 1001"},
		{"said: an intent, children that sell more than was bought", func(s *script) {
			s.session()
			s.trade("BUY 1 AAPL", "x")
			for id := range 2 {
				s.trade("SELL 1 AAPL", "x")
				s.order(id + 2).ParentID = 1
			}
		}, Fail, "permId 1003, beside permId 1002"},
		{"said: an intent, children that sell what was bought", func(s *script) {
			s.session()
			s.trade("BUY 2 AAPL", "x")
			for id := range 2 {
				s.trade("SELL 1 AAPL", "x")
				s.order(id + 2).ParentID = 1
			}
		}, Pass, ""},
		{"said: an intent, a group that reduces", grouped("SELL 10 AAPL 4", "SELL 10 AAPL 6"), Pass, ""},
		{"said: an intent, a group that was reduced in the books", func(s *script) {
			grouped("SELL 10 AAPL 4", "SELL 10 AAPL 6")(s)
			s.order(1).Quantity, s.order(2).Quantity = dec("7"), dec("6")
			s.order(1).Modifications = 1
		}, Pass, ""},
		{"said: an intent, a group that sold more than its largest", grouped("SELL 10 AAPL 6", "SELL 10 AAPL 6"), Fail, "beside permId 1001"},
	})...)
	inferred = append(inferred, casesOf(once, saying(RefStrategy), []steps{
		{"said: a strategy", blind, Inconclusive, "a strategy's name"},
	})...)
	return append(inferred, casesOf(claimed, nil, []steps{
		{"claimed, and nothing can tell", func(s *script) { s.session(); s.trade("BUY 1 AAPL", ""); s.trade("BUY 1 AAPL", "") }, Inconclusive, "--expect-position"},
		{"claimed, by two intents", func(s *script) { s.session(); s.trade("BUY 1 AAPL", "a"); s.trade("BUY 1 AAPL", "b") }, Pass, "by identity"},
	})...)
}

func resendCases() []judged {
	again := func(questions ...string) func(*script) {
		return func(s *script) {
			s.session()
			lostAck(s, "BUY 1 AAPL", "try-1")
			s.session()
			s.ask(questions...)
			s.trade("BUY 1.0 AAPL", "try-2")
		}
	}
	cases := casesOf(Check{Name: "no-blind-resend"}, nil, []steps{
		{"nothing was asked", again(), Fail, "no full answer to open orders, executions, completed orders came first"},
		{"open orders alone", again("reqOpenOrders"), Fail, "no full answer to executions, completed orders"},
		{"open orders and positions, and it is in the books", again("reqAllOpenOrders", "reqPositions"), Fail, "executions"},
		{"all three, and the answers say that it is there", again("reqAllOpenOrders", "reqExecutions", "reqCompletedOrders"), Inconclusive, "wanted twice, or the same again?"},
		{"all three, and it was moved back before", func(s *script) {
			s.session()
			lostAck(s, "BUY 1 AAPL", "try-1")
			s.session()
			s.askAll()
			s.trade("SELL 1 AAPL", "try-2")
			s.trade("BUY 1 AAPL", "try-3")
		}, Pass, "none sent again"},
		{"again and again", func(s *script) {
			s.session()
			lostAck(s, "BUY 1 AAPL", "")
			s.session()
			s.trade("BUY 1 AAPL", "")
			s.trade("BUY 1 AAPL", "")
		}, Fail, "1 lost acknowledgement, 1 sent again"},
		{"asked and not answered", func(s *script) {
			s.session()
			lostAck(s, "BUY 1 AAPL", "")
			s.session()
			s.ask("reqOpenOrders", "reqExecutions")
			s.say(Message{Kind: "reqCompletedOrders", FromClient: true})
			s.trade("BUY 1 AAPL", "")
		}, Fail, "no full answer to completed orders"},
		{"an end that nobody asked for", func(s *script) {
			s.session()
			lostAck(s, "BUY 1 AAPL", "")
			s.connect()
			s.say(Message{Kind: "openOrderEnd"})
			s.ready()
			s.ask("reqExecutions", "reqCompletedOrders")
			s.trade("BUY 1 AAPL", "")
		}, Fail, "no full answer to open orders came"},
		{"told among the open orders unasked", func(s *script) {
			s.session()
			s.place("BUY 1 AAPL", "")
			s.lose()
			s.connect()
			s.tell(1, "Submitted")
			s.ready()
			s.ask("reqExecutions", "reqCompletedOrders")
			s.place("BUY 1 AAPL", "")
		}, Inconclusive, "--max-position AAPL=N"},
		{"it never arrived, and positions say so", func(s *script) {
			s.session()
			s.send(1, "BUY 1 AAPL", "")
			s.lose()
			s.session()
			s.ask("reqOpenOrders", "reqPositions")
			s.next = 2
			s.trade("BUY 1 AAPL", "")
		}, Pass, "1 lost acknowledgement"},
		{"it never arrived, and nobody asked", func(s *script) {
			s.session()
			s.send(1, "BUY 1 AAPL", "")
			s.lose()
			s.session() // which offers the same id
			s.trade("BUY 1 AAPL", "")
		}, Fail, "again"},
		{"the same id again is a change", func(s *script) {
			s.session()
			s.place("BUY 1 AAPL", "")
			s.lose()
			s.session()
			s.change(1, "BUY 1 AAPL")
		}, Pass, "1 lost acknowledgement"},
		{"its end was told", func(s *script) {
			s.session()
			lostAck(s, "BUY 1 AAPL", "")
			s.session()
			s.tell(1, "Filled")
			s.trade("BUY 1 AAPL", "")
		}, Inconclusive, "wanted twice"},
		{"what was learnt in a session that was lost as well", func(s *script) {
			s.session()
			s.send(1, "BUY 1 AAPL", "")
			s.lose()
			s.session()
			s.askAll()
			s.lose()
			s.session()
			s.trade("BUY 1 AAPL", "")
		}, Pass, ""},
		{"the life was killed", func(s *script) {
			s.session()
			s.place("BUY 1 AAPL", "")
			s.kill()
			s.begin()
			s.session()
			s.trade("BUY 1 AAPL", "")
		}, Fail, "again"},
		{"it gave up waiting and came back", func(s *script) {
			s.session()
			s.place("BUY 1 AAPL", "")
			s.Receipts = append(s.Receipts, Receipt{Planned: fault.StopWriting, Connection: 1, At: s.step()})
			s.leave()
			s.session()
			s.trade("BUY 1 AAPL", "")
		}, Fail, "again"},
		{"another side, size and symbol", func(s *script) {
			s.session()
			lostAck(s, "BUY 1 AAPL", "")
			s.session()
			s.trade("SELL 1 AAPL", "")
			s.trade("BUY 2 AAPL", "")
			s.trade("BUY 1 MSFT", "")
		}, Pass, ""},
		{"another account", func(s *script) {
			s.session()
			lostAck(s, "BUY 1 AAPL DU1", "")
			s.session()
			s.trade("BUY 1 AAPL DU2", "")
		}, Pass, ""},
		{"one order a life, none waited for", func(s *script) {
			for range 3 {
				s.session()
				s.place("BUY 1 AAPL", "")
				s.end(0)
				s.begin()
			}
		}, Inconclusive, "0 lost acknowledgements seen"},
		{"acknowledged before the session was lost", func(s *script) {
			s.session()
			s.place("BUY 1 AAPL", "")
			s.tell(1, "Submitted")
			s.lose()
			s.session()
			s.trade("BUY 1 AAPL", "")
		}, Inconclusive, "which worked when its session was lost: wanted twice"},
		{"acknowledged, filled while it was away, and only open orders were asked for", func(s *script) {
			s.session()
			s.place("BUY 1 AAPL", "try-1")
			s.tell(1, "Submitted")
			s.lose()
			s.fill(1, "1")
			s.session()
			s.ask("reqOpenOrders")
			s.trade("BUY 1 AAPL", "try-2")
		}, Inconclusive, "which worked when its session was lost"},
		{"acknowledged, and known to work still", func(s *script) {
			s.session()
			s.place("BUY 1 AAPL", "")
			s.tell(1, "Submitted")
			s.lose()
			s.session()
			s.say(Message{Kind: "reqOpenOrders", FromClient: true})
			s.tell(1, "Submitted")
			s.say(Message{Kind: "openOrderEnd"})
			s.place("BUY 1 AAPL", "")
		}, Inconclusive, "0 lost acknowledgements seen"},
		{"asked, and sent without waiting for the answers", func(s *script) {
			s.session()
			lostAck(s, "BUY 1 AAPL", "try-1")
			s.session()
			began := s.now
			s.askAll()
			s.trade("BUY 1 AAPL", "try-2")
			for i := range s.Messages {
				if m := &s.Messages[i]; m.FromClient && m.At > began {
					m.Begun = began + ms // all of it came at once
				}
			}
		}, Fail, "no full answer to open orders, executions, completed orders"},
		{"asked for the executions of another symbol", func(s *script) {
			s.session()
			lostAck(s, "BUY 1 AAPL", "try-1")
			s.session()
			s.ask("reqOpenOrders", "reqCompletedOrders")
			s.say(Message{Kind: "reqExecutions", FromClient: true, Digest: fakegateway.Digest{Symbol: "MSFT"}})
			s.say(Message{Kind: "execDetailsEnd"})
			s.trade("BUY 1 AAPL", "try-2")
		}, Fail, "no full answer to executions"},
		{"in two halves, and nothing was asked", func(s *script) {
			s.session()
			lostAck(s, "BUY 2 AAPL", "try-1")
			s.session()
			s.trade("BUY 1 AAPL", "try-2")
			s.trade("BUY 1 AAPL", "try-3")
		}, Inconclusive, "is of another size or type"},
		{"another size, and it had looked", func(s *script) {
			s.session()
			lostAck(s, "BUY 2 AAPL", "try-1")
			s.session()
			s.askAll()
			s.trade("BUY 1 AAPL", "try-2")
		}, Pass, "none sent again"},
		{"in the same session, when no word had come", func(s *script) {
			s.session()
			s.place("BUY 1 AAPL", "try-1")
			s.now += 2 * sec
			s.trade("BUY 1 AAPL", "try-2")
			s.tell(1, "Submitted")
		}, Inconclusive, "of which nothing had been heard"},
		{"two at once", func(s *script) {
			s.session()
			s.place("BUY 1 AAPL", "a")
			s.place("BUY 1 AAPL", "b")
			s.tell(1, "Submitted")
			s.tell(2, "Submitted")
		}, Inconclusive, "0 lost acknowledgements seen"},
		{"told as cancelled, and filled", func(s *script) {
			s.session()
			s.place("BUY 1 AAPL", "try-1")
			s.tell(1, "Cancelled")
			s.fill(1, "1")
			s.trade("BUY 1 AAPL", "try-2")
		}, Inconclusive, "told as cancelled and had filled"},
		{"the first try was rejected, the second not", func(s *script) {
			s.session()
			lostAck(s, "BUY 1 AAPL", "")
			s.session()
			s.askAll()
			o := s.place("BUY 1 AAPL", "")
			o.Rejected, o.Status = true, "Inactive"
			s.fail(2, 201)
			s.trade("BUY 1 AAPL", "")
		}, Inconclusive, "wanted twice"},
		{"one share more each cycle, and nothing lost", func(s *script) {
			s.session()
			s.trade("BUY 1 AAPL", "a")
			s.trade("BUY 1 AAPL", "b")
			s.trade("BUY 1 AAPL", "c")
		}, Inconclusive, "0 lost acknowledgements seen"},
	})
	cases = append(cases, casesOf(Check{Name: "no-blind-resend"}, saying(RefStrategy), []steps{
		{"a strategy's name is no answer", func(s *script) {
			s.session()
			lostAck(s, "BUY 1 AAPL", "sma")
			s.session()
			s.askAll()
			s.trade("BUY 1 AAPL", "sma")
		}, Inconclusive, "wanted twice"},
	})...)
	return append(cases, casesOf(Check{Name: "no-blind-resend"}, wanting("AAPL", "", "2"), []steps{
		{"all three, and two are wanted", again("reqAllOpenOrders", "reqExecutions", "reqCompletedOrders"), Pass, "none sent again"},
	})...)
}

func wanting(symbol, want, most string) func(*Record) {
	return func(r *Record) {
		w := WantedPosition{Symbol: symbol}
		if want != "" {
			w.Want = new(dec(want))
		}
		if low, high, both := strings.Cut(most, ".."); both {
			w.Min, w.Max = new(dec(low)), new(dec(high))
		} else if most != "" {
			w.Max = new(dec(most))
		}
		r.Header.Scenario.Subject.Positions = []WantedPosition{w}
	}
}

func exposureCases() []judged {
	check := Check{Name: "exposure"}
	cases := casesOf(check, wanting("AAPL", "1", "1"), []steps{
		{"bought once", func(s *script) { s.session(); s.trade("BUY 1 AAPL", "") }, Pass, "largest exposure 1"},
		{"bought twice", func(s *script) { s.session(); s.trade("BUY 1 AAPL", ""); s.trade("BUY 1 AAPL", "") }, Fail, "order id 2: 2 of AAPL could be held, 1 is the most wanted"},
		{"twice, and given back", func(s *script) {
			s.session()
			s.trade("BUY 1 AAPL", "")
			s.trade("BUY 1 AAPL", "")
			s.trade("SELL 1 AAPL", "")
		}, Fail, "2 of AAPL could be held"},
		{"two at once that do not fill", func(s *script) {
			s.session()
			s.place("BUY 1 AAPL", "")
			s.place("BUY 1 AAPL", "")
			s.cancel(2)
			s.fill(1, "1")
		}, Fail, "order id 2: 2 of AAPL"},
		{"cancel, and after its end another", func(s *script) {
			s.session()
			s.place("BUY 1 AAPL", "")
			s.cancel(1)
			s.trade("BUY 1 AAPL", "")
		}, Pass, ""},
		{"in parts", func(s *script) {
			s.session()
			s.place("BUY 1 AAPL", "")
			s.fill(1, "0.4")
			s.cancel(1)
			s.trade("BUY 0.6 AAPL", "")
		}, Pass, "largest exposure 1"},
		{"out, and in again", func(s *script) {
			s.session()
			s.trade("BUY 1 AAPL", "")
			s.trade("SELL 1 AAPL", "")
			s.trade("BUY 1 AAPL", "")
		}, Pass, ""},
		{"one more is sold than is held", reverses, Fail, "SELL 2, order id 2: -1 of AAPL could be held, 0 is the least wanted"},
		{"a bracket", func(s *script) {
			s.session()
			s.place("BUY 1 AAPL", "")
			s.place("SELL 1 AAPL", "").ParentID = 1
			s.place("SELL 1 AAPL", "").ParentID = 1
			s.fill(1, "1")
			for id := 2; id <= 3; id++ {
				s.order(id).Status, s.order(id).DoneAt = "Cancelled", s.step()
			}
		}, Pass, ""},
		{"three exits for one share", func(s *script) {
			s.session()
			s.trade("BUY 1 AAPL", "")
			for range 3 {
				s.place("SELL 1 AAPL", "")
			}
		}, Fail, "SELL 1, order id 4: -2 of AAPL"},
		{"three exits in one group", func(s *script) {
			s.session()
			s.trade("BUY 1 AAPL", "")
			for range 3 {
				s.place("SELL 1 AAPL", "").OCAGroup = "g"
			}
			for id := 2; id <= 4; id++ {
				s.order(id).Status, s.order(id).DoneAt = "Cancelled", s.step()
			}
		}, Pass, ""},
		{"raised", func(s *script) { s.session(); s.place("BUY 1 AAPL", ""); s.change(1, "BUY 3 AAPL"); s.fill(1, "3") }, Fail, "3 of AAPL"},
		{"another symbol", func(s *script) { s.session(); s.trade("BUY 1 AAPL", ""); s.trade("BUY 9 MSFT", "") }, Pass, ""},
		{"one in each of two accounts", func(s *script) { s.session(); s.trade("BUY 1 AAPL DU1", ""); s.trade("BUY 1 AAPL DU2", "") }, Pass, ""},
		{"somebody sold one by hand", func(s *script) {
			s.session()
			s.trade("BUY 1 AAPL", "")
			byHand(s, "SELL")
			s.trade("BUY 1 AAPL", "")
		}, Pass, ""},
		{"not what is wanted at the end", func(s *script) { s.session(); s.trade("BUY 1 AAPL", ""); s.trade("SELL 1 AAPL", "") }, Fail, "holds 0 AAPL at the end, 1 is wanted"},
		{"still working at the end", func(s *script) { s.session(); s.place("BUY 1 AAPL", ""); s.hold(s.order(1), "0") }, Inconclusive, "still working"},
		{"no order", func(s *script) { s.session() }, Inconclusive, "0 orders seen"},
	})
	cases = append(cases, casesOf(check, wanting("AAPL", "", "1"), []steps{
		{"a short one that nobody wants", goesShort, Fail, "-1 of AAPL could be held"},
		{"five that were there before", func(s *script) {
			s.session()
			s.Books.Positions = []Position{{Account: "DU9000001", Symbol: "AAPL", Opening: dec("5"), Shares: dec("5")}}
			s.trade("SELL 4 AAPL", "")
		}, Pass, ""},
		{"more than was there before", func(s *script) {
			s.session()
			s.Books.Positions = []Position{{Account: "DU9000001", Symbol: "AAPL", Opening: dec("5"), Shares: dec("5")}}
			s.trade("BUY 1 AAPL", "")
		}, Fail, "6 of AAPL could be held, 1 is the most wanted"},
		{"one more is sold than was there before", func(s *script) {
			s.session()
			s.Books.Positions = []Position{{Account: "DU9000001", Symbol: "AAPL", Opening: dec("5"), Shares: dec("5")}}
			s.trade("SELL 6 AAPL", "")
		}, Fail, "-1 of AAPL"},
	})...)
	cases = append(cases, casesOf(check, wanting("AAPL", "1", "-1..1"), []steps{
		{"reversal and back, where both sides may be held", reverses, Pass, "largest exposure 1"},
		{"further than that", func(s *script) { s.session(); s.trade("SELL 2 AAPL", "") }, Fail, "-2 of AAPL could be held, -1 is the least wanted"},
	})...)
	cases = append(cases, casesOf(check, wanting("AAPL", "-1", "1"), []steps{
		{"short, as is wanted", goesShort, Pass, "largest exposure 1"},
		{"and back beyond zero", func(s *script) { goesShort(s); s.trade("BUY 2 AAPL", ""); s.trade("SELL 2 AAPL", "") }, Fail, "1 of AAPL could be held, 0 is the most wanted"},
	})...)
	return append(cases, casesOf(check, nil, []steps{
		{"nothing said", func(s *script) { s.session(); s.trade("BUY 1 AAPL", "") }, Inconclusive, "--expect-position"},
	})...)
}

func goesShort(s *script) {
	s.session()
	s.trade("SELL 1 AAPL", "")
}

func reverses(s *script) {
	s.session()
	s.trade("BUY 1 AAPL", "")
	s.trade("SELL 2 AAPL", "")
	s.trade("BUY 2 AAPL", "")
}

// byHand trades one AAPL at the terminal.
func byHand(s *script, action string) {
	o := Order{PermID: 7, Manual: true, Account: "DU9000001", Symbol: "AAPL", Action: action, Quantity: dec("1"), Status: "Filled"}
	s.Books.Orders = append(s.Books.Orders, o)
	side := "BOT"
	if action == "SELL" {
		side = "SLD"
	}
	s.Books.Fills = append(s.Books.Fills, Fill{PermID: 7, Account: o.Account, Symbol: "AAPL", Side: side, Shares: dec("1"), At: s.step()})
	s.hold(&o, "1")
}

func gateCases() []judged {
	cases := casesOf(Check{Name: "orders-after-ready"}, nil, []steps{
		{"after it", func(s *script) { s.session(); s.trade("BUY 1 AAPL", "") }, Pass, ""},
		{"before it", func(s *script) { s.connect(); s.trade("BUY 1 AAPL", ""); s.ready() }, Fail, "before nextValidId"},
		{"on the next connection before it", func(s *script) { s.session(); s.lose(); s.connect(); s.trade("BUY 1 AAPL", "") }, Fail, "before nextValidId"},
		{"read before it was written", func(s *script) {
			s.session()
			s.Messages[1].Begun = s.Messages[1].At - ms
			s.trade("BUY 1 AAPL", "")
			s.Messages[2].Begun = s.Messages[1].At - 2*ms
		}, Fail, "before nextValidId"},
		{"no order", func(s *script) { s.session() }, Inconclusive, "0 orders"},
	})
	cases = append(cases, casesOf(Check{Name: "order-ids-rise"}, nil, []steps{
		{"one after the other", func(s *script) { s.session(); s.trade("BUY 1 AAPL", ""); s.trade("BUY 1 AAPL", "") }, Pass, ""},
		{"with gaps", func(s *script) { s.session(); s.next = 1 << 30; s.trade("BUY 1 AAPL", ""); s.trade("BUY 1 AAPL", "") }, Pass, ""},
		{"below the offered one", func(s *script) { s.next = 5; s.session(); s.next = 3; s.trade("BUY 1 AAPL", "") }, Fail, "below 5"},
		{"falling", func(s *script) {
			s.session()
			s.next = 9
			s.trade("BUY 1 AAPL", "")
			s.next = 7
			s.trade("BUY 1 AAPL", "")
		}, Fail, "below 10"},
		{"a change", func(s *script) {
			s.session()
			s.place("BUY 2 AAPL", "")
			s.place("BUY 2 MSFT", "")
			s.change(1, "BUY 1 AAPL")
		}, Pass, ""},
		{"a refused id that is offered again", func(s *script) {
			s.session()
			s.send(1, "BUY 1 AAPL", "")
			s.fail(1, 201)
			s.say(Message{Kind: "reqIds", FromClient: true})
			s.ready()
			s.trade("BUY 1 MSFT", "")
		}, Pass, ""},
		{"no order", func(s *script) { s.session() }, Inconclusive, "0 orders"},
	})...)
	cases = append(cases, casesOf(Check{Name: "reconciled-before-orders"}, nil, []steps{
		{"an order first", func(s *script) {
			s.session()
			s.trade("BUY 1 AAPL", "")
			s.lose()
			s.session()
			s.trade("BUY 1 AAPL", "")
		}, Fail, "connection 1 was lost, and nothing was asked since"},
		{"positions first", func(s *script) { s.session(); s.lose(); s.session(); s.ask("reqPositions"); s.trade("BUY 1 AAPL", "") }, Pass, ""},
		{"asked, and not answered yet", func(s *script) {
			s.session()
			s.lose()
			s.session()
			s.say(Message{Kind: "reqPositions", FromClient: true})
			s.trade("BUY 1 AAPL", "")
		}, Fail, "nothing was asked since"},
		{"after a failed handshake in between", func(s *script) {
			s.session()
			s.lose()
			s.connect()
			s.conn().FirstRequested = 0
			s.lose()
			s.session()
			s.trade("BUY 1 AAPL", "")
		}, Fail, "connection 1 was lost"},
		{"a killed life that left an order open", func(s *script) {
			s.session()
			s.place("BUY 1 AAPL", "")
			s.kill()
			s.begin()
			s.session()
			s.trade("BUY 1 MSFT", "")
		}, Fail, "connection 1 was lost"},
		{"a killed life that left none", func(s *script) {
			s.session()
			s.trade("BUY 1 AAPL", "")
			s.kill()
			s.begin()
			s.session()
			s.trade("BUY 1 AAPL", "")
		}, Inconclusive, "0 orders after a lost session"},
		{"on a session beside the one that is lost later", func(s *script) {
			s.session()
			s.session()
			s.trade("BUY 1 AAPL", "")
			s.now += sec
			s.Connections[0].GatewayRST = s.now
		}, Inconclusive, "0 orders after a lost session"},
		{"on a session beside the one that was lost with an order open", func(s *script) {
			s.session()
			s.place("BUY 1 AAPL", "")
			s.session()
			s.trade("BUY 1 MSFT", "")
			s.now += sec
			s.Connections[0].GatewayRST = s.now
			s.now += sec
			s.trade("BUY 2 MSFT", "")
		}, Fail, "connection 1 was lost, and nothing was asked since"},
		{"sessions that ended as the client wanted", func(s *script) {
			for range 3 {
				s.session()
				s.trade("BUY 1 AAPL", "sma")
				s.leave()
			}
		}, Inconclusive, "0 orders after a lost session"},
	})...)
	outage := Check{Name: "no-orders-in-outage"}
	cases = append(cases, casesOf(outage, nil, []steps{
		{"after 1102", func(s *script) {
			s.session()
			s.fail(-1, 1100)
			s.now += 9 * sec
			s.fail(-1, 1102)
			s.trade("BUY 1 AAPL", "")
		}, Pass, ""},
		{"in it", func(s *script) {
			s.session()
			s.fail(-1, 1100)
			s.now += 9 * sec
			s.trade("BUY 1 AAPL", "")
			s.fail(-1, 1102)
		}, Fail, "after 1100"},
		{"in it, on a session beside the one that was told", func(s *script) {
			s.session()
			s.fail(-1, 1100)
			s.now += 9 * sec
			s.session()
			s.trade("BUY 1 AAPL", "")
		}, Fail, "after 1100"},
		{"on the next session, which a Gateway that restarted gives without a word", func(s *script) {
			s.session()
			s.fail(-1, 1100)
			s.now += 9 * sec
			s.lose()
			s.session()
			s.trade("BUY 1 AAPL", "")
		}, Pass, ""},
		{"after it, told on a session that began in it", func(s *script) {
			s.session()
			s.fail(-1, 1100)
			s.lose()
			s.session()
			s.fail(-1, 1102)
			s.now += 9 * sec
			s.trade("BUY 1 AAPL", "")
		}, Pass, ""},
		{"by the next life, which was told nothing", func(s *script) {
			s.session()
			s.fail(-1, 1100)
			s.now += 9 * sec
			s.end(0)
			s.begin()
			s.session()
			s.trade("BUY 1 AAPL", "")
		}, Pass, ""},
		{"crossing it", func(s *script) {
			s.session()
			s.fail(-1, 1100)
			s.trade("BUY 1 AAPL", "")
			s.now += 9 * sec
			s.fail(-1, 1101)
		}, Pass, ""},
		{"a cancel in it", func(s *script) {
			s.session()
			s.place("BUY 1 AAPL", "")
			s.fail(-1, 1100)
			s.now += 9 * sec
			s.cancel(1)
		}, Pass, ""},
		{"none", func(s *script) { s.session(); s.trade("BUY 1 AAPL", "") }, Inconclusive, "0 outages seen"},
	})...)
	return append(cases, casesOf(Check{Name: "right-account"}, nil, []steps{
		{"its own", func(s *script) { s.session(); s.trade("BUY 1 AAPL DU9000001", "") }, Pass, "DU9000001"},
		{"none named, and there is one", func(s *script) { s.session(); s.trade("BUY 1 AAPL", "") }, Pass, ""},
		{"another", func(s *script) { s.session(); s.send(1, "BUY 1 AAPL U7654321", ""); s.fail(1, 321) }, Fail, "U7654321 is not one of the Gateway's"},
		{"none named, and there are several", func(s *script) { s.session(); s.send(1, "BUY 1 AAPL", ""); s.fail(1, 435) }, Fail, "refused for its account"},
		{"no order", func(s *script) { s.session() }, Inconclusive, "0 orders"},
		{"no accounts known", func(s *script) { s.session(); s.Books.Cash, s.Messages = nil, nil }, Inconclusive, "not in the record"},
	})...)
}

func rateCases() []judged {
	busiest := func(n int) func(*script) {
		return func(s *script) { s.session(); s.conn().Busiest.Messages = n }
	}
	check := Check{Name: "message-rate"}
	cases := casesOf(check, nil, []steps{
		{"fifty", busiest(50), Pass, "at most 50 messages"},
		{"more", busiest(51), Fail, "51 messages in a second"},
		{"read late by a fault", func(s *script) {
			busiest(90)(s)
			s.Receipts = append(s.Receipts, Receipt{Planned: fault.StopReading, Connection: 1})
		}, Inconclusive, "0 connections seen"},
		{"nothing measured", busiest(0), Inconclusive, "0 connections seen"},
	})
	return append(cases, casesOf(check, func(r *Record) { r.Footer.LongestLag = fault.Duration(300 * time.Millisecond) }, []steps{
		{"on a busy machine", busiest(60), Inconclusive, "too busy"},
		{"beyond what a busy machine explains", busiest(70), Fail, "70 messages"},
	})...)
}

func changeCases() []judged {
	return casesOf(Check{Name: "no-order-beyond-intent"}, nil, []steps{
		{"lowered", func(s *script) {
			s.session()
			s.place("BUY 2 AAPL", "")
			s.change(1, "BUY 1 AAPL")
			s.change(1, "BUY 2 AAPL")
		}, Pass, ""},
		{"raised", func(s *script) { s.session(); s.place("BUY 2 AAPL", ""); s.change(1, "BUY 3 AAPL") }, Fail, "first BUY 2 AAPL: raised to 3"},
		{"an amount of money, raised", func(s *script) {
			s.session()
			s.place("BUY 0 EUR", "")
			s.Messages[len(s.Messages)-1].CashQty = "100"
			s.change(1, "BUY 0 EUR")
			s.Messages[len(s.Messages)-1].CashQty = "200"
		}, Fail, "raised to 200"},
		{"turned", func(s *script) { s.session(); s.place("BUY 2 AAPL", ""); s.send(1, "SELL 2 AAPL", "") }, Fail, "became SELL 2 AAPL"},
		{"the same contract, named by its id", func(s *script) {
			s.session()
			s.place("BUY 2 AAPL", "")
			s.change(1, "BUY 1 AAPL")
			s.Messages[3].Symbol, s.Messages[3].SecType, s.Messages[3].ConID = "", "", 265598
		}, Pass, ""},
		{"to another symbol", func(s *script) { s.session(); s.place("BUY 2 AAPL", ""); s.send(1, "BUY 2 MSFT", "") }, Fail, "became BUY 2 MSFT"},
		{"filled in part, and the whole again", func(s *script) { s.session(); s.place("BUY 10 AAPL", ""); s.fill(1, "4"); s.change(1, "BUY 10 AAPL") }, Pass, ""},
		{"after it was filled", func(s *script) { s.session(); s.trade("BUY 1 AAPL", ""); s.send(1, "BUY 3 AAPL", "") }, Pass, ""},
		{"a stop that grows with its position", func(s *script) {
			s.session()
			s.trade("BUY 1 AAPL", "")
			s.place("SELL 1 AAPL", "")
			s.trade("BUY 2 AAPL", "")
			s.change(2, "SELL 3 AAPL")
		}, Pass, ""},
		{"a stop that grows beyond it", func(s *script) {
			s.session()
			s.trade("BUY 1 AAPL", "")
			s.place("SELL 1 AAPL", "")
			s.change(2, "SELL 3 AAPL")
		}, Fail, "raised to 3"},
		{"an id that the Gateway never had", func(s *script) {
			s.session()
			s.send(1, "BUY 1 AAPL", "")
			s.lose()
			s.session()
			s.askAll()
			s.trade("SELL 1 MSFT", "")
		}, Inconclusive, "0 changes"},
		{"no change", func(s *script) { s.session(); s.trade("BUY 1 AAPL", "") }, Inconclusive, "0 changes"},
	})
}

func endCases() []judged {
	return casesOf(Check{Name: "no-orders-after-end"}, nil, []steps{
		{"before it", func(s *script) { s.session(); s.trade("BUY 1 AAPL", "") }, Pass, "was watched for"},
		{"a new session after it", func(s *script) { s.session(); s.end(0); s.now += 3 * sec; s.session() }, Fail, "a new session"},
		{"an order after it", func(s *script) {
			s.session()
			s.Lives[0].Exited = s.step()
			s.now += 3 * sec
			s.trade("BUY 1 AAPL", "")
		}, Fail, "after the life's end"},
		{"on its way at the end", func(s *script) {
			s.session()
			s.Lives[0].Exited = s.step()
			s.trade("BUY 1 AAPL", "")
		}, Pass, ""},
		{"flattened after SIGTERM", func(s *script) {
			s.session()
			s.Lives[0].TermSent = s.step()
			s.trade("SELL 1 AAPL", "")
		}, Pass, ""},
		{"long after SIGTERM", func(s *script) {
			s.session()
			s.Lives[0].TermSent = s.step()
			s.now += 4 * sec
			s.trade("SELL 1 AAPL", "")
		}, Fail, "after SIGTERM"},
		{"outside any life", func(s *script) {
			s.session()
			s.trade("BUY 1 AAPL", "")
			s.Messages[2].Life = 0
		}, Fail, "outside any life"},
		{"not watched", func(s *script) { s.session(); s.end(0); s.now -= 5 * sec }, Inconclusive, "0 lives seen"},
		{"nobody", func(*script) {}, Inconclusive, "never connected"},
	})
}

func bookCases() []judged {
	books := Check{Name: "books-add-up"}
	traded := func(r *Record) {
		r.Books.Orders = []Order{
			{PermID: 1, OrderRef: "a", Action: "BUY", Symbol: "AAPL", Account: "DU9000001", Quantity: dec("10"), Filled: dec("10"), Status: "Filled"},
			{PermID: 2, OrderRef: "b", Action: "SELL", Symbol: "AAPL", Account: "DU9000001", Quantity: dec("4"), Filled: dec("3"), Status: "Submitted"},
		}
		r.Books.Fills = []Fill{
			{ExecID: "1", PermID: 1, Account: "DU9000001", Symbol: "AAPL", Side: "BOT", Shares: dec("10"), Price: dec("2.5"), Commission: dec("1")},
			{ExecID: "2", PermID: 2, Account: "DU9000001", Symbol: "AAPL", Side: "SLD", Shares: dec("3"), Price: dec("3"), Commission: dec("0.5")},
		}
		r.Books.Positions = []Position{{Account: "DU9000001", Symbol: "AAPL", Shares: dec("7")}}
		r.Books.Cash[0].Balance = dec("82.50")
	}
	with := func(change func(*Books)) func(*Record) {
		return func(r *Record) { traded(r); change(&r.Books) }
	}
	return []judged{
		{"untouched", tenLives(), books, nil, Pass, "0 orders"},
		{"traded", tenLives(), books, traded, Pass, "2 fills"},
		{"a share too many", tenLives(), books, with(func(b *Books) { b.Positions[0].Shares = dec("8") }), Inconclusive, "holds 8 AAPL, the fills give 7"},
		{"a cent too few", tenLives(), books, with(func(b *Books) { b.Cash[0].Balance = dec("82.49") }), Inconclusive, "has 82.49"},
		{"overfilled", tenLives(), books, with(func(b *Books) { b.Orders[1].Quantity = dec("2") }), Inconclusive, "order 2 of 2 is filled by 3"},
		{"a fill without a position", tenLives(), books, with(func(b *Books) { b.Positions = nil }), Inconclusive, "and no position"},
		{"not read", tenLives(), books, func(r *Record) { r.Books.Taken = false }, Inconclusive, "not read"},
	}
}
