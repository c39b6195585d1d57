// Package wire is the TWS API codec: bytes to messages and back, both directions, at every
// server version from 157 to 226. It is the lowest layer: no sockets, clocks, logs or goroutines.
//
// A message has one model and up to three encodings. The model is IBKR's own protobuf type
// (github.com/scmhub/ibapi/protobuf, or unpublished.proto for the few that it lacks); text codecs
// map the same type to NUL-terminated fields. Which encoding a message takes at a version is data:
// the gates in the tables of this package. Presence matters: a nil pointer in a body is "unset",
// never zero.
package wire

import (
	"fmt"

	"google.golang.org/protobuf/proto"
)

// Version is a negotiated server version. The codec covers MinVersion to MaxVersion.
type Version int

// The versions that this codec speaks, and the gates that change the shape of a frame.
const (
	MinVersion Version = 157
	MaxVersion Version = 226

	// RawIDVersion is the first version whose messages start with a 4-byte id (201).
	RawIDVersion Version = 201

	// protobufIDOffset is added to a message's id when its body is protobuf.
	protobufIDOffset = 200
)

// Direction says who sends a message; the same id means different messages either way.
type Direction uint8

// The two directions.
const (
	FromClient Direction = iota
	FromServer
)

// String names the sender.
func (d Direction) String() string {
	if d == FromClient {
		return "client"
	}
	return "server"
}

// Kind names a message: a direction and IBKR's numeric id.
type Kind uint16

const serverKind Kind = 1 << 12

// KindOf makes the kind of a message id, known to this codec or not.
func KindOf(d Direction, id int) Kind {
	if d == FromServer {
		return serverKind | Kind(id)
	}
	return Kind(id)
}

// ID is the message id without the protobuf offset.
func (k Kind) ID() int { return int(k &^ serverKind) }

// Direction says who sends this kind of message.
func (k Kind) Direction() Direction {
	if k&serverKind != 0 {
		return FromServer
	}
	return FromClient
}

// String is IBKR's name of the message, for example "placeOrder", or "client message 999".
func (k Kind) String() string {
	if s := specOf(k); s != nil {
		return s.name
	}
	return fmt.Sprintf("%s message %d", k.Direction(), k.ID())
}

// Known reports whether the codec has a table row for k.
func (k Kind) Known() bool { return specOf(k) != nil }

// ParseKind finds a kind by IBKR's name. Names are unique over both directions.
func ParseKind(name string) (Kind, bool) {
	k, ok := kindsByName[name]
	return k, ok
}

// Message is one API message, whatever its form on the wire. Body is never nil and is always
// the protobuf type of the message's table row.
type Message struct {
	Kind Kind
	Body proto.Message
}

// Form is how a message is laid out inside its frame.
type Form uint8

// The forms: text with the id as the first field (up to 200), text after a 4-byte id (201 on),
// protobuf after a 4-byte id with 200 added.
const (
	Text Form = iota
	RawIDText
	Protobuf
)

// String names the form.
func (f Form) String() string { return [...]string{"text", "raw-id text", "protobuf"}[f] }
