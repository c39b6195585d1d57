package recording

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"ibsoak/internal/wire"
)

// entryWriter turns what was seen on a connection into entries of a recording. It replaces private
// values before it writes anything.
type entryWriter struct {
	file  *writer
	scrub *Scrubber // nil: nothing is replaced
	now   func() time.Time
}

// event writes something that happened to a connection and is not a message.
func (w *entryWriter) event(connection int, d wire.Direction, kind, note string) error {
	return w.file.write(Entry{
		At: w.now(), Connection: connection, From: sender(d), Kind: kind, Note: note,
	})
}

// preamble writes a client's greeting. It contains only versions, so nothing is replaced.
func (w *entryWriter) preamble(connection int, raw []byte) error {
	return w.file.write(Entry{
		At: w.now(), Connection: connection, From: FromClient, Kind: KindPreamble,
		Raw: bytes.Clone(raw),
	})
}

// hello writes a version reply.
func (w *entryWriter) hello(connection int, h wire.Hello) error {
	w.file.version(int(h.Version))
	return w.file.write(Entry{
		At: w.now(), Connection: connection, From: FromGateway, Kind: KindVersionReply,
		Raw: wire.AppendHello(nil, h),
	})
}

// frame writes a frame; raw includes its length prefix. Of a frame that the codec cannot decode, or
// cannot encode again after scrubbing, it writes only the name and the length.
func (w *entryWriter) frame(connection int, d wire.Direction, raw []byte, v wire.Version) error {
	e := Entry{At: w.now(), Connection: connection, From: sender(d)}
	m, err := wire.Decode(d, raw[framePrefixBytes:], v)
	switch {
	case err != nil && w.scrub == nil:
		e.Kind, e.Raw, e.Note = kindOf(d, raw, v), bytes.Clone(raw), "not decoded: "+err.Error()
	case err != nil:
		e.Kind, e.Bytes = kindOf(d, raw, v), len(raw)
		e.Note = "contents left out: the codec does not know them"
	case w.scrub == nil:
		e.Kind, e.Raw = m.Kind.String(), bytes.Clone(raw)
		if e.Body, err = bodyJSON(m.Body); err != nil {
			e.Note = err.Error()
		}
	default:
		w.scrubbed(&e, m, raw, v)
	}
	return w.file.write(e)
}

// kindOf names a frame by its message id. An id that the codec does not know is not written: it may
// be anything.
func kindOf(d wire.Direction, raw []byte, v wire.Version) string {
	kind, _, _, err := wire.Identify(d, raw[framePrefixBytes:], v)
	if err != nil {
		return kindUndecodable
	}
	return kind.String()
}

// scrubbed puts the scrubbed message into an entry, as far as it can be encoded.
func (w *entryWriter) scrubbed(e *Entry, m wire.Message, raw []byte, v wire.Version) {
	e.Kind = m.Kind.String()
	var notes []string
	if again, err := wire.Append(nil, m, v); err != nil || !bytes.Equal(again, raw) {
		notes = append(notes, fmt.Sprintf("%d bytes were laid out in another way", len(raw)))
	}
	clean, omitted := w.scrub.Message(m)
	if len(omitted) > 0 {
		notes = append(notes, "left out: "+strings.Join(omitted, ", "))
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
