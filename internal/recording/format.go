package recording

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
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
	// ServerVersion is the first that was negotiated; 0 when there was no version reply.
	ServerVersion int       `json:"serverVersion"`
	Started       time.Time `json:"started"`
	// Scrubbed means that everything that tells whose account it was is replaced.
	Scrubbed bool `json:"scrubbed"`
	// Source is "tap" or "import".
	Source string `json:"source"`
}

// The kinds of entries that are not messages.
const (
	KindConnected    = "connected"    // a client connected, and the Gateway was dialled
	KindPreamble     = "preamble"     // "API\0" and the client's versions
	KindVersionReply = "versionReply" // the Gateway's choice, and its time
	KindFIN          = "FIN"          // the sender ended its half
	KindRST          = "RST"          // the sender reset the connection

	kindUndecodable = "undecodable" // a frame, or all further bytes, that the codec cannot read
)

// The senders of entries.
const (
	FromClient  = "client"
	FromGateway = "gateway"
)

// Entry is one line after the header: a frame, or an event of a connection.
type Entry struct {
	At         time.Time `json:"at"`
	Connection int       `json:"connection"` // from 1, in the order of the clients' dials
	From       string    `json:"from"`       // FromClient or FromGateway
	// Kind is IBKR's name of the message, or one of the constants above.
	Kind string `json:"kind"`
	// Raw is the frame with its length prefix, or the whole preamble; base64 in JSON. It is empty for
	// a frame that was recorded without its contents.
	Raw []byte `json:"raw,omitempty"`
	// Body is the decoded message in protobuf's JSON.
	Body json.RawMessage `json:"body,omitempty"`
	// Bytes is the length of a frame whose Raw is empty, including the length prefix.
	Bytes int `json:"bytes,omitempty"`
	// Note says what was left out or added, and why.
	Note string `json:"note,omitempty"`
}

// direction is the sender in the codec's terms.
func (e Entry) direction() wire.Direction {
	if e.From == FromClient {
		return wire.FromClient
	}
	return wire.FromServer
}

// sender is the From of entries in this direction.
func sender(d wire.Direction) string {
	if d == wire.FromClient {
		return FromClient
	}
	return FromGateway
}

// Message decodes an entry's frame, or else its body. v is the version of its connection. It returns
// an error for an entry that is not a message, or that was recorded without its contents.
func (e Entry) Message(v wire.Version) (wire.Message, error) {
	if len(e.Raw) > framePrefixBytes {
		return wire.Decode(e.direction(), e.Raw[framePrefixBytes:], v)
	}
	kind, ok := wire.ParseKind(e.Kind)
	if !ok || len(e.Body) == 0 {
		return wire.Message{}, fmt.Errorf("read %s: it was recorded without its contents", e.Kind)
	}
	body := wire.NewBody(kind)
	if err := protojson.Unmarshal(e.Body, body); err != nil {
		return wire.Message{}, fmt.Errorf("read %s: %w", e.Kind, err)
	}
	return wire.Message{Kind: kind, Body: body}, nil
}

// framePrefixBytes is the size of a frame's length prefix.
const framePrefixBytes = 4

// bodyJSON encodes a body in protobuf's JSON.
func bodyJSON(m proto.Message) (json.RawMessage, error) {
	text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("write body: %w", err)
	}
	return json.RawMessage(text), nil // json.Marshal puts it on one line
}

// maxLineBytes bounds a line. A line contains a frame in base64, and the decoded body.
const maxLineBytes = 256 << 20

// Recording is a whole recording.
type Recording struct {
	Header  Header
	Entries []Entry
}

// Load reads a recording from a file.
func Load(name string) (*Recording, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read recording: %w", err)
	}
	defer file.Close()
	r, err := Read(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}

// Read reads a recording. Its errors name the line.
func Read(in io.Reader) (*Recording, error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 64<<10), maxLineBytes)
	r := &Recording{}
	for n := 1; lines.Scan(); n++ {
		if n == 1 {
			if err := r.Header.parse(lines.Bytes()); err != nil {
				return nil, fmt.Errorf("read recording: line 1: %w", err)
			}
			continue
		}
		var e Entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("read recording: line %d: %w", n, err)
		}
		if err := e.check(); err != nil {
			return nil, fmt.Errorf("read recording: line %d: %w", n, err)
		}
		r.Entries = append(r.Entries, e)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read recording: %w", err)
	}
	if r.Header.Format == "" {
		return nil, errors.New("read recording: it is empty: want a header line")
	}
	return r, nil
}

func (h *Header) parse(line []byte) error {
	if err := json.Unmarshal(line, h); err != nil {
		return fmt.Errorf("want a header like {\"format\":%q,…}: %w", Format, err)
	}
	if h.Format != Format {
		return fmt.Errorf("format %q: want %q; fakegateway import reads other transcripts",
			h.Format, Format)
	}
	if h.FormatVersion != FormatVersion {
		return fmt.Errorf("format version %d: this program reads %d", h.FormatVersion, FormatVersion)
	}
	return nil
}

// check returns an error for an entry that no writer writes.
func (e Entry) check() error {
	switch {
	case e.From != FromClient && e.From != FromGateway:
		return fmt.Errorf("from %q: want %q or %q", e.From, FromClient, FromGateway)
	case e.Connection < 1:
		return fmt.Errorf("connection %d: want 1 or more", e.Connection)
	case e.Kind == "":
		return errors.New("an entry without a kind")
	}
	return nil
}

// pendingEntries bounds the entries that wait until the version for the header is known.
const pendingEntries = 64

// errWriterClosed is the error of a write after close.
var errWriterClosed = errors.New("the recording is closed")

// writer writes a recording line by line, without a buffer: a process that is killed loses no line
// that was written. It is safe for concurrent use.
type writer struct {
	mu      sync.Mutex
	out     io.Writer
	header  Header
	begun   bool // the header was written
	closed  bool
	pending []Entry
	entries int
	err     error
}

// newWriter begins a recording. It sets Format and FormatVersion of the header, and Started if it is
// zero.
func newWriter(out io.Writer, header Header) *writer {
	header.Format, header.FormatVersion = Format, FormatVersion
	if header.Started.IsZero() {
		header.Started = time.Now()
	}
	return &writer{out: out, header: header}
}

// version sets the header's version, unless it is set already.
func (w *writer) version(v int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.header.ServerVersion == 0 {
		w.header.ServerVersion = v
	}
}

// write adds an entry. The first error is returned by every later call.
func (w *writer) write(e Entry) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return fmt.Errorf("write recording: %w", errWriterClosed)
	}
	if !w.begun {
		w.pending = append(w.pending, e)
		if w.header.ServerVersion == 0 && len(w.pending) < pendingEntries {
			return w.err
		}
		w.begin()
		return w.err
	}
	w.line(e)
	return w.err
}

// begin writes the header and the pending entries. The caller holds mu.
func (w *writer) begin() {
	w.begun = true
	w.put(w.header)
	for _, e := range w.pending {
		w.line(e)
	}
	w.pending = nil
}

func (w *writer) line(e Entry) {
	w.entries++
	w.put(e)
}

func (w *writer) put(v any) {
	if w.err != nil {
		return
	}
	text, err := json.Marshal(v)
	if err == nil {
		_, err = w.out.Write(append(text, '\n'))
	}
	if err != nil {
		w.err = fmt.Errorf("write recording: %w", err)
	}
}

// count is how many entries were written or are pending.
func (w *writer) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.entries + len(w.pending)
}

// close writes the pending entries and returns the first error. It does not close the underlying
// file.
func (w *writer) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.begun {
		w.begin()
	}
	w.closed = true
	return w.err
}
