package recording

import (
	"fmt"
	"slices"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/reflect/protoreflect"

	"ibsoak/internal/wire"
)

// script is a recorded connection, taken apart into what the client asked and what that brought.
type script struct {
	clientID int
	version  wire.Version
	time     string // of the version reply
	asks     []*ask // START_API first
	nextID   int32  // the first nextValidId; 0 if there was none
	used     bool   // by a client of the Player
	left     int    // frames whose contents were not kept
}

// ask is a request of the recorded client.
type ask struct {
	wire.Message
	at      time.Time
	version wire.Version // of its connection
	content content
	id      int32 // the request's or the order's; 0 without one
	ended   bool  // while the script is made: no more of this answer is due
	replies []reply
}

// reply is a message of the recorded Gateway, or the end of its half.
type reply struct {
	wire.Message
	after time.Duration // since the ask
	// once marks what the ask did not bring, but merely came before it: it is not repeated when
	// the ask is.
	once bool
	end  string // KindFIN or KindRST; then there is no message
}

// scripts takes a recording apart.
func scripts(r *Recording) ([]*script, error) {
	byConnection := make(map[int]*scriptMaker)
	var order []*scriptMaker
	for n, e := range r.Entries {
		m := byConnection[e.Connection]
		if m == nil {
			m = &scriptMaker{script: &script{}, orders: make(map[string]*ask)}
			byConnection[e.Connection] = m
			order = append(order, m)
		}
		if err := m.take(e); err != nil {
			return nil, fmt.Errorf("entry %d: %w", n+1, err)
		}
	}
	var all []*script
	for _, m := range order {
		if len(m.script.asks) > 0 {
			all = append(all, m.script)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("the recording has no connection with a startApi in %d entries",
			len(r.Entries))
	}
	return all, nil
}

// scriptMaker attributes what a Gateway said to what it was asked.
type scriptMaker struct {
	script *script
	orders map[string]*ask // by execution id: whose commission comes later
	over   bool            // the client has left
}

func (s *scriptMaker) take(e Entry) error {
	switch e.Kind {
	case KindConnected, KindPreamble:
		return nil
	case KindVersionReply:
		if len(e.Raw) < framePrefixBytes {
			return fmt.Errorf("%s without its bytes", e.Kind)
		}
		hello, err := wire.ParseHello(e.Raw[framePrefixBytes:])
		s.script.version, s.script.time = hello.Version, hello.Time
		return err
	case KindFIN, KindRST:
		if e.From == FromGateway && !s.over && len(s.script.asks) > 0 {
			last := s.script.asks[len(s.script.asks)-1]
			last.replies = append(last.replies, reply{after: e.At.Sub(last.at), end: e.Kind, once: true})
		}
		s.over = true
		return nil
	}
	m, err := e.Message(s.script.version)
	if err != nil {
		s.script.left++ // its contents were not kept, or are not known to the codec
		return nil
	}
	if e.From == FromClient {
		s.ask(m, e.At)
	} else if len(s.script.asks) > 0 {
		s.reply(m, e.At)
	}
	return nil
}

func (s *scriptMaker) ask(m wire.Message, at time.Time) {
	if start, ok := m.Body.(*protobuf.StartApiRequest); ok {
		s.script.clientID = int(start.GetClientId())
	}
	s.script.asks = append(s.script.asks, &ask{
		Message: m, at: at, version: s.script.version, content: contentOf(m), id: requestID(m),
	})
}

func (s *scriptMaker) reply(m wire.Message, at time.Time) {
	if next, ok := m.Body.(*protobuf.NextValidId); ok && s.script.nextID == 0 {
		s.script.nextID = next.GetOrderId()
	}
	owner := s.owner(m)
	once := owner == nil
	if once {
		owner = s.script.asks[len(s.script.asks)-1]
	}
	if x, ok := m.Body.(*protobuf.ExecutionDetails); ok {
		s.orders[x.GetExecution().GetExecId()] = owner
	}
	owner.replies = append(owner.replies, reply{Message: m, after: at.Sub(owner.at), once: once})
}

// owner is the request that brought a message; nil when none did.
func (s *scriptMaker) owner(m wire.Message) *ask {
	if c, ok := m.Body.(*protobuf.CommissionAndFeesReport); ok {
		return s.orders[c.GetExecId()]
	}
	if a, ok := answers[m.Kind]; ok {
		if owner := s.lister(m, a); owner != nil {
			return owner
		}
	}
	id := requestID(m)
	if id <= 0 {
		return nil
	}
	for _, a := range slices.Backward(s.script.asks) {
		if a.id == id || a.Kind == wire.ReqGlobalCancel && ofOrder[m.Kind] {
			return a
		}
	}
	return nil
}

// lister is the request that a message without a request's id answers: the first that is not yet
// answered in full, and for a subscription the last.
func (s *scriptMaker) lister(m wire.Message, a answer) *ask {
	var last *ask
	for _, candidate := range s.script.asks {
		if !slices.Contains(a.to, candidate.Kind) || !sameSubject(candidate.Message, m) {
			continue
		}
		if !candidate.ended {
			candidate.ended = a.last
			return candidate
		}
		last = candidate
	}
	if a.streams {
		return last
	}
	return nil
}

// answer says which requests a message without a request's id may answer.
type answer struct {
	to      []wire.Kind
	last    bool // nothing follows it
	streams bool // it also comes after the end, for as long as somebody listens
}

var (
	orderLists = []wire.Kind{wire.ReqOpenOrders, wire.ReqAllOpenOrders, wire.ReqAutoOpenOrders}
	ofAccount  = []wire.Kind{wire.ReqAccountUpdates}
	ofPosition = []wire.Kind{wire.ReqPositions}
)

func single(k wire.Kind) answer { return answer{to: []wire.Kind{k}, last: true} }

var answers = map[wire.Kind]answer{
	wire.ManagedAccounts:     {to: []wire.Kind{wire.StartAPI, wire.ReqManagedAccts}, last: true},
	wire.NextValidID:         {to: []wire.Kind{wire.ReqIds}, last: true},
	wire.CurrentTime:         single(wire.ReqCurrentTime),
	wire.CurrentTimeInMillis: single(wire.ReqCurrentTimeInMillis),
	wire.OpenOrder:           {to: orderLists},
	wire.OrderStatus:         {to: orderLists},
	wire.OpenOrderEnd:        {to: orderLists, last: true},
	wire.CompletedOrder:      {to: []wire.Kind{wire.ReqCompletedOrders}},
	wire.CompletedOrdersEnd:  single(wire.ReqCompletedOrders),
	wire.AccountValue:        {to: ofAccount, streams: true},
	wire.PortfolioValue:      {to: ofAccount, streams: true},
	wire.AccountUpdateTime:   {to: ofAccount, streams: true},
	wire.AccountDownloadEnd:  {to: ofAccount, last: true, streams: true},
	wire.Position:            {to: ofPosition, streams: true},
	wire.PositionEnd:         {to: ofPosition, last: true},
	wire.MarketRule:          single(wire.ReqMarketRule),
	wire.FamilyCodes:         single(wire.ReqFamilyCodes),
	wire.MktDepthExchanges:   single(wire.ReqMktDepthExchanges),
	wire.NewsProviders:       single(wire.ReqNewsProviders),
	wire.NewsBulletins:       {to: []wire.Kind{wire.ReqNewsBulletins}, streams: true},
	wire.ReceiveFA:           single(wire.ReqFA),
	wire.ScannerParameters:   single(wire.ReqScannerParameters),
}

// ofOrder are the messages that a global cancel brings.
var ofOrder = map[wire.Kind]bool{
	wire.OpenOrder: true, wire.OrderStatus: true, wire.ErrorMessage: true,
}

// sameSubject keeps answers without an id apart that name what they are about.
func sameSubject(request, m wire.Message) bool {
	for _, name := range []protoreflect.Name{"marketRuleId", "faDataType"} {
		a, b := request.Body.ProtoReflect(), m.Body.ProtoReflect()
		f, g := a.Descriptor().Fields().ByName(name), b.Descriptor().Fields().ByName(name)
		if f != nil && g != nil && !a.Get(f).Equal(b.Get(g)) {
			return false
		}
	}
	return true
}

// requestID is the id of the request or of the order that a message is about; 0 without one.
func requestID(m wire.Message) int32 {
	switch b := m.Body.(type) {
	case *protobuf.ExecutionDetails:
		if b.GetReqId() > 0 {
			return b.GetReqId()
		}
		return b.GetExecution().GetOrderId()
	case *protobuf.ErrorMessage:
		return b.GetId()
	}
	r := m.Body.ProtoReflect()
	for _, name := range []protoreflect.Name{"reqId", "orderId"} {
		if f := r.Descriptor().Fields().ByName(name); f != nil && f.Kind() == protoreflect.Int32Kind {
			return int32(r.Get(f).Int())
		}
	}
	return 0
}
