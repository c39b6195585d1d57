package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"google.golang.org/protobuf/proto"
)

var (
	errNoMessage  = errors.New("no such message")
	errNoText     = errors.New("no text form")
	errNoProtobuf = errors.New("no protobuf form")
)

// DecodeError is a payload that is not what its id says.
type DecodeError struct {
	Kind  Kind
	Field int    // 1-based text field after the id, 0 for the message as a whole or protobuf
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

// VersionError is a message that has no form at a version: it was not yet invented, or this codec
// has only its protobuf form and the version is below that.
type VersionError struct {
	Kind    Kind
	Version Version
	Since   Version // the first version at which the message can be encoded
}

// Error says from which version the message can be sent.
func (e *VersionError) Error() string {
	return fmt.Sprintf("encode %s: it has no form at version %d, only from %d on",
		e.Kind, e.Version, e.Since)
}

// Append appends m as a whole frame at version v, in the form that the gates say. It fails for a
// kind without a table row, for a body that is not the row's type, and with a *VersionError for a
// message that does not exist at v; dst is then as it was. With room in dst, ticks cost no
// allocation.
func Append(dst []byte, m Message, v Version) ([]byte, error) {
	start := len(dst)
	frame, err := appendPayload(append(dst, make([]byte, lengthBytes)...), m, v)
	if err != nil {
		return dst, err
	}
	n := len(frame) - start - lengthBytes
	if n > MaxFrameBytes {
		return dst, fmt.Errorf("encode %s: %d bytes are more than a frame's %d",
			m.Kind, n, MaxFrameBytes)
	}
	binary.BigEndian.PutUint32(frame[start:], uint32(n))
	return frame, nil
}

// Payload encodes m without the length prefix.
func Payload(m Message, v Version) ([]byte, error) { return appendPayload(nil, m, v) }

func appendPayload(dst []byte, m Message, v Version) ([]byte, error) {
	s := specOf(m.Kind)
	if s == nil {
		return nil, fmt.Errorf("encode %s: the codec has no such message", m.Kind)
	}
	if !s.fits(m.Body) {
		return nil, fmt.Errorf("encode %s: body is %T, want a %T", m.Kind, m.Body, s.body())
	}
	if since := Since(m.Kind); v < since {
		return nil, &VersionError{Kind: m.Kind, Version: v, Since: since}
	}
	var err error
	switch FormAt(m.Kind, v) {
	case Protobuf:
		dst = binary.BigEndian.AppendUint32(dst, uint32(m.Kind.ID()+protobufIDOffset))
		dst, err = proto.MarshalOptions{Deterministic: true}.MarshalAppend(dst, m.Body)
	case RawIDText:
		dst = binary.BigEndian.AppendUint32(dst, uint32(m.Kind.ID()))
		dst, err = s.appendFields(dst, m.Body, v)
	case Text:
		dst = append(strconv.AppendInt(dst, int64(m.Kind.ID()), 10), 0)
		dst, err = s.appendFields(dst, m.Body, v)
	}
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", m.Kind, err)
	}
	return dst, nil
}

// walkers are reused because a layout is called through its row, which makes its walker escape.
var walkers = sync.Pool{New: func() any { return new(fields) }}

// appendFields appends the body's text fields.
func (s *spec) appendFields(dst []byte, body proto.Message, v Version) ([]byte, error) {
	f := walkers.Get().(*fields)
	*f = fields{version: v, buf: dst}
	s.layout(f, body)
	dst, err := f.buf, f.err
	*f = fields{} // keeps no one's buffer
	walkers.Put(f)
	return dst, err
}

// readFields sets the body from its text fields; the walker says where it failed.
func (s *spec) readFields(body proto.Message, rest []byte, v Version) *DecodeError {
	f := walkers.Get().(*fields)
	*f = fields{version: v, reading: true, rest: rest}
	s.layout(f, body)
	var err *DecodeError
	if f.err != nil {
		err = &DecodeError{Kind: s.kind, Field: f.n, Seen: clip(f.last), Err: f.err}
	}
	*f = fields{}
	walkers.Put(f)
	return err
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
	s := specOf(k)
	if s == nil {
		return Message{}, &DecodeError{
			Kind: k, Seen: clip(payload),
			Err: errNoMessage,
		}
	}
	m := Message{Kind: k, Body: s.body()}
	if form == Protobuf {
		if s.protobufFrom == 0 {
			return Message{}, &DecodeError{Kind: k, Seen: clip(payload), Err: errNoProtobuf}
		}
		if err := proto.Unmarshal(rest, m.Body); err != nil {
			return Message{}, &DecodeError{Kind: k, Seen: clip(payload), Err: err}
		}
		return m, nil
	}
	if s.layout == nil {
		return Message{}, &DecodeError{
			Kind: k, Seen: clip(payload),
			Err: errNoText,
		}
	}
	if err := s.readFields(m.Body, rest, v); err != nil {
		return Message{}, err
	}
	return m, nil
}
