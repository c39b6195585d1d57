package fault

import (
	"slices"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"ibsoak/internal/wire"
)

// answersByKind are the answers to requests that carry no id: they belong to the client's latest
// request of that kind. All others belong to a request by its reqId, or by its orderId.
var answersByKind = map[string][]string{
	"reqOpenOrders":          {"openOrder", "orderStatus", "openOrderEnd"},
	"reqAllOpenOrders":       {"openOrder", "orderStatus", "openOrderEnd"},
	"reqAutoOpenOrders":      {"openOrder", "orderStatus", "orderBound"},
	"reqCompletedOrders":     {"completedOrder", "completedOrdersEnd"},
	"reqAccountUpdates":      {"acctValue", "portfolioValue", "acctUpdateTime", "acctDownloadEnd"},
	"reqPositions":           {"position", "positionEnd"},
	"reqIds":                 {"nextValidId"},
	"reqManagedAccts":        {"managedAccounts"},
	"reqCurrentTime":         {"currentTime"},
	"reqCurrentTimeInMillis": {"currentTimeInMillis"},
	"reqFamilyCodes":         {"familyCodes"},
	"reqMktDepthExchanges":   {"mktDepthExchanges"},
	"reqNewsProviders":       {"newsProviders"},
	"reqScannerParameters":   {"scannerParameters"},
}

// key is what joins an answer to its request: an id and whose it is, or the request's kind.
type key struct {
	space idSpace
	id    int64
	kind  string // with space byKind
}

type idSpace uint8

const (
	requestIDs idSpace = iota + 1
	orderIDs
	byKind
)

// keyOf is the key of a request.
func keyOf(m wire.Message) key {
	if _, listed := answersByKind[m.Kind.String()]; listed {
		return key{space: byKind, kind: m.Kind.String()}
	}
	if id, ok := intField(m.Body, "reqId"); ok {
		return key{space: requestIDs, id: id}
	}
	if id, ok := intField(m.Body, "orderId"); ok {
		return key{space: orderIDs, id: id}
	}
	return key{space: byKind, kind: m.Kind.String()}
}

// answers reports whether m may be an answer to the request with this key; nil is no request.
func (k *key) answers(m wire.Message) bool {
	if k == nil {
		return false
	}
	if m.Kind == wire.ErrorMessage { // its id is of either space
		id, ok := intField(m.Body, "id")
		return ok && k.space != byKind && id == k.id
	}
	switch k.space {
	case requestIDs:
		id, ok := intField(m.Body, "reqId")
		return ok && id == k.id
	case orderIDs:
		id, ok := intField(m.Body, "orderId")
		if fill, is := m.Body.(*protobuf.ExecutionDetails); is {
			id, ok = intField(fill.GetExecution(), "orderId")
		}
		return ok && id == k.id
	case byKind:
		return slices.Contains(answersByKind[k.kind], m.Kind.String())
	}
	return false
}

// requestID is the id of the request that a message belongs to, -1 for none.
func requestID(m wire.Message) int64 {
	for _, name := range []protoreflect.Name{"reqId", "orderId", "id"} {
		if id, ok := intField(m.Body, name); ok {
			return id
		}
	}
	if fill, is := m.Body.(*protobuf.ExecutionDetails); is {
		if id, ok := intField(fill.GetExecution(), "orderId"); ok {
			return id
		}
	}
	return noID
}

// readdressed is an answer under another id of the same space. Only requests with ids swap.
func readdressed(m wire.Message, to int64) wire.Message {
	m.Body = proto.Clone(m.Body)
	body := m.Body.ProtoReflect()
	for _, name := range []protoreflect.Name{"reqId", "orderId", "id"} {
		f := body.Descriptor().Fields().ByName(name)
		if f != nil && body.Has(f) {
			if f.Kind() == protoreflect.Int64Kind {
				body.Set(f, protoreflect.ValueOfInt64(to))
			} else {
				body.Set(f, protoreflect.ValueOfInt32(int32(to)))
			}
			break
		}
	}
	return m
}

// intField reads an id at the top of a body.
func intField(m proto.Message, name protoreflect.Name) (int64, bool) {
	if m == nil || !m.ProtoReflect().IsValid() {
		return 0, false
	}
	f := m.ProtoReflect().Descriptor().Fields().ByName(name)
	if f == nil || !m.ProtoReflect().Has(f) ||
		f.Kind() != protoreflect.Int32Kind && f.Kind() != protoreflect.Int64Kind {
		return 0, false
	}
	return m.ProtoReflect().Get(f).Int(), true
}
