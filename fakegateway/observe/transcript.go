package observe

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

// RawFrame is a Frame that has not been decoded for reading: most never are.
type RawFrame struct {
	Seq        int
	At         time.Time
	Connection int
	Direction  wire.Direction
	Version    wire.Version // 0: not a message
	Raw        []byte
	Kind       string
	Note       string
	Digest     *Digest // for the event; not kept
	AfterFIN   bool    // likewise
}

func (f RawFrame) decoded() Frame {
	const prefixBytes = 4
	out := Frame{
		Seq: f.Seq, At: f.At, Connection: f.Connection, Direction: f.Direction.String(),
		Raw: f.Raw, Kind: f.Kind, Note: f.Note,
	}
	if f.Version == 0 || len(f.Raw) <= prefixBytes {
		return out
	}
	m, err := wire.Decode(f.Direction, f.Raw[prefixBytes:], f.Version)
	if err != nil {
		return out
	}
	if body, err := protojson.Marshal(m.Body); err == nil {
		out.Body = body
	}
	return out
}

// transcript keeps the newest frames in a ring. It is guarded by its board.
type transcript struct {
	limit   int
	ring    []RawFrame // grows up to limit
	first   int        // of the ring: the oldest frame kept
	kept    int
	next    int // how many frames there were in all; seqs are consecutive
	bytes   int
	dropped int
}

const firstRing = 256 // frames

func (t *transcript) add(f RawFrame) int {
	for t.kept > 0 && (t.kept >= t.limit || t.bytes+len(f.Raw) > transcriptBytes) {
		t.drop()
	}
	if t.kept == len(t.ring) {
		t.grow()
	}
	t.next++
	f.Seq, f.Digest = t.next, nil
	t.bytes += len(f.Raw)
	*t.at(t.kept) = f
	t.kept++
	return f.Seq
}

// at is the i-th of the kept frames.
func (t *transcript) at(i int) *RawFrame { return &t.ring[(t.first+i)%len(t.ring)] }

func (t *transcript) drop() {
	t.bytes -= len(t.at(0).Raw)
	*t.at(0) = RawFrame{}
	t.first = (t.first + 1) % len(t.ring)
	t.kept--
	t.dropped++
}

func (t *transcript) grow() {
	ring := make([]RawFrame, min(max(firstRing, 2*len(t.ring)), max(t.limit, 1)))
	for i := range t.kept {
		ring[i] = *t.at(i)
	}
	t.ring, t.first = ring, 0
}

// oldest is the seq of the oldest frame kept.
func (t *transcript) oldest() int { return t.next - t.kept + 1 }

func (t *transcript) annotate(seq int, note string) {
	i := seq - t.oldest()
	if i < 0 || i >= t.kept {
		return
	}
	f := t.at(i)
	if f.Note != "" {
		note = f.Note + "; " + note
	}
	f.Note = note
}

// since returns the kept frames with a seq above after.
func (t *transcript) since(after int) []RawFrame {
	var frames []RawFrame
	for i := max(0, after+1-t.oldest()); i < t.kept; i++ {
		frames = append(frames, *t.at(i))
	}
	return frames
}
