package session

import (
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/internal/wire"

	"github.com/scmhub/ibapi/protobuf"
)

// noRequest is the id of messages that answer no request.
const noRequest = -1

// Conn is what a Session needs of its connection.
type Conn interface {
	// Send queues m for writing and never blocks.
	Send(m wire.Message)
	// ConnectionID is the ledger number.
	ConnectionID() int
	// Now is the scenario's clock.
	Now() time.Time
}

// Session is what a client's connection means after its version reply: a client id, its requests
// and subscriptions. The connection's loop calls its methods, except deliver, which runs under
// the exchange's lock in whatever goroutine moved the exchange.
//
// Answers from the books are sent inside exchange.View, so that no event can slip between an
// answer and what was read for it. The lock order is exchange, then session: nothing here calls
// the exchange while it holds mu.
type Session struct {
	login    *Login
	conn     Conn
	version  wire.Version
	clientID int
	claim    int            // the k-th session of its client id, from 1
	ordinal  int            // the k-th session of the Gateway
	waiting  []wire.Message // for the end of an outage; of the loop

	mu       sync.Mutex // guards everything below
	live     bool       // from the end of the bootstrap to end
	accounts accountSubs
	displays map[int]int // display groups followed, by request id
	data     subscriptions
	late     []exchange.Execution // whose commission the client has not heard of, in order of time
}

// New makes the session of a connection that speaks version. It has no client id before Start.
func New(l *Login, c Conn, version wire.Version) *Session {
	return &Session{
		login: l, conn: c, version: version,
		accounts: newAccountSubs(),
		displays: make(map[int]int),
	}
}

// Handle answers one request, or keeps it for the end of an outage.
func (s *Session) Handle(m wire.Message) {
	if s.login.upstream.troubled.Load() && s.interrupted(m) {
		return
	}
	s.Resume() // what waited is not overtaken
	s.dispatch(m)
}

func (s *Session) dispatch(m wire.Message) {
	if h := handlers[m.Kind]; h != nil {
		h(s, m.Body)
		return
	}
	s.unserved(m)
}

// End releases the client id and every subscription.
func (s *Session) End() {
	s.login.sessions.release(s, s.conn.Now().Add(s.login.cfg.ClientIDRelease))
	s.releaseAllLines()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live = false
}

// handler answers one kind of request.
type handler func(*Session, proto.Message)

// on adapts a typed handler.
func on[P proto.Message](f func(*Session, P)) handler {
	return func(s *Session, m proto.Message) { f(s, m.(P)) }
}

// quiet is a request that a Gateway does not answer.
func quiet(*Session, proto.Message) {}

// handlers is what answers each kind of request. Every family of messages adds its own in the init
// of its file: a literal would refer to itself through the methods.
var handlers = make(map[wire.Kind]handler)

// serve adds a family.
func serve(family map[wire.Kind]handler) {
	for kind, h := range family {
		if handlers[kind] != nil {
			panic("session: two handlers of " + kind.String())
		}
		handlers[kind] = h
	}
}

func init() {
	serve(map[wire.Kind]handler{
		wire.PlaceOrder:         on((*Session).placeOrder),
		wire.CancelOrder:        on((*Session).cancelOrder),
		wire.ReqGlobalCancel:    on((*Session).reqGlobalCancel),
		wire.ReqOpenOrders:      on((*Session).reqOpenOrders),
		wire.ReqAllOpenOrders:   on((*Session).reqAllOpenOrders),
		wire.ReqAutoOpenOrders:  on((*Session).reqAutoOpenOrders),
		wire.ReqCompletedOrders: on((*Session).reqCompletedOrders),
		wire.ReqExecutions:      on((*Session).reqExecutions),
	})
}

func (s *Session) send(k wire.Kind, body proto.Message) {
	s.conn.Send(wire.Message{Kind: k, Body: body})
}

// Notify tells the client something about the Gateway itself: an errMsg with id -1.
func (s *Session) Notify(n Notice) { s.fail(noRequest, n.Code, n.Text) }

// fail sends an errMsg. id is the request's or the order's, or noRequest.
func (s *Session) fail(id, code int, text string) {
	s.send(wire.ErrorMessage, &protobuf.ErrorMessage{
		Id: num(id), ErrorTime: proto.Int64(s.conn.Now().UnixMilli()),
		ErrorCode: num(code), ErrorMsg: proto.String(text),
	})
}

// num makes the pointer that a protobuf field wants.
func num(n int) *int32 { return proto.Int32(int32(n)) }
