package harness

import (
	"strings"

	"ibsoak/fakegateway"
	"ibsoak/fakegateway/fault"
)

// script writes the record of a run step by step, as a Gateway would see it: each step is a tenth
// of a second after the one before.
type script struct {
	*Record
	now  Moment
	next int // the next order id
}

// scripted is the record of a continuous run in which the steps happened.
func scripted(steps func(*script)) *Record {
	r := tenLives()
	r.Header.Scenario.Subject = Subject{Mode: Continuous}
	r.Lives, r.Connections, r.Looks = nil, nil, nil
	s := &script{Record: r, next: 1}
	s.begin()
	steps(s)
	s.end(0)
	r.Footer.Ended = s.now + 5*sec
	return r
}

func (s *script) step() Moment {
	s.now += 100 * ms
	return s.now
}

// begin starts a life.
func (s *script) begin() {
	s.Lives = append(s.Lives, Life{Number: len(s.Lives) + 1, PID: 100, Started: s.step()})
}

// end ends the life, and its session if it has one.
func (s *script) end(code int) {
	s.leave()
	l := &s.Lives[len(s.Lives)-1]
	if l.Exited == 0 {
		l.Exited, l.ExitCode, l.EndedBy = s.step(), code, EndedItself
	}
}

// kill ends life and session as a kill -9 does.
func (s *script) kill() {
	l := &s.Lives[len(s.Lives)-1]
	l.KillSent, l.Exited, l.ExitCode, l.Signal, l.EndedBy = s.step(), s.step(), -1, "killed", EndedKillAt
	s.conn().ClientFIN, s.conn().Closed = l.Exited, l.Exited
}

func (s *script) conn() *Connection { return &s.Connections[len(s.Connections)-1] }

// session connects and completes the handshake, up to the first request.
func (s *script) session() {
	s.connect()
	s.ready()
}

func (s *script) connect() {
	id, at := len(s.Connections)+1, s.step()
	c := clean(id, len(s.Lives), at)
	c.ClientFIN, c.GatewayFIN, c.Closed, c.ClosedFirst = 0, 0, 0, ""
	c.Busiest = Rate{Messages: 5, At: at}
	s.Connections = append(s.Connections, c)
	s.say(Message{Kind: "managedAccounts", Digest: fakegateway.Digest{Account: "DU9000001"}})
}

func (s *script) ready() {
	s.say(Message{Kind: "nextValidId", Digest: fakegateway.Digest{OrderID: s.next}})
}

// say adds a message of the newest connection.
func (s *script) say(m Message) {
	m.At, m.Life, m.Connection = s.step(), len(s.Lives), s.conn().ID
	s.Messages = append(s.Messages, m)
}

// ask asks a question and gets its whole answer.
func (s *script) ask(requests ...string) {
	for _, request := range requests {
		s.say(Message{Kind: request, FromClient: true})
		for end, q := range answerEnds {
			if q == questions[request] && (q != askedPositions || end == "positionEnd") {
				s.say(Message{Kind: end})
			}
		}
	}
}

func (s *script) askAll() { s.ask("reqOpenOrders", "reqExecutions", "reqCompletedOrders") }

// send writes an order that never reaches the books: "BUY 1 AAPL", or "BUY 1 AAPL DU7" with an account.
func (s *script) send(id int, what, ref string) Message {
	w := strings.Fields(what + " ")
	d := fakegateway.Digest{
		OrderID: id, Action: w[0], Quantity: w[1], Symbol: w[2], SecType: "STK", OrderType: "MKT", OrderRef: ref,
	}
	if len(w) > 3 {
		d.Account = w[3]
	}
	s.say(Message{Kind: "placeOrder", FromClient: true, Digest: d})
	return s.Messages[len(s.Messages)-1]
}

// place sends an order with the next id and puts it into the books.
func (s *script) place(what, ref string) *Order {
	id := s.next
	s.next++
	m := s.send(id, what, ref)
	account := m.Account
	if account == "" {
		account = "DU9000001"
	}
	s.Books.Orders = append(s.Books.Orders, Order{
		PermID: int64(1000 + id), OrderID: int64(id), ClientID: 1, OrderRef: ref, Account: account,
		Symbol: m.Symbol, Action: m.Action, Quantity: dec(m.Quantity), Status: "Submitted", Type: "MKT", PlacedAt: m.At,
	})
	return s.order(id)
}

func (s *script) order(id int) *Order {
	for i := range s.Books.Orders {
		if s.Books.Orders[i].OrderID == int64(id) {
			return &s.Books.Orders[i]
		}
	}
	return nil
}

// change sends the id again, and the exchange takes it.
func (s *script) change(id int, what string) {
	o := s.order(id)
	m := s.send(id, what, o.OrderRef)
	o.Quantity, o.Modifications = dec(m.Quantity), o.Modifications+1
}

// tell writes an openOrder with a status.
func (s *script) tell(id int, status string) {
	s.say(Message{Kind: "openOrder", Digest: fakegateway.Digest{OrderID: id, PermID: int64(1000 + id), Status: status}})
}

// fill fills so much of an order in the books, without a word to the client.
func (s *script) fill(id int, shares string) {
	o := s.order(id)
	at := s.step()
	side := "BOT"
	if o.Action == "SELL" {
		side = "SLD"
	}
	s.Books.Fills = append(s.Books.Fills, Fill{
		PermID: o.PermID, Account: o.Account, Symbol: o.Symbol, Side: side, Shares: dec(shares), At: at,
	})
	o.Filled, _ = o.Filled.Add(dec(shares))
	if o.Filled.Cmp(o.Quantity) == 0 {
		o.Status, o.DoneAt = "Filled", at
	}
	s.hold(o, shares)
}

// hold books the fill into the position.
func (s *script) hold(o *Order, shares string) {
	signed := dec(shares)
	if o.Action == "SELL" {
		signed = signed.Neg()
	}
	for i := range s.Books.Positions {
		if p := &s.Books.Positions[i]; p.Account == o.Account && p.Symbol == o.Symbol {
			p.Shares, _ = p.Shares.Add(signed)
			return
		}
	}
	s.Books.Positions = append(s.Books.Positions, Position{Account: o.Account, Symbol: o.Symbol, Shares: signed})
}

// trade places, acknowledges and fills an order, and tells all of it.
func (s *script) trade(what, ref string) int {
	o := s.place(what, ref)
	id := int(o.OrderID)
	s.tell(id, "Submitted")
	s.fill(id, o.Quantity.String())
	s.tell(id, "Filled")
	return id
}

// cancel cancels an order, and tells it.
func (s *script) cancel(id int) {
	s.say(Message{Kind: "cancelOrder", FromClient: true, Digest: fakegateway.Digest{OrderID: id}})
	o := s.order(id)
	o.Status, o.DoneAt, o.CanceledByClient = "Cancelled", s.step(), true
	s.tell(id, "Cancelled")
}

// fail writes an error about a request or an order.
func (s *script) fail(id, code int) {
	s.say(Message{Kind: "errMsg", Digest: fakegateway.Digest{ReqID: id, Code: code}})
}

// lose resets the session.
func (s *script) lose() {
	c, at := s.conn(), s.step()
	c.GatewayRST, c.Closed, c.ClosedFirst = at, at, "gateway"
	s.Receipts = append(s.Receipts, Receipt{Fault: "reset", Planned: fault.RST, Wire: "RST", Connection: c.ID, At: at})
}

// leave ends the session as its client wants.
func (s *script) leave() {
	if len(s.Connections) == 0 {
		return
	}
	if c := s.conn(); c.Closed == 0 {
		at := s.step()
		c.ClientFIN, c.GatewayFIN, c.Closed, c.ClosedFirst = at, at+ms, at+ms, "client"
	}
}
