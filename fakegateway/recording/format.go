package recording

import (
	"encoding/json"
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// Format and FormatVersion are in the first line of every recording.
const (
	Format        = "ibsoak recording"
	FormatVersion = 1
)

// Header is the first line of a recording.
type Header struct {
	Format        string `json:"format"`
	FormatVersion int    `json:"formatVersion"`
	// ServerVersion is the first negotiated one; 0 when no version reply was seen.
	ServerVersion int       `json:"serverVersion"`
	Started       time.Time `json:"started"`
	// Scrubbed says that nothing here tells whose account it was.
	Scrubbed bool `json:"scrubbed"`
	// Source is "tap" or "import".
	Source string `json:"source"`
}

// The kinds of entries that are no messages.
const (
	KindConnected    = "connected"    // a client's TCP connection; the Gateway was dialled
	KindPreamble     = "preamble"     // "API\0" and the client's versions
	KindVersionReply = "versionReply" // the Gateway's choice, and its time
	KindFIN          = "FIN"          // the sender ended its half
	KindRST          = "RST"          // the sender's reset
)

// The senders of entries.
const (
	FromClient  = "client"
	FromGateway = "gateway"
)

// Entry is one line after the header: a frame, or something that happened to a connection.
type Entry struct {
	At         time.Time `json:"at"`
	Connection int       `json:"connection"` // from 1, in the order of the clients' dials
	From       string    `json:"from"`       // FromClient or FromGateway
	// Kind is IBKR's name of the message, or one of the constants above.
	Kind string `json:"kind"`
	// Raw is the frame with its length prefix, or the whole preamble; base64 in JSON. Empty for a
	// frame that is kept without its contents.
	Raw []byte `json:"raw,omitempty"`
	// Body is the message decoded, in protobuf's JSON.
	Body json.RawMessage `json:"body,omitempty"`
	// Bytes is the length of what Raw is not: a frame's, length prefix included.
	Bytes int    `json:"bytes,omitempty"`
	Note  string `json:"note,omitempty"`
}

// direction is the sender as the codec says it.
func (e Entry) direction() wire.Direction {
	if e.From == FromClient {
		return wire.FromClient
	}
	return wire.FromServer
}

// sender is what entries call a direction.
func sender(d wire.Direction) string {
	if d == wire.FromClient {
		return FromClient
	}
	return FromGateway
}

// Message decodes a frame that was written at version v. It fails for entries that are no
// messages and for frames whose contents were not kept.
func (e Entry) Message(v wire.Version) (wire.Message, error) {
	if len(e.Raw) > framePrefixBytes {
		return wire.Decode(e.direction(), e.Raw[framePrefixBytes:], v)
	}
	kind, ok := wire.ParseKind(e.Kind)
	if !ok || len(e.Body) == 0 {
		return wire.Message{}, fmt.Errorf("read %s: its contents were not kept", e.Kind)
	}
	body := wire.NewBody(kind)
	if err := protojson.Unmarshal(e.Body, body); err != nil {
		return wire.Message{}, fmt.Errorf("read %s: %w", e.Kind, err)
	}
	return wire.Message{Kind: kind, Body: body}, nil
}

// framePrefixBytes is the length prefix of a frame.
const framePrefixBytes = 4

// bodyJSON is a body in protobuf's JSON, on one line.
func bodyJSON(m proto.Message) (json.RawMessage, error) {
	text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("write body: %w", err)
	}
	return json.RawMessage(text), nil // json.Marshal compacts it
}
