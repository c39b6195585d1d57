package wire_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/iotest"

	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

func FuzzFrameReader(f *testing.F) {
	for _, seed := range []string{
		"\x00\x00\x00\x04\x00\x00\x00\xf9", "\x00\x00\x00\x00", "\xff\xff\xff\xff", "\x01\x00\x00\x00",
		"\x00\xff\xff\xffab", "\x00\x00\x00\x01a\x00\x00\x00\x02bc\x00",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		r := wire.NewFrameReader(iotest.HalfReader(bytes.NewReader(stream)))
		var again []byte
		for {
			payload, err := r.Next()
			if err != nil {
				checkFrameEnd(t, stream, r.Offset(), err)
				break
			}
			again = wire.AppendFrame(again, payload)
			if int64(len(again)) != r.Offset() {
				t.Fatalf("offset %d after frames of %d bytes", r.Offset(), len(again))
			}
		}
		if !bytes.HasPrefix(stream, again) {
			t.Fatalf("frames %x are not the start of the stream %x", again, stream)
		}
	})
}

// checkFrameEnd says which end of a stream is which error.
func checkFrameEnd(t *testing.T, stream []byte, offset int64, err error) {
	t.Helper()
	rest := stream[offset:]
	var broken *wire.FrameError
	switch {
	case len(rest) == 0:
		if !errors.Is(err, io.EOF) {
			t.Fatalf("at the end: %v", err)
		}
	case !errors.As(err, &broken):
		t.Fatalf("inside a frame: %v", err)
	case broken.Offset != offset || !bytes.HasPrefix(rest, broken.Seen):
		t.Fatalf("%+v does not tell where %x broke", broken, rest)
	case errors.Is(err, wire.ErrFrameLength):
		length := int32(binary.BigEndian.Uint32(rest))
		if length > 0 && length <= wire.MaxFrameBytes {
			t.Fatalf("length %d was refused", length)
		}
	case !errors.Is(err, io.ErrUnexpectedEOF):
		t.Fatalf("cut frame: %v", err)
	}
}

func FuzzReadPreamble(f *testing.F) {
	for _, seed := range []string{
		"", "API", "API\x00\x00\x00\x00\x09v100..225rest", "API\x00\x00\x00\x00\x04v178",
		"API\x00\x00\x00\x00\x12v100..225 +PACEAPI", "GET / HTTP/1.1\r\n", "API\x00\xff\xff\xff\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, sent []byte) {
		source := bytes.NewReader(sent)
		p, err := wire.ReadPreamble(source)
		read := len(sent) - source.Len()
		if errors.Is(err, wire.ErrNotAPI) && (read > 4 || bytes.HasPrefix(sent, []byte("API\x00"))) {
			t.Fatalf("%q: %v after %d bytes", sent, err, read)
		}
		if err != nil {
			return
		}
		if want := 8 + int(binary.BigEndian.Uint32(sent[4:])); read != want {
			t.Fatalf("read %d bytes of %q, want %d", read, sent, want)
		}
		again, err := wire.ReadPreamble(bytes.NewReader(wire.AppendPreamble(nil, p)))
		if err != nil || again != p {
			t.Fatalf("%+v came back as %+v, %v", p, again, err)
		}
	})
}

func FuzzParseHello(f *testing.F) {
	for _, seed := range []string{
		"", "225\x0020260824 22:27:38 CET\x00", "200\x00", "abc\x00x\x00", "-1\x00h\x00",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		h, err := wire.ParseHello(payload)
		if err != nil {
			return
		}
		frame, err := wire.NewFrameReader(bytes.NewReader(wire.AppendHello(nil, h))).Next()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := wire.ParseHello(frame); err != nil || again != h {
			t.Fatalf("%+v came back as %+v, %v", h, again, err)
		}
	})
}

// fuzzVersions are one of each shape that a message can have. Corpora refer to them by their
// place: add behind the last.
var fuzzVersions = []wire.Version{
	157, 163, 168, 178, 188, 193, 196, 200, 202, 206, 212, 225, 226, 213,
}

// fuzzDecode starts from every message at some versions, from what @stoqey/ib sent, and from what
// it found before.
func fuzzDecode(f *testing.F, direction wire.Direction) {
	f.Helper()
	made := seeds(f, direction, 157, 178, 193, 200, 206, 213, 225)
	for _, s := range append(made, found(f, direction)...) {
		f.Add(uint8(slices.Index(fuzzVersions, s.version)), s.payload)
	}
	if direction == wire.FromClient {
		for call, frame := range stoqeyFrames(f, 193) {
			if call != "preamble" {
				f.Add(uint8(slices.Index(fuzzVersions, 193)), frame[prefixBytes:])
			}
		}
	}
	f.Fuzz(func(t *testing.T, at uint8, payload []byte) {
		new(roundTrip).decodeAndBack(t, direction, payload, fuzzVersions[int(at)%len(fuzzVersions)])
	})
}

// roundTrip has the buffers of what is encoded, for reuse.
type roundTrip struct{ first, second []byte }

const prefixBytes = 4 // the length before a payload

// decodeAndBack decodes anything without panic, into no more than the bytes can have said. What
// decodes also encodes, and the second time to the same bytes: the first time settles how unset
// values are spelled. It says whether the payload decodes.
func (r *roundTrip) decodeAndBack(
	t *testing.T, d wire.Direction, payload []byte, v wire.Version,
) (decoded bool) {
	m, err := wire.Decode(d, payload, v)
	if err != nil {
		checkDecodeError(t, err)
		return false
	}
	if m.Kind.Direction() != d || m.Body == nil {
		t.Fatalf("decoded %+v", m)
	}
	// A number of one digit and its NUL becomes 12 bytes at most.
	if size := proto.Size(m.Body); size > 16*len(payload)+64 {
		t.Fatalf("%d bytes of body from %d bytes of payload", size, len(payload))
	}
	if _, form, _, err := wire.Identify(d, payload, v); err == nil && form == wire.Protobuf {
		v = wire.MaxVersion // protobuf before its time can say what text has no place for
	}
	if v < wire.Since(m.Kind) {
		return true
	}
	if r.first, err = wire.Append(r.first[:0], m, v); err != nil {
		t.Fatalf("%s at %d decodes but does not encode: %v", m.Kind, v, err)
	}
	again, err := wire.Decode(d, r.first[prefixBytes:], v)
	if err != nil {
		t.Fatalf("%s at %d encodes to %q: %v", m.Kind, v, r.first, err)
	}
	r.second, err = wire.Append(r.second[:0], again, v)
	if err != nil || !bytes.Equal(r.first, r.second) {
		t.Fatalf("%s at %d encodes to\n%q, then to\n%q, %v", m.Kind, v, r.first, r.second, err)
	}
	return true
}

// checkDecodeError says what an error tells: a kind, a field and little of what came.
func checkDecodeError(t *testing.T, err error) {
	decodeError, ok := err.(*wire.DecodeError) //nolint:errorlint // Decode promises it unwrapped
	if !ok || decodeError.Err == nil || len(decodeError.Seen) > 64 {
		t.Fatalf("%T: %v", err, err)
	}
	if len(decodeError.Err.Error()) > 500 {
		t.Fatalf("an error message of %d bytes", len(err.Error()))
	}
}

func FuzzDecodeClient(f *testing.F) { fuzzDecode(f, wire.FromClient) }

func FuzzDecodeServer(f *testing.F) { fuzzDecode(f, wire.FromServer) }
