package recording

import (
	"fmt"
	"slices"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/reflect/protoreflect"

	"ibsoak/internal/wire"
)

// script is a recorded connection, as the client's requests and the Gateway's replies to each.
type script struct {
	clientID int
	version  wire.Version
	time     string     // in the version reply
	requests []*request // START_API is the first
	nextID   int32      // the first nextValidId; 0 if there was none
	used     bool       // a client of the Player has got this script
	skipped  int        // frames that were recorded without their contents
}

// request is a request of the recorded client.
type request struct {
	wire.Message
	at      time.Time
	version wire.Version // of its connection
	content content
	id      int32 // the request's or the order's; 0 if it has none
	ended   bool  // its answer is complete; used only while the script is built
	replies []reply
}

// reply is a message of the recorded Gateway, or its FIN or RST.
type reply struct {
	wire.Message
	after time.Duration // since the request
	// unasked marks a message that is no answer to the request and only came after it. It is not
	// played again when the client repeats the request.
	unasked bool
	end     string // KindFIN or KindRST; then there is no message
}

// scripts makes a script of every recorded connection that got as far as START_API.
func scripts(r *Recording) ([]*script, error) {
	byConnection := make(map[int]*scriptBuilder)
	var order []*scriptBuilder
	for n, e := range r.Entries {
		m := byConnection[e.Connection]
		if m == nil {
			m = &scriptBuilder{script: &script{}, orders: make(map[string]*request)}
			byConnection[e.Connection] = m
			order = append(order, m)
		}
		if err := m.add(e); err != nil {
			return nil, fmt.Errorf("entry %d: %w", n+1, err)
		}
	}
	var all []*script
	for _, m := range order {
		if len(m.script.requests) > 0 {
			all = append(all, m.script)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("the recording has no connection with a startApi in %d entries",
			len(r.Entries))
	}
	return all, nil
}

// scriptBuilder builds one script. It decides which request each message of the Gateway answers.
type scriptBuilder struct {
	script *script
	orders map[string]*request // by execution id, for the commission that comes later
	ended  bool                // one of the two ends has sent FIN or RST
}

func (s *scriptBuilder) add(e Entry) error {
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
		if e.From == FromGateway && !s.ended && len(s.script.requests) > 0 {
			last := s.script.requests[len(s.script.requests)-1]
			last.replies = append(last.replies, reply{after: e.At.Sub(last.at), end: e.Kind, unasked: true})
		}
		s.ended = true
		return nil
	}
	m, err := e.Message(s.script.version)
	if err != nil {
		s.script.skipped++ // it was recorded without its contents, or the codec does not know it
		return nil
	}
	if e.From == FromClient {
		s.request(m, e.At)
	} else if len(s.script.requests) > 0 {
		s.reply(m, e.At)
	}
	return nil
}

func (s *scriptBuilder) request(m wire.Message, at time.Time) {
	if start, ok := m.Body.(*protobuf.StartApiRequest); ok {
		s.script.clientID = int(start.GetClientId())
	}
	s.script.requests = append(s.script.requests, &request{
		Message: m, at: at, version: s.script.version, content: contentOf(m), id: requestID(m),
	})
}

func (s *scriptBuilder) reply(m wire.Message, at time.Time) {
	if next, ok := m.Body.(*protobuf.NextValidId); ok && s.script.nextID == 0 {
		s.script.nextID = next.GetOrderId()
	}
	owner := s.owner(m)
	unasked := owner == nil
	if unasked {
		owner = s.script.requests[len(s.script.requests)-1]
	}
	if x, ok := m.Body.(*protobuf.ExecutionDetails); ok {
		s.orders[x.GetExecution().GetExecId()] = owner
	}
	owner.replies = append(owner.replies, reply{Message: m, after: at.Sub(owner.at), unasked: unasked})
}

// owner returns the request that a message answers; nil when it answers none.
func (s *scriptBuilder) owner(m wire.Message) *request {
	if c, ok := m.Body.(*protobuf.CommissionAndFeesReport); ok {
		return s.orders[c.GetExecId()]
	}
	if a, ok := answers[m.Kind]; ok {
		if owner := s.openRequest(m, a); owner != nil {
			return owner
		}
	}
	id := requestID(m)
	if id <= 0 {
		return nil
	}
	for _, a := range slices.Backward(s.script.requests) {
		if a.id == id || a.Kind == wire.ReqGlobalCancel && ofOrder[m.Kind] {
			return a
		}
	}
	return nil
}

// openRequest returns the request that a message without a request id answers: the first one whose
// answer is not complete, or, for updates of a subscription, the last one.
func (s *scriptBuilder) openRequest(m wire.Message, a answer) *request {
	var last *request
	for _, candidate := range s.script.requests {
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

// answer says which requests a message without a request id can answer.
type answer struct {
	to      []wire.Kind
	last    bool // it completes the answer
	streams bool // it also comes after the answer is complete, as an update
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

// ofOrder are the messages that answer a global cancel.
var ofOrder = map[wire.Kind]bool{
	wire.OpenOrder: true, wire.OrderStatus: true, wire.ErrorMessage: true,
}

// sameSubject reports whether an answer without a request id names the same rule, or the same kind of
// data, as the request.
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

// requestID returns the id of the request or the order that a message is about; 0 if it has none.
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
