package fakegateway

import (
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"

	"github.com/scmhub/ibapi/protobuf"
)

// noRequest is the id of messages that answer no request.
const noRequest = -1

// sessionConn is what a session needs of its connection.
type sessionConn interface {
	// Send queues m for writing and never blocks.
	Send(m wire.Message)
	// ConnectionID is the ledger number.
	ConnectionID() int
	// Now is the scenario's clock.
	Now() time.Time
}

// session is what a client's connection means after its version reply: a client id, its requests
// and subscriptions. The connection's loop calls its methods, except deliver, which runs under
// the exchange's lock in whatever goroutine moved the exchange.
//
// Answers from the books are sent inside exchange.View, so that no event can slip between an
// answer and what was read for it. The lock order is exchange, then session: nothing here calls
// the exchange while it holds mu.
type session struct {
	srv      *Server
	conn     sessionConn
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
}

func newSession(srv *Server, c sessionConn, version wire.Version) *session {
	return &session{
		srv: srv, conn: c, version: version,
		accounts: newAccountSubs(),
		displays: make(map[int]int),
	}
}

// handle answers one request, or keeps it for the end of an outage.
func (s *session) handle(m wire.Message) {
	if s.srv.upstream.troubled.Load() && s.interrupted(m) {
		return
	}
	s.resume() // what waited is not overtaken
	s.dispatch(m)
}

func (s *session) dispatch(m wire.Message) {
	if h := handlers[m.Kind]; h != nil {
		h(s, m.Body)
		return
	}
	s.unserved(m)
}

// end releases the client id and every subscription.
func (s *session) end() {
	s.srv.sessions.release(s, s.conn.Now().Add(s.srv.cfg.ClientIDRelease))
	s.releaseAllLines()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live = false
}

// handler answers one kind of request.
type handler func(*session, proto.Message)

// on adapts a typed handler.
func on[P proto.Message](f func(*session, P)) handler {
	return func(s *session, m proto.Message) { f(s, m.(P)) }
}

// quiet is a request that a Gateway does not answer.
func quiet(*session, proto.Message) {}

// handlers is what answers each kind of request. Every family of messages adds its own in the init
// of its file: a literal would refer to itself through the methods.
var handlers = make(map[wire.Kind]handler)

// serve adds a family.
func serve(family map[wire.Kind]handler) {
	for kind, h := range family {
		if handlers[kind] != nil {
			panic("fakegateway: two handlers of " + kind.String())
		}
		handlers[kind] = h
	}
}

func init() {
	serve(map[wire.Kind]handler{
		wire.PlaceOrder:         on((*session).placeOrder),
		wire.CancelOrder:        on((*session).cancelOrder),
		wire.ReqGlobalCancel:    on((*session).reqGlobalCancel),
		wire.ReqOpenOrders:      on((*session).reqOpenOrders),
		wire.ReqAllOpenOrders:   on((*session).reqAllOpenOrders),
		wire.ReqAutoOpenOrders:  on((*session).reqAutoOpenOrders),
		wire.ReqCompletedOrders: on((*session).reqCompletedOrders),
		wire.ReqExecutions:      on((*session).reqExecutions),
	})
}

func (s *session) send(k wire.Kind, body proto.Message) {
	s.conn.Send(wire.Message{Kind: k, Body: body})
}

// fail sends an errMsg. id is the request's or the order's, or noRequest.
func (s *session) fail(id, code int, text string) {
	s.send(wire.ErrorMessage, &protobuf.ErrorMessage{
		Id: num(id), ErrorTime: proto.Int64(s.conn.Now().UnixMilli()),
		ErrorCode: num(code), ErrorMsg: proto.String(text),
	})
}

// num makes the pointer that a protobuf field wants.
func num(n int) *int32 { return proto.Int32(int32(n)) }
