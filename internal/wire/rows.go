package wire

import "google.golang.org/protobuf/proto"

// spec is a message's table row.
type spec struct {
	kind Kind
	name string
	// protobufFrom is the first version at which the sender uses protobuf.
	// It is zero for a message that never had a protobuf form.
	protobufFrom Version
	// first is the version that introduced the message; zero is "always there".
	first Version
	body  func() proto.Message
	// fits says whether a body is of the row's type and not nil.
	fits func(proto.Message) bool
	// layout walks the body's text fields; nil for a message that has no text form. The id is
	// already written or consumed.
	layout func(*fields, proto.Message)
}

// row makes a table row; B is the message's protobuf struct.
func row[B any, P interface {
	*B
	proto.Message
}](kind Kind, name string, protobufFrom Version, layout func(*fields, P)) spec {
	s := protobufRow[B, P](kind, name, protobufFrom)
	s.layout = func(f *fields, m proto.Message) { layout(f, m.(P)) }
	return s
}

// protobufRow makes the row of a message that this codec speaks in protobuf only.
func protobufRow[B any, P interface {
	*B
	proto.Message
}](kind Kind, name string, protobufFrom Version) spec {
	return spec{
		kind: kind, name: name, protobufFrom: protobufFrom,
		body: func() proto.Message { return P(new(B)) },
		fits: func(m proto.Message) bool {
			p, ok := m.(P)
			return ok && p != nil
		},
	}
}

// since says which version introduced the message.
func (s spec) since(v Version) spec {
	s.first = v
	return s
}

var (
	specs       [2 * serverKind]*spec // by kind
	kindsByName = make(map[string]Kind)
)

// specOf is the table row of a kind, or nil.
func specOf(k Kind) *spec {
	if int(k) < len(specs) {
		return specs[k]
	}
	return nil
}

func init() {
	for _, family := range families {
		for i := range family {
			s := &family[i]
			if specs[s.kind] != nil || kindsByName[s.name] != 0 {
				panic("wire: two rows for " + s.name)
			}
			specs[s.kind] = s
			kindsByName[s.name] = s.kind
		}
	}
}

// FormAt is the form in which a sender writes k at version v.
func FormAt(k Kind, v Version) Form {
	if s := specOf(k); s != nil && s.protobufFrom > 0 && v >= s.protobufFrom {
		return Protobuf
	}
	if v >= RawIDVersion {
		return RawIDText
	}
	return Text
}

// Kinds lists every kind with a table row: what clients send, then what Gateways send, by id.
func Kinds() []Kind {
	var kinds []Kind
	for _, s := range specs {
		if s != nil {
			kinds = append(kinds, s.kind)
		}
	}
	return kinds
}

// NewBody makes an empty body of the type that messages of kind k carry, or nil for a kind without
// a table row.
func NewBody(k Kind) proto.Message {
	if s := specOf(k); s != nil {
		return s.body()
	}
	return nil
}

// Since is the first version at which k can be encoded, or 0 for a kind without a table row.
func Since(k Kind) Version {
	s := specOf(k)
	switch {
	case s == nil:
		return 0
	case s.layout == nil:
		return s.protobufFrom
	}
	return max(s.first, MinVersion)
}
