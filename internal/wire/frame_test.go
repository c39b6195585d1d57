package wire_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"ibsoak/internal/wire"
)

func TestFrameReader(t *testing.T) {
	// reqCurrentTime and nextValidId as a Gateway at 225 frames them.
	stream := []byte("\x00\x00\x00\x04\x00\x00\x00\xf9\x00\x00\x00\x06\x00\x00\x00\xd1\x08\x01")
	for name, source := range map[string]io.Reader{
		"at once":          bytes.NewReader(stream),
		"byte by byte":     iotest.OneByteReader(bytes.NewReader(stream)),
		"data with EOF":    iotest.DataErrReader(bytes.NewReader(stream)),
		"halves":           iotest.HalfReader(bytes.NewReader(stream)),
		"followed by more": io.MultiReader(bytes.NewReader(stream), bytes.NewReader(nil)),
	} {
		t.Run(name, func(t *testing.T) {
			r := wire.NewFrameReader(source)
			for _, want := range []string{"\x00\x00\x00\xf9", "\x00\x00\x00\xd1\x08\x01"} {
				if got, err := r.Next(); err != nil || string(got) != want {
					t.Fatalf("next: %x, %v, want %x", got, err, want)
				}
			}
			if got, err := r.Next(); got != nil || !errors.Is(err, io.EOF) {
				t.Errorf("at the end: %x, %v, want io.EOF", got, err)
			}
			if r.Offset() != int64(len(stream)) {
				t.Errorf("offset %d, want %d", r.Offset(), len(stream))
			}
		})
	}
}

func TestFrameReaderReadsNoFurther(t *testing.T) {
	source := bytes.NewReader([]byte("\x00\x00\x00\x01axyz"))
	if _, err := wire.NewFrameReader(source).Next(); err != nil {
		t.Fatal(err)
	}
	if source.Len() != 3 {
		t.Errorf("%d bytes left after the frame, want 3", source.Len())
	}
}

func TestFrameErrors(t *testing.T) {
	const first = "\x00\x00\x00\x01a"
	for _, c := range []struct {
		name, stream string
		want         wire.FrameError
	}{
		{
			"zero", first + "\x00\x00\x00\x00rest",
			wire.FrameError{Offset: 5, Seen: []byte("\x00\x00\x00\x00"), Err: wire.ErrFrameLength},
		},
		{
			"negative", first + "\xff\xff\xff\xffrest",
			wire.FrameError{
				Offset: 5, Length: -1, Seen: []byte("\xff\xff\xff\xff"), Err: wire.ErrFrameLength,
			},
		},
		{
			"one too long", "\x01\x00\x00\x00rest",
			wire.FrameError{Length: 1 << 24, Seen: []byte("\x01\x00\x00\x00"), Err: wire.ErrFrameLength},
		},
		{
			"HTTP", "HTTP/1.1 400 Bad Request",
			wire.FrameError{Length: 0x48545450, Seen: []byte("HTTP"), Err: wire.ErrFrameLength},
		},
		{
			"cut in the prefix", first + "\x00\x00",
			wire.FrameError{Offset: 5, Seen: []byte("\x00\x00"), Err: io.ErrUnexpectedEOF},
		},
		{
			"cut after the prefix", "\x00\x00\x00\x09",
			wire.FrameError{Length: 9, Seen: []byte("\x00\x00\x00\x09"), Err: io.ErrUnexpectedEOF},
		},
		{
			"cut in the payload", "\x00\x00\x00\x20abcdefghijklmnopq",
			wire.FrameError{
				Length: 32, Seen: []byte("\x00\x00\x00\x20abcdefghijkl"), Err: io.ErrUnexpectedEOF,
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := wire.NewFrameReader(bytes.NewReader([]byte(c.stream)))
			var err error
			for err == nil {
				_, err = r.Next()
			}
			var got *wire.FrameError
			if !errors.As(err, &got) {
				t.Fatalf("error %v, want a *FrameError", err)
			}
			if got.Offset != c.want.Offset || got.Length != c.want.Length ||
				!bytes.Equal(got.Seen, c.want.Seen) || !errors.Is(err, c.want.Err) {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

// TestFrameReadError keeps a socket's own error at a boundary as it came, for callers that ask
// whether it was a timeout or a reset.
func TestFrameReadError(t *testing.T) {
	reset := errors.New("connection reset")
	_, err := wire.NewFrameReader(iotest.ErrReader(reset)).Next()
	var broken *wire.FrameError
	if !errors.Is(err, reset) || errors.As(err, &broken) {
		t.Errorf("at a boundary: %v, want %v itself", err, reset)
	}
	inside := io.MultiReader(bytes.NewReader([]byte{0, 0, 0, 9, 1}), iotest.ErrReader(reset))
	_, err = wire.NewFrameReader(inside).Next()
	if !errors.Is(err, reset) || !errors.As(err, &broken) {
		t.Errorf("inside a frame: %v, want a *FrameError around %v", err, reset)
	}
}

// TestLongestFrame walks the largest payload through, and checks that a declared length alone
// makes the reader allocate little.
func TestLongestFrame(t *testing.T) {
	payload := make([]byte, wire.MaxFrameBytes)
	payload[len(payload)-1] = 1
	frame := wire.AppendFrame(nil, payload)
	got, err := wire.NewFrameReader(bytes.NewReader(frame)).Next()
	if err != nil || !bytes.Equal(got, payload) {
		t.Fatalf("%d bytes, %v", len(got), err)
	}

	promise := binary.BigEndian.AppendUint32(nil, wire.MaxFrameBytes)
	const runs, bound = 100, 128 << 10
	each := allocatedBytes(func() {
		for range runs {
			if _, err := wire.NewFrameReader(bytes.NewReader(promise)).Next(); err == nil {
				t.Fatal("a promise was read as a frame")
			}
		}
	}) / runs
	if each > bound {
		t.Errorf("a promised 16 MiB frame allocates %d bytes, want at most %d", each, bound)
	}
}

// allocatedBytes is what work allocates, give or take what the runtime itself does meanwhile.
func allocatedBytes(work func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	work()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestAppendFrameRefuses(t *testing.T) {
	for _, length := range []int{0, wire.MaxFrameBytes + 1} {
		t.Run(fmt.Sprint(length), func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("a payload that no client accepts was framed")
				}
			}()
			wire.AppendFrame(nil, make([]byte, length))
		})
	}
}

// Behind an empty frame the stream goes on, other than behind one that is cut off or too long.
func TestEmptyFramesCanBeReadPast(t *testing.T) {
	frames := wire.NewFrameReader(strings.NewReader("\x00\x00\x00\x00\x00\x00\x00\x02hi\x00\x00"))
	var frame *wire.FrameError
	if _, err := frames.Next(); !errors.As(err, &frame) || !frame.IsEmpty() {
		t.Errorf("an empty frame: %v", err)
	}
	if payload, err := frames.Next(); err != nil || string(payload) != "hi" {
		t.Errorf("the next frame: %q, %v", payload, err)
	}
	if _, err := frames.Next(); !errors.As(err, &frame) || frame.IsEmpty() {
		t.Errorf("a frame that is cut off: %v", err)
	}
	frames = wire.NewFrameReader(strings.NewReader("\xff\xff\xff\xff"))
	if _, err := frames.Next(); !errors.As(err, &frame) || frame.IsEmpty() {
		t.Errorf("a frame that is too long: %v", err)
	}
}
