package recording

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

// idMap maps the recorded ids and order references to those of a Player's client.
type idMap struct {
	orders   map[int32]int32   // the client's order id by the recorded one
	refs     map[string]string // the client's order reference by the recorded one
	clientID [2]int32          // the recorded client id, and the client's
	offset   int32             // added to the ids of orders that the client did not place
}

func newIDMap() *idMap {
	return &idMap{orders: make(map[int32]int32), refs: make(map[string]string)}
}

// learn remembers the ids of an order that the client placed and the recorded client placed too.
func (n *idMap) learn(recorded, live wire.Message) {
	was, ok := recorded.Body.(*protobuf.PlaceOrderRequest)
	is, also := live.Body.(*protobuf.PlaceOrderRequest)
	if !ok || !also {
		return
	}
	n.orders[was.GetOrderId()] = is.GetOrderId()
	if ref := was.GetOrder().GetOrderRef(); ref != "" {
		n.refs[ref] = is.GetOrder().GetOrderRef()
	}
}

// order returns the client's id of a recorded order.
func (n *idMap) order(recorded int32) int32 {
	if live, ok := n.orders[recorded]; ok {
		return live
	}
	if recorded <= 0 {
		return recorded
	}
	return recorded + n.offset
}

// recordedOrder returns the recorded id of one of the client's orders; ok is false if the client did
// not place that order.
func (n *idMap) recordedOrder(live int32) (recorded int32, ok bool) {
	for was, is := range n.orders {
		if is == live {
			return was, true
		}
	}
	return live - n.offset, false
}

// translate returns a recorded message with the client's ids in place of the recorded ones. asked is
// the recorded request's id, live the client's.
func (n *idMap) translate(m wire.Message, asked, live int32) wire.Message {
	body := proto.Clone(m.Body)
	if e, ok := body.(*protobuf.ErrorMessage); ok {
		switch id := e.GetId(); {
		case id > 0 && id == asked:
			e.Id = &live
		case id > 0:
			e.Id = proto.Int32(n.order(id))
		}
		return wire.Message{Kind: m.Kind, Body: body}
	}
	n.fields(body.ProtoReflect(), asked, live)
	return wire.Message{Kind: m.Kind, Body: body}
}

func (n *idMap) fields(m protoreflect.Message, asked, live int32) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.IsMap():
		case f.Message() != nil && f.IsList():
			for i := range v.List().Len() {
				n.fields(v.List().Get(i).Message(), asked, live)
			}
		case f.Message() != nil:
			n.fields(v.Message(), asked, live)
		case f.IsList():
		default:
			n.field(m, f, v, asked, live)
		}
		return true
	})
}

func (n *idMap) field(
	m protoreflect.Message, f protoreflect.FieldDescriptor, v protoreflect.Value, asked, live int32,
) {
	set := func(id int32) { m.Set(f, protoreflect.ValueOfInt32(id)) }
	switch f.Name() {
	case "reqId":
		if id := int32(v.Int()); id == asked && id > 0 {
			set(live)
		}
	case "orderId", "parentId":
		if f.Kind() == protoreflect.Int32Kind {
			set(n.order(int32(v.Int())))
		}
	case "clientId":
		if int32(v.Int()) == n.clientID[0] {
			set(n.clientID[1])
		}
	case "orderRef":
		if ref, ok := n.refs[v.String()]; ok {
			m.Set(f, protoreflect.ValueOfString(ref))
		}
	}
}
