package recording

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"ibsoak/internal/wire"
)

// keeper makes entries of what was seen, scrubbed before they go anywhere.
type keeper struct {
	w     *Writer
	scrub *Scrubber // nil: everything is kept as it came
	now   func() time.Time
}

// event keeps something that happened to a connection.
func (k *keeper) event(connection int, d wire.Direction, kind, note string) error {
	return k.w.Write(Entry{
		At: k.now(), Connection: connection, From: sender(d), Kind: kind, Note: note,
	})
}

// preamble keeps a client's greeting, which names versions and nothing else.
func (k *keeper) preamble(connection int, raw []byte) error {
	return k.w.Write(Entry{
		At: k.now(), Connection: connection, From: FromClient, Kind: KindPreamble,
		Raw: bytes.Clone(raw),
	})
}

// hello keeps a version reply.
func (k *keeper) hello(connection int, h wire.Hello) error {
	k.w.version(int(h.Version))
	return k.w.Write(Entry{
		At: k.now(), Connection: connection, From: FromGateway, Kind: KindVersionReply,
		Raw: wire.AppendHello(nil, h),
	})
}

// frame keeps a frame, length prefix included. One that the codec cannot read, or could not write
// as it is scrubbed, is kept as a name and a length.
func (k *keeper) frame(connection int, d wire.Direction, raw []byte, v wire.Version) error {
	e := Entry{At: k.now(), Connection: connection, From: sender(d)}
	m, err := wire.Decode(d, raw[framePrefixBytes:], v)
	switch {
	case err != nil && k.scrub == nil:
		e.Kind, e.Raw, e.Note = kindIn(d, raw, v), bytes.Clone(raw), "not decoded: "+err.Error()
	case err != nil:
		e.Kind, e.Bytes = kindIn(d, raw, v), len(raw)
		e.Note = "contents left out: the codec does not know them"
	case k.scrub == nil:
		e.Kind, e.Raw = m.Kind.String(), bytes.Clone(raw)
		if e.Body, err = bodyJSON(m.Body); err != nil {
			e.Note = err.Error()
		}
	default:
		k.scrubbed(&e, m, raw, v)
	}
	return k.w.Write(e)
}

// kindIn names a frame by its id; an id that is none is not repeated, whatever it may be.
func kindIn(d wire.Direction, raw []byte, v wire.Version) string {
	kind, _, _, err := wire.Identify(d, raw[framePrefixBytes:], v)
	if err != nil {
		return "undecodable"
	}
	return kind.String()
}

// scrubbed fills an entry with what is left of a message.
func (k *keeper) scrubbed(e *Entry, m wire.Message, raw []byte, v wire.Version) {
	e.Kind = m.Kind.String()
	var notes []string
	if again, err := wire.Append(nil, m, v); err != nil || !bytes.Equal(again, raw) {
		notes = append(notes, fmt.Sprintf("%d bytes were laid out in another way", len(raw)))
	}
	clean, left := k.scrub.Message(m)
	if len(left) > 0 {
		notes = append(notes, "left out: "+strings.Join(left, ", "))
	}
	encoded, err := wire.Append(nil, clean, v)
	if err == nil {
		e.Body, err = bodyJSON(clean.Body)
	}
	if err != nil {
		e.Bytes = len(raw)
		notes = append(notes, fmt.Sprintf("contents left out: no form at version %d", v))
	} else {
		e.Raw = encoded
	}
	e.Note = strings.Join(notes, "; ")
}
