package pool

import (
	"fmt"

	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
	"ibsoak/trader/keeper/subs"
)

// State is what a session at the Gateway is for at a moment.
type State uint8

// The states. A session begins as Opening and is never used again once its connection has ended.
const (
	// Opening is in its handshake with the Gateway. What it says goes to the client, if there is one.
	Opening State = iota
	// Idle has no client.
	Idle
	// Draining has a client that waits until the answers to its predecessor have ended.
	Draining
	// Preparing has a client that waits for the open orders.
	Preparing
	// Serving passes frames both ways.
	Serving
)

// String names the state.
func (s State) String() string {
	return [...]string{"opening", "idle", "draining", "preparing", "serving"}[s]
}

// Ledger keeps the order ids of a client id.
type Ledger interface {
	// Next is the first id that was never seen.
	Next(clientID int) int64
	// Seen notes an id before anything else is done with it.
	Seen(clientID int, orderID int64) error
	// Offered notes the id from which the Gateway lets the client begin.
	Offered(clientID int, orderID int64) error
}

// Effects are what is to be done, in this order.
type Effects struct {
	ToClient  [][]byte
	ToGateway []wire.Message
	// Settled says that the client has its bootstrap and may ask.
	Settled bool
}

// Session is the state of one session at the Gateway.
type Session struct {
	clientID int
	version  wire.Version
	readOnly bool
	ledger   Ledger

	state    State
	attached bool // a client is there while Opening, from the first frame on
	said     bool // the Gateway has begun its bootstrap
	later    bool // a client waits for the end of Opening
	requests *subs.Tracker
	notices  notices
	accounts []byte   // managedAccounts as it came last
	orders   [][]byte // the bootstrap's, while Preparing
	events   [][]byte // executions that come while Preparing
	dropped  uint64
}

// New makes a session that is being opened.
func New(clientID int, v wire.Version, readOnly bool, ledger Ledger) *Session {
	return &Session{
		clientID: clientID, version: v, readOnly: readOnly, ledger: ledger,
		requests: subs.NewTracker(v),
	}
}

// State is what the session is for now.
func (s *Session) State() State { return s.state }

// Subscriptions counts what goes on until it is cancelled.
func (s *Session) Subscriptions() int { return s.requests.Subscriptions() }

// Dropped counts the Gateway's frames that no client was there for.
func (s *Session) Dropped() uint64 { return s.dropped }

// Connected reports that the Gateway has its connection to IBKR, as far as it has said.
func (s *Session) Connected() bool { return s.notices.lost == nil }

// Reusable reports that another client may have the session: all that was asked on it is known.
func (s *Session) Reusable() bool { return s.requests.Clean() }

// Opened says that the handshake with the Gateway is over.
func (s *Session) Opened() Effects {
	switch {
	case s.attached:
		s.state = Serving
		return Effects{Settled: true}
	case s.later:
		return s.prepare()
	}
	s.state = Idle
	return Effects{}
}

// Attach gives the session to a client, which waits for Effects.Settled. One that is there before
// the Gateway has said anything gets the bootstrap as it comes.
func (s *Session) Attach() Effects {
	if s.state == Opening {
		s.attached, s.later = !s.said, s.said
		return Effects{}
	}
	s.state = Draining
	if s.requests.Pending() > 0 {
		return Effects{}
	}
	return s.prepare()
}

// Leave takes the session from its client and makes the messages that cancel what it left.
func (s *Session) Leave() []wire.Message {
	s.attached, s.later = false, false
	s.orders, s.events = nil, nil
	if s.state != Opening {
		s.state = Idle
	}
	return s.requests.Leave()
}

// prepare asks for the open orders. Their end is also the mark behind everything that the Gateway had
// to say to the last client: it answers in order.
func (s *Session) prepare() Effects {
	s.state = Preparing
	ask := wire.Message{Kind: wire.ReqOpenOrders, Body: &pb.OpenOrdersRequest{}}
	if s.clientID == 0 {
		// For client id 0, reqOpenOrders also binds orders placed by hand, which no handshake does.
		ask = wire.Message{Kind: wire.ReqAllOpenOrders, Body: &pb.AllOpenOrdersRequest{}}
	}
	return Effects{ToGateway: []wire.Message{ask}}
}

// FromGateway takes a frame of the Gateway. deliver is what the client gets of it now, nil for
// nothing; effects is nil unless more is to be done.
func (s *Session) FromGateway(kind wire.Kind, payload []byte) (deliver []byte, effects *Effects) {
	if s.passes(kind) {
		return payload, nil
	}
	m, err := wire.DecodeLegible(wire.FromServer, payload, s.version)
	if err == nil {
		payload = s.learn(m, payload)
	}
	switch s.state {
	case Serving:
		s.answered(m, err)
		return payload, nil
	case Opening:
		s.said = true
		if s.attached {
			return payload, nil
		}
	case Preparing:
		return nil, s.collect(m, payload)
	case Draining:
		s.answered(m, err)
		if s.requests.Pending() == 0 {
			e := s.prepare()
			effects = &e
		}
	case Idle:
		s.answered(m, err)
	}
	s.dropped++
	return nil, effects
}

// passes reports a frame that no rule needs the contents of.
func (s *Session) passes(kind wire.Kind) bool {
	if s.state != Serving || subs.IsEnd(kind) {
		return false
	}
	switch kind {
	case wire.ErrorMessage, wire.NextValidID, wire.ManagedAccounts, wire.OpenOrder:
		return false
	default:
		return true
	}
}

func (s *Session) answered(m wire.Message, err error) {
	if err == nil && (m.Kind == wire.ErrorMessage || subs.IsEnd(m.Kind)) {
		s.requests.Answered(m)
	}
}

// learn keeps what the next client must be told, and returns the frame as a client may have it.
func (s *Session) learn(m wire.Message, payload []byte) []byte {
	switch body := m.Body.(type) {
	case *pb.ManagedAccounts:
		s.accounts = payload
	case *pb.ErrorMessage:
		s.notices.note(body, payload)
	case *pb.NextValidId:
		_ = s.ledger.Offered(s.clientID, int64(body.GetOrderId())) // the ledger reports itself
		if next := s.ledger.Next(s.clientID); int64(body.GetOrderId()) < next {
			return s.nextValidID(next)
		}
	case *pb.OpenOrder:
		if s.owns(body) {
			_ = s.ledger.Seen(s.clientID, int64(body.GetOrderId())) // the ledger reports itself
		}
	}
	return payload
}

func (s *Session) owns(o *pb.OpenOrder) bool {
	return o.GetOrderId() > 0 && int(o.GetOrder().GetClientId()) == s.clientID
}

func (s *Session) nextValidID(next int64) []byte {
	return s.encode(wire.NextValidID, &pb.NextValidId{OrderId: proto.Int32(int32(next))})
}

// encode makes a frame that every version has.
func (s *Session) encode(kind wire.Kind, body proto.Message) []byte {
	payload, err := wire.Payload(wire.Message{Kind: kind, Body: body}, s.version)
	if err != nil {
		panic(fmt.Sprintf("pool: encode %s at %d: %v", kind, s.version, err)) // a table says that it has
	}
	return payload
}

// FromClient takes a request of the client. forward says that it goes to the Gateway; reply is what
// the client gets at once. An error means that its ids could not be kept for after a crash.
func (s *Session) FromClient(kind wire.Kind, payload []byte) (key subs.Key, forward bool, reply []byte, err error) {
	m, decodeErr := wire.Decode(wire.FromClient, payload, s.version)
	if s.readOnly && isOrder(kind) {
		return key, false, s.refuse(m, decodeErr), nil
	}
	if decodeErr != nil {
		s.requests.Undecodable()
		return subs.Key{Request: kind}, true, nil, nil
	}
	if order, ok := m.Body.(*pb.PlaceOrderRequest); ok {
		err = s.ledger.Seen(s.clientID, int64(order.GetOrderId()))
	}
	s.requests.Requested(m)
	return subs.KeyOf(m), true, nil, err
}

// Unsent says that a request of the client that left will never be sent.
func (s *Session) Unsent(k subs.Key) { s.requests.Forget(k) }

// isOrder reports what a read-only client may not do.
func isOrder(k wire.Kind) bool {
	switch k {
	case wire.PlaceOrder, wire.CancelOrder, wire.ReqGlobalCancel, wire.ExerciseOptions,
		wire.ReplaceFA, wire.UpdateConfig:
		return true
	default:
		return false
	}
}

const (
	codeReadOnly = 321
	textReadOnly = "Error validating request.-'keeper' : cause - The API interface is currently in Read-Only mode."
	noRequest    = -1
)

// refuse makes the answer that a Gateway with the read-only setting gives (captured at 200).
func (s *Session) refuse(m wire.Message, decodeErr error) []byte {
	id := int32(noRequest)
	if decodeErr == nil {
		switch body := m.Body.(type) {
		case *pb.PlaceOrderRequest:
			id = body.GetOrderId()
		case *pb.CancelOrderRequest:
			id = body.GetOrderId()
		default:
			if n, ok := subs.RequestID(m.Body); ok {
				id = int32(n)
			}
		}
	}
	return s.encode(wire.ErrorMessage, &pb.ErrorMessage{
		Id: proto.Int32(id), ErrorCode: proto.Int32(codeReadOnly), ErrorMsg: proto.String(textReadOnly),
		ErrorTime: proto.Int64(0),
	})
}
