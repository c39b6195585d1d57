package session

import (
	"bytes"
	"slices"
	"strconv"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

// unserved refuses a request that IBKR has and this Gateway does not serve, under its own request
// id, because its client waits for that id.
func (s *Session) unserved(m wire.Message) {
	s.client.Refuse(int(RequestID(m.Body)), client.Invalid("This Gateway does not serve "+m.Kind.String()))
}

// Malformed answers a request that the codec does not know or cannot read, and the connection goes
// on: "Maintain connection upon receiving incorrectly formatted fields" is a Gateway's default.
func (s *Session) Malformed(payload []byte, err error) {
	kind, form, rest, idErr := wire.Identify(wire.FromClient, payload, s.client.Version())
	switch {
	case idErr != nil:
		s.client.Fail(client.NoRequest, client.CodeReading, "Error reading request. "+err.Error())
	case !kind.Known():
		s.client.Fail(client.NoRequest, 505, "Fatal Error: Unknown message id. "+kind.String())
	default:
		s.client.Fail(unreadID(kind, form, rest, s.client.Version()), client.CodeReading,
			"Error reading request. "+err.Error())
	}
}

// RequestID is the request or order id in a message's body, -1 when it carries none.
func RequestID(body proto.Message) int64 {
	if body == nil {
		return client.NoRequest
	}
	m := body.ProtoReflect()
	for _, name := range idNames {
		if f := m.Descriptor().Fields().ByName(name); f != nil && m.Has(f) {
			if f.Kind() == protoreflect.Int32Kind || f.Kind() == protoreflect.Int64Kind {
				return m.Get(f).Int()
			}
		}
	}
	return client.NoRequest
}

// idNames are what bodies call their request's id.
var idNames = []protoreflect.Name{"reqId", "orderId"}

// maxIDBytes is more than any number has.
const maxIDBytes = 12

// unreadID finds the id in a body that was not decoded, or client.NoRequest.
func unreadID(k wire.Kind, form wire.Form, body []byte, v wire.Version) int {
	empty := wire.NewBody(k).ProtoReflect()
	for _, name := range idNames {
		if f := empty.Descriptor().Fields().ByName(name); f != nil {
			if form == wire.Protobuf {
				return protobufID(body, f.Number())
			}
			return textID(body, idField(k, v, f))
		}
	}
	return client.NoRequest
}

// protobufID reads an id that is a body's first field.
func protobufID(body []byte, field protowire.Number) int {
	number, kind, n := protowire.ConsumeTag(body)
	if n < 0 || number != field || kind != protowire.VarintType {
		return client.NoRequest
	}
	id, n := protowire.ConsumeVarint(body[n:])
	if n < 0 {
		return client.NoRequest
	}
	return int(int32(id))
}

// textID reads the n-th field.
func textID(body []byte, n int) int {
	text := []byte(nil)
	for range n {
		text, body, _ = bytes.Cut(body, []byte{0})
	}
	id, err := strconv.ParseInt(string(text[:min(len(text), maxIDBytes)]), 10, 32)
	if err != nil {
		return client.NoRequest
	}
	return int(id)
}

// idField is where a request's text has its id, counted after the message's; 0 is nowhere. The
// codec's own layout says so: it writes a request with a mark for an id.
func idField(k wire.Kind, v wire.Version, id protoreflect.FieldDescriptor) int {
	const mark = 1_234_567_891 // no field of an empty request has this
	body := wire.NewBody(k)
	body.ProtoReflect().Set(id, protoreflect.ValueOfInt32(mark))
	payload, err := wire.Payload(wire.Message{Kind: k, Body: body}, v)
	if err != nil {
		return 0
	}
	_, _, rest, err := wire.Identify(wire.FromClient, payload, v)
	if err != nil {
		return 0
	}
	return 1 + slices.IndexFunc(bytes.Split(rest, []byte{0}), func(field []byte) bool {
		return string(field) == strconv.Itoa(mark)
	})
}
