package fakegateway

import (
	"encoding/json"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	"ibsoak/internal/wire"
)

// transcriptBytes bounds the raw bytes of the frames in memory, whatever their number.
const transcriptBytes = 256 << 20

// Names in Frame.Kind of what is not a message.
const (
	KindPreamble     = "preamble"
	KindVersionReply = "versionReply"
	KindGarbage      = "garbage"
	KindMalformed    = "malformed"
)

// Frame is one unit of the stream, as it crossed the socket.
type Frame struct {
	Seq        int       `json:"seq"` // over all connections, from 1, in the order of handling
	At         time.Time `json:"at"`  // real time: read, or about to be written
	Connection int       `json:"connection"`
	Direction  string    `json:"direction"` // who sent it: "client" or "server"
	Raw        []byte    `json:"raw"`       // with the length prefix
	Kind       string    `json:"kind"`      // IBKR's name of the message, or one of the Kind constants
	// Body is the decoded message in protobuf's JSON form; null when Raw does not decode.
	Body json.RawMessage `json:"body,omitempty"`
	Note string          `json:"note,omitempty"` // what was unusual: "cut after 7 of 20 bytes"
}

// frame is a Frame that has not been decoded for reading: most never are.
type frame struct {
	seq        int
	at         time.Time
	connection int
	direction  wire.Direction
	version    wire.Version // 0: not a message
	raw        []byte
	kind       string
	note       string
}

func (f frame) decoded() Frame {
	const prefixBytes = 4
	out := Frame{
		Seq: f.seq, At: f.at, Connection: f.connection, Direction: f.direction.String(),
		Raw: f.raw, Kind: f.kind, Note: f.note,
	}
	if f.version == 0 || len(f.raw) <= prefixBytes {
		return out
	}
	m, err := wire.Decode(f.direction, f.raw[prefixBytes:], f.version)
	if err != nil {
		return out
	}
	if body, err := protojson.Marshal(m.Body); err == nil {
		out.Body = body
	}
	return out
}

// transcript keeps the newest frames. It is guarded by its board.
type transcript struct {
	limit   int
	frames  []frame // seqs are consecutive
	next    int     // of the next frame, minus 1
	bytes   int
	dropped int
}

func (t *transcript) add(f frame) int {
	t.next++
	f.seq = t.next
	t.frames = append(t.frames, f)
	t.bytes += len(f.raw)
	for len(t.frames) > t.limit || t.bytes > transcriptBytes && len(t.frames) > 1 {
		t.bytes -= len(t.frames[0].raw)
		t.frames[0] = frame{}
		t.frames = t.frames[1:] // append moves the rest when the array is used up
		t.dropped++
	}
	return f.seq
}

func (t *transcript) annotate(seq int, note string) {
	if len(t.frames) == 0 {
		return
	}
	if i := seq - t.frames[0].seq; i >= 0 && i < len(t.frames) {
		if t.frames[i].note != "" {
			note = t.frames[i].note + "; " + note
		}
		t.frames[i].note = note
	}
}

// since returns the kept frames with a seq above after.
func (t *transcript) since(after int) []frame {
	if len(t.frames) == 0 {
		return nil
	}
	from := max(0, after-t.frames[0].seq+1)
	if from >= len(t.frames) {
		return nil
	}
	return append([]frame(nil), t.frames[from:]...)
}
