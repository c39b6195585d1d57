package harness

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"ibsoak/fakegateway/exchange"

	"github.com/govalues/decimal"
)

// orderLog is the run's orders as the wire had them, each beside what the books say of it. Places
// in Record.Messages are the order of events: the Gateway numbers them over all connections.
type orderLog struct {
	r      *Record
	orders []*sentOrder // in the order in which they were first read
	byID   map[orderKey]*sentOrder
	byPerm map[int64]orderKey
	conns  map[int]Connection
	// answers are the complete answers to questions about orders and holdings.
	answers []answered
	offers  map[int]offer  // the latest next order id, by client id
	ids     map[int]*idsOn // by connection
	// exercised are the ids of instructions about options, which are no orders of anybody's.
	exercised map[orderKey]bool
}

// orderKey is what the Gateway knows a client's order by.
type orderKey struct {
	client int
	order  int
}

// offer is a nextValidId.
type offer struct {
	place int
	id    int
}

// idsOn are the order ids of one connection.
type idsOn struct {
	first Message // the nextValidId that began the session
	floor int     // the lowest id that a new order may have: the one offered last, or above those sent since
}

// sentOrder is one order of the subject's. The same id again is a change of it, or another attempt.
type sentOrder struct {
	Message        // the first that asked for it
	place   int    // of that message
	knew    int    // of the first message that its client could not have read when it sent this
	index   int    // in orderLog.orders
	ids     *idsOn // nil: no id had been offered on its connection
	floor   int    // idsOn.floor, before it
	client  int    // the client id
	book    *Order // nil: it never reached the books
	changes []sentChange
	told    []telling
	cancels []int // places of the requests to cancel it
	refused bool  // by an error, and not in the books
}

// sentChange is the same order id, sent again.
type sentChange struct {
	Message
	place int
}

// telling is one message to a client that named an order.
type telling struct {
	place   int
	message Message
}

// question is what a client asks to learn what became of its orders.
type question string

// The questions.
const (
	askedOpen       question = "open orders"
	askedExecutions question = "executions"
	askedCompleted  question = "completed orders"
	askedPositions  question = "positions"
)

// answered is a question whose answer was written in full.
type answered struct {
	Message  // the request: it can ask for less than everything
	place    int
	question question
	all      bool // of every client's orders, not of the asking one's
}

// questions maps a request to what it asks, ends an answer's end to the requests it ends.
var (
	questions = map[string]question{
		"reqOpenOrders": askedOpen, "reqAllOpenOrders": askedOpen,
		"reqExecutions": askedExecutions, "reqCompletedOrders": askedCompleted,
		"reqPositions": askedPositions, "reqPositionsMulti": askedPositions,
		"reqAccountUpdates": askedPositions, "reqAccountUpdatesMulti": askedPositions,
	}
	answerEnds = map[string]question{
		"openOrderEnd": askedOpen, "execDetailsEnd": askedExecutions,
		"completedOrdersEnd": askedCompleted, "positionEnd": askedPositions,
		"positionMultiEnd": askedPositions, "acctDownloadEnd": askedPositions,
		"accountUpdateMultiEnd": askedPositions,
	}
)

// ordersOf reads the record's orders.
func ordersOf(r *Record) *orderLog {
	l := &orderLog{
		r: r, byID: map[orderKey]*sentOrder{}, byPerm: map[int64]orderKey{},
		conns: map[int]Connection{}, offers: map[int]offer{}, ids: map[int]*idsOn{}, exercised: map[orderKey]bool{},
	}
	for _, c := range r.Connections {
		l.conns[c.ID] = c
	}
	books := map[orderKey]*Order{}
	for i := range r.Books.Orders {
		o := &r.Books.Orders[i]
		if !o.Manual && o.OrderID != 0 && !o.exercises() {
			key := orderKey{o.ClientID, int(o.OrderID)}
			books[key], l.byPerm[o.PermID] = o, key
		}
	}
	asked := map[int][]Message{} // by connection, what was not answered yet
	for i, m := range r.Messages {
		switch {
		case m.Kind == "placeOrder" && m.FromClient && !m.WhatIf:
			l.placed(i, m, books)
		case m.Kind == "exerciseOptions" && m.FromClient:
			l.exercised[l.key(m)] = true
		case m.Kind == "cancelOrder" && m.FromClient:
			if o := l.byID[l.key(m)]; o != nil {
				o.cancels = append(o.cancels, i)
			}
		case m.FromClient && questions[m.Kind] != "" && (m.Kind != "reqAccountUpdates" || m.Subscribe):
			asked[m.Connection] = append(asked[m.Connection], m)
		case !m.FromClient && answerEnds[m.Kind] != "":
			asked[m.Connection] = l.answer(i, m, asked[m.Connection])
		case !m.FromClient && m.Kind == "nextValidId":
			l.offer(i, m)
		case !m.FromClient:
			l.tell(i, m, books)
		}
	}
	return l
}

// key is the key of the order that a message names by its id.
func (l *orderLog) key(m Message) orderKey {
	client := -1
	if id := l.conns[m.Connection].ClientID; id != nil {
		client = *id
	}
	return orderKey{client, m.OrderID}
}

func (l *orderLog) placed(place int, m Message, books map[orderKey]*Order) {
	key := l.key(m)
	old := l.byID[key]
	if old != nil && !l.free(old) {
		old.changes = append(old.changes, sentChange{m, place})
		return
	}
	o := &sentOrder{Message: m, place: place, knew: l.knew(place, m), client: key.client, book: books[key]}
	if old != nil && old.book != nil {
		if old.book.PlacedAt != 0 && old.book.PlacedAt < m.At {
			o.book = nil // the books have the earlier one
		} else {
			old.book = nil
		}
	}
	if o.Symbol == "" && o.book != nil { // named by its id alone
		o.Symbol, o.SecType = o.book.Symbol, o.book.SecType
	}
	if ids := l.ids[m.Connection]; ids != nil {
		o.ids, o.floor = ids, ids.floor
		if old != nil && old.refused {
			o.floor = min(o.floor, m.OrderID) // the same order, mended
		}
		ids.floor = max(ids.floor, m.OrderID+1)
	}
	o.index = len(l.orders)
	l.byID[key] = o
	l.orders = append(l.orders, o)
}

// knew is the place of the first message that a client had not read when it sent the one at place:
// it had not been begun when the Gateway already had the client's bytes. A question does not help
// an order that was sent behind it without waiting.
func (l *orderLog) knew(place int, sent Message) int {
	knew := place
	for i := place - 1; i >= 0; i-- {
		m := l.r.Messages[i]
		switch {
		case m.FromClient:
		case cmp.Or(m.Begun, m.At) <= sent.came():
			return knew
		default:
			knew = i
		}
	}
	return knew
}

// covers reports that the answer to a question would have told of an order.
func (a answered) covers(o *sentOrder) bool {
	account := o.Account
	if o.book != nil {
		account = o.book.Account
	}
	said := func(x, y string) bool { return x == "" || y == "" || strings.EqualFold(x, y) }
	return sameAccount(a.Account, account) && said(a.Symbol, o.Symbol) && said(a.SecType, o.SecType) &&
		said(a.Action, o.Action) && (a.ClientID == 0 || a.ClientID == o.client)
}

// offer takes a nextValidId.
func (l *orderLog) offer(place int, m Message) {
	l.offers[l.key(m).client] = offer{place, m.OrderID}
	if l.ids[m.Connection] == nil {
		l.ids[m.Connection] = &idsOn{first: m}
	}
	l.ids[m.Connection].floor = m.OrderID
}

// free reports that an order's id can be another order's: it was refused, or the Gateway has
// offered the id again, and has never said a word about the order or has said how it ended.
func (l *orderLog) free(o *sentOrder) bool {
	next := l.offers[o.client]
	offered := next.place > o.place && next.id <= o.OrderID
	return o.refused || offered && (len(o.told) == 0 || o.settled(next.place))
}

// answer takes an End; it answers the first request of its kind that was not answered yet. One
// that nobody asked for, as at the beginning of a session, answers nothing.
func (l *orderLog) answer(place int, m Message, asked []Message) []Message {
	for i, q := range asked {
		if questions[q.Kind] != answerEnds[m.Kind] || q.ReqID != m.ReqID {
			continue
		}
		l.answers = append(l.answers, answered{
			Message: q, place: place, question: questions[q.Kind], all: q.Kind != "reqOpenOrders",
		})
		return append(asked[:i:i], asked[i+1:]...)
	}
	return asked
}

// tell notes a message to a client that names one of the subject's orders.
func (l *orderLog) tell(place int, m Message, books map[orderKey]*Order) {
	key := l.key(m)
	switch m.Kind {
	case "errMsg":
		key.order = m.ReqID
		if !aboutOrder(m.Code) {
			return
		}
	case "openOrder", "orderStatus", "execDetails", "completedOrder":
		if byPerm, ok := l.byPerm[m.PermID]; ok {
			key = byPerm
		} else if m.Kind == "completedOrder" {
			return
		}
	default:
		return
	}
	o := l.byID[key]
	if o == nil {
		return
	}
	o.told = append(o.told, telling{place, m})
	if m.Kind == "errMsg" && books[key] == nil && !warns(m.Code) {
		o.refused = true
	}
}

// aboutOrder reports whether an error with an order's id is about the order: requests for data
// share the ids, and their errors are others.
func aboutOrder(code int) bool {
	switch code {
	case 162, 300, 354, 366, 10089, 10090, 10167, 10168, 10190, 10197:
		return false
	}
	return code < 1000 || code >= 10000
}

// warns reports a code that comes beside an order that goes on.
func warns(code int) bool {
	switch code {
	case 161, 202, 399, 404, 10147, 10148, 10349:
		return true
	}
	return false
}

// unacknowledged are the orders of whose acknowledgement the record has nothing.
func (l *orderLog) unacknowledged() []*sentOrder {
	return slices.DeleteFunc(slices.Clone(l.orders), (*sentOrder).acknowledged)
}

// acknowledged is whether anything about the order was written on the session that sent it.
func (o *sentOrder) acknowledged() bool { return o.heard(math.MaxInt) }

// heard is acknowledged, before a place.
func (o *sentOrder) heard(place int) bool {
	return slices.ContainsFunc(o.told, func(t telling) bool {
		return t.place < place && t.message.Connection == o.Connection
	})
}

// settled reports whether the client had been told, before the place, how the order ended.
func (o *sentOrder) settled(place int) bool {
	ended, _ := o.end(place)
	return ended
}

// misled reports that the client had been told, before the place, that the order was cancelled, and
// that more of it had filled than it had been told of.
func (o *sentOrder) misled(place int) bool {
	ended, filled := o.end(place)
	return ended && o.book != nil && o.book.Filled.Cmp(filled) > 0
}

// end says whether the order had ended, and how much of it had filled, as the client had been told
// before the place.
func (o *sentOrder) end(place int) (ended bool, filled decimal.Decimal) {
	var executed decimal.Decimal
	seen := map[string]bool{}
	for _, t := range o.told {
		m := t.message
		if t.place >= place {
			break
		}
		switch {
		case m.Status == "Filled" && o.book != nil:
			return true, o.book.Filled
		case m.Kind == "completedOrder", o.refused && m.Kind == "errMsg", m.Kind == "errMsg" && m.Code == 202,
			final(m.Status), m.Status == "Inactive" && o.book != nil && o.book.Rejected:
			ended = true
		case m.Kind == "execDetails" && !seen[m.ExecID]:
			seen[m.ExecID] = true
			if shares, err := decimal.Parse(m.Quantity); err == nil {
				executed, _ = executed.Add(shares)
			}
		}
		if told, err := decimal.Parse(m.Filled); err == nil && told.Cmp(filled) > 0 {
			filled = told
		}
	}
	if executed.Cmp(filled) > 0 {
		filled = executed
	}
	quantity, err := decimal.Parse(o.Quantity)
	return ended || err == nil && filled.IsPos() && filled.Cmp(quantity) >= 0, filled
}

// final reports a status after which an order can fill no more. Inactive is none: the order may be
// held, and be let go later.
func final(status string) bool {
	return status == "Filled" || status == "Cancelled" || status == "ApiCancelled"
}

// exercises reports an instruction about an option, for which the books have an order that nobody placed.
func (o Order) exercises() bool {
	return o.Type == string(exchange.ExerciseOrder) || o.Type == string(exchange.LapseOrder)
}

// dead reports that an order that ended has moved nothing.
func (o Order) dead() bool {
	return o.Filled.IsZero() && (o.Rejected || o.Status == "Cancelled" || o.Status == "ApiCancelled")
}

// equal reports that two orders ask for the same: account, contract, side, type and size.
func (o *sentOrder) equal(other *sentOrder) bool {
	return o.sameSide(other) && strings.EqualFold(o.OrderType, other.OrderType) &&
		sameNumber(o.Quantity, other.Quantity) && sameNumber(o.CashQty, other.CashQty)
}

// sameSide reports that two orders move the same holding the same way.
func (o *sentOrder) sameSide(other *sentOrder) bool {
	named := o.ConID != 0 && other.ConID != 0 || o.Symbol != "" && other.Symbol != ""
	return named && sameAccount(o.Account, other.Account) && sameContract(o.Message, other.Message) &&
		strings.EqualFold(o.Action, other.Action)
}

// sameAccount takes an account that was not said for any: the Gateway fills in the only one.
func sameAccount(a, b string) bool { return a == b || a == "" || b == "" }

// sameContract compares what both messages say of a contract: one may name it by less.
func sameContract(a, b Message) bool {
	if a.ConID != 0 && b.ConID != 0 {
		return a.ConID == b.ConID
	}
	said := func(x, y string) bool { return strings.EqualFold(x, y) || x == "" || y == "" }
	return said(a.Symbol, b.Symbol) && said(a.SecType, b.SecType) && said(a.Currency, b.Currency) &&
		said(a.Expiry, b.Expiry) && said(a.Strike, b.Strike) && said(a.Right, b.Right)
}

// sameNumber compares decimals that may be written differently: "1" and "1.0".
func sameNumber(a, b string) bool {
	if a == b {
		return true
	}
	x, xerr := decimal.Parse(a)
	y, yerr := decimal.Parse(b)
	return xerr == nil && yerr == nil && x.Cmp(y) == 0
}

// describe says what an order asks for: "BUY 1 AAPL".
func (o *sentOrder) describe() string {
	return strings.Join(strings.Fields(o.Action+" "+o.Quantity+" "+o.Symbol), " ")
}

// broken reports that a session ended or fell silent by no choice of its client's: a fault, the
// Gateway, or the harness's kill.
func (r *Record) broken(c Connection) bool {
	return slices.ContainsFunc(r.receiptsOn(c.ID), Receipt.breaks) || c.cutByGateway() || r.killed(c)
}

// brokenAt is when a broken session was lost: its fault acted, or it ended.
func (r *Record) brokenAt(c Connection) Moment { return r.metOrEnded(c, Receipt.breaks) }

// unseen says why the record cannot speak about orders on the wire; "" when it can.
func (l *orderLog) unseen() string {
	if lost := l.r.Footer.MessagesLost; lost > 0 {
		return fmt.Sprintf("the record could not keep %s", count(lost, "messages"))
	}
	for _, o := range l.r.Books.Orders {
		key := orderKey{o.ClientID, int(o.OrderID)}
		seen := l.byID[key] != nil
		if o.exercises() {
			seen = l.exercised[key]
		}
		if !o.Manual && o.OrderID != 0 && !seen {
			return "the record has no message that placed order " + fmt.Sprint(o.PermID)
		}
	}
	return ""
}
