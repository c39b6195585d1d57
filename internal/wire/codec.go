package wire

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strconv"

	"google.golang.org/protobuf/proto"
)

// spec is a message's table row.
type spec struct {
	kind Kind
	name string
	// protobufFrom is the first version at which the sender uses protobuf.
	protobufFrom Version
	body         func() proto.Message
	text         textCodec
}

// textCodec maps a body to fields and back. The id is already written or consumed. Either half
// may be nil for a message that has no text form.
type textCodec struct {
	encode func(*fieldWriter, proto.Message)
	decode func(*fieldReader, proto.Message)
}

// text adapts the typed halves of one message's codec; B is its protobuf struct.
func text[B any, P interface {
	*B
	proto.Message
}](encode func(*fieldWriter, P), decode func(*fieldReader, P)) textCodec {
	return textCodec{
		encode: func(w *fieldWriter, m proto.Message) { encode(w, m.(P)) },
		decode: func(r *fieldReader, m proto.Message) { decode(r, m.(P)) },
	}
}

// row makes a table row.
func row[B any, P interface {
	*B
	proto.Message
}](kind Kind, name string, protobufFrom Version,
	encode func(*fieldWriter, P), decode func(*fieldReader, P),
) spec {
	return spec{
		kind: kind, name: name, protobufFrom: protobufFrom,
		body: func() proto.Message { return P(new(B)) },
		text: text(encode, decode),
	}
}

var (
	specs       = make(map[Kind]*spec)
	kindsByName = make(map[string]Kind)
)

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

// DecodeError is a payload that is not what its id says.
type DecodeError struct {
	Kind  Kind
	Field int    // 1-based text field, 0 for the message as a whole or protobuf
	Seen  []byte // the field, or the start of the payload; at most 64 bytes
	Err   error
}

// Error says which message and field, and what was there.
func (e *DecodeError) Error() string {
	if e.Field > 0 {
		return fmt.Sprintf("decode %s: field %d %q: %v", e.Kind, e.Field, e.Seen, e.Err)
	}
	return fmt.Sprintf("decode %s %q: %v", e.Kind, e.Seen, e.Err)
}

// Unwrap gives the cause.
func (e *DecodeError) Unwrap() error { return e.Err }

// FormAt is the form in which a sender writes k at version v.
func FormAt(k Kind, v Version) Form {
	if s := specs[k]; s != nil && s.protobufFrom > 0 && v >= s.protobufFrom {
		return Protobuf
	}
	if v >= RawIDVersion {
		return RawIDText
	}
	return Text
}

// Append appends m as a whole frame at version v, in the form that the gates say. It fails for a
// kind without a table row and for one that has no form at v.
func Append(dst []byte, m Message, v Version) ([]byte, error) {
	payload, err := Payload(m, v)
	if err != nil {
		return dst, err
	}
	return AppendFrame(dst, payload), nil
}

// Payload encodes m without the length prefix.
func Payload(m Message, v Version) ([]byte, error) {
	s := specs[m.Kind]
	if s == nil {
		return nil, fmt.Errorf("encode %s: the codec has no such message", m.Kind)
	}
	if FormAt(m.Kind, v) == Protobuf {
		head := binary.BigEndian.AppendUint32(nil, uint32(m.Kind.ID()+protobufIDOffset))
		return proto.MarshalOptions{Deterministic: true}.MarshalAppend(head, m.Body)
	}
	if s.text.encode == nil {
		return nil, fmt.Errorf("encode %s: no text form, and version %d is below %d",
			m.Kind, v, s.protobufFrom)
	}
	w := &fieldWriter{version: v}
	if v >= RawIDVersion {
		w.buf = binary.BigEndian.AppendUint32(w.buf, uint32(m.Kind.ID()))
	} else {
		w.field(strconv.Itoa(m.Kind.ID()))
	}
	s.text.encode(w, m.Body)
	return w.buf, nil
}

// Identify reads the id of a payload without decoding its body. rest is the body.
func Identify(d Direction, payload []byte, v Version) (k Kind, f Form, rest []byte, err error) {
	if v >= RawIDVersion {
		if len(payload) < rawIDBytes {
			return 0, 0, nil, &DecodeError{
				Kind: KindOf(d, 0), Seen: clip(payload),
				Err: fmt.Errorf("%d bytes, too short for a message id", len(payload)),
			}
		}
		id := binary.BigEndian.Uint32(payload)
		rest = payload[rawIDBytes:]
		if id >= protobufIDOffset && id < uint32(serverKind) {
			return KindOf(d, int(id)-protobufIDOffset), Protobuf, rest, nil
		}
		if id == 0 || id >= protobufIDOffset {
			return 0, 0, nil, &DecodeError{
				Kind: KindOf(d, 0), Seen: clip(payload),
				Err: fmt.Errorf("message id %d out of range", id),
			}
		}
		return KindOf(d, int(id)), RawIDText, rest, nil
	}
	field, rest, found := bytes.Cut(payload, []byte{0})
	id, convErr := strconv.Atoi(string(field[:min(len(field), 8)]))
	if !found || convErr != nil || id <= 0 || id >= protobufIDOffset {
		return 0, 0, nil, &DecodeError{
			Kind: KindOf(d, 0), Field: 1, Seen: clip(field),
			Err: fmt.Errorf("want a message id of 1..%d", protobufIDOffset-1),
		}
	}
	return KindOf(d, id), Text, rest, nil
}

// Decode reads one payload. The form is taken from the id that the payload carries, as every
// client does, so a peer may mix forms. It fails with a *DecodeError for an id without a table
// row and for a body that does not parse; extra trailing text fields are ignored.
func Decode(d Direction, payload []byte, v Version) (Message, error) {
	k, form, rest, err := Identify(d, payload, v)
	if err != nil {
		return Message{}, err
	}
	s := specs[k]
	if s == nil {
		return Message{}, &DecodeError{
			Kind: k, Seen: clip(payload),
			Err: fmt.Errorf("no such message"),
		}
	}
	m := Message{Kind: k, Body: s.body()}
	if form == Protobuf {
		if err := proto.Unmarshal(rest, m.Body); err != nil {
			return Message{}, &DecodeError{Kind: k, Seen: clip(payload), Err: err}
		}
		return m, nil
	}
	if s.text.decode == nil {
		return Message{}, &DecodeError{
			Kind: k, Seen: clip(payload),
			Err: fmt.Errorf("no text form"),
		}
	}
	r := &fieldReader{version: v, rest: rest}
	s.text.decode(r, m.Body)
	if r.err != nil {
		return Message{}, &DecodeError{Kind: k, Field: r.n, Seen: clip(r.last), Err: r.err}
	}
	return m, nil
}
