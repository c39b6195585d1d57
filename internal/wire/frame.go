package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// MaxFrameBytes is the largest payload that clients accept: 16 MiB - 1 (the bound of the official
// clients' readers).
const MaxFrameBytes = 0xFFFFFF

const (
	lengthBytes = 4
	rawIDBytes  = 4

	// readChunkBytes bounds how much is allocated ahead of bytes that really arrive: a frame may
	// declare 16 MiB and then deliver nothing.
	readChunkBytes = 64 << 10
)

// FrameError is a stream that cannot be cut into frames. Nothing after Offset can be trusted.
type FrameError struct {
	Offset int64  // of the frame's length prefix, in bytes from where the reader started
	Length int64  // declared payload length, as a signed 32-bit number
	Seen   []byte // the bytes of the frame that arrived, prefix included, at most 16
	Err    error  // ErrFrameLength, or io.ErrUnexpectedEOF or another read error inside the frame
}

// ErrFrameLength is a declared length of zero, below zero or above MaxFrameBytes.
var ErrFrameLength = errors.New("frame length out of range 1..16777215")

// Error says where the stream broke and what was there.
func (e *FrameError) Error() string {
	return fmt.Sprintf("read frame at byte %d (declared length %d, saw % x): %v",
		e.Offset, e.Length, e.Seen, e.Err)
}

// IsEmpty reports a frame that declares no payload: the next frame follows it, other than after the
// other errors.
func (e *FrameError) IsEmpty() bool { return e.Length == 0 && errors.Is(e.Err, ErrFrameLength) }

// Unwrap gives the cause.
func (e *FrameError) Unwrap() error { return e.Err }

// FrameReader cuts a byte stream into payloads. It never reads past the frame that it returns.
type FrameReader struct {
	r      io.Reader
	offset int64
}

// NewFrameReader reads frames from r, which should be buffered.
func NewFrameReader(r io.Reader) *FrameReader { return &FrameReader{r: r} }

// Offset is the number of bytes consumed so far, whole frames only.
func (f *FrameReader) Offset() int64 { return f.offset }

// Next returns the next payload in a buffer of its own. At a frame boundary the stream's end is
// io.EOF, and any other read error is returned as it came; inside a frame either is a *FrameError.
func (f *FrameReader) Next() ([]byte, error) {
	var prefix [lengthBytes]byte
	n, err := io.ReadFull(f.r, prefix[:])
	if n == 0 && err != nil {
		return nil, err
	}
	if err != nil {
		return nil, f.broken(0, prefix[:n], nil, err)
	}
	length := int64(int32(binary.BigEndian.Uint32(prefix[:])))
	if length <= 0 || length > MaxFrameBytes {
		return nil, f.broken(length, prefix[:], nil, ErrFrameLength)
	}
	payload, err := readPayload(f.r, int(length))
	if err != nil {
		return nil, f.broken(length, prefix[:], payload, err)
	}
	f.offset += lengthBytes + length
	return payload, nil
}

func readPayload(r io.Reader, length int) ([]byte, error) {
	buf := make([]byte, 0, min(length, readChunkBytes))
	for len(buf) < length {
		start := len(buf)
		want := min(length-start, max(readChunkBytes, start)) // doubles only what has arrived
		if cap(buf)-start < want {
			grown := make([]byte, start, start+want)
			copy(grown, buf)
			buf = grown
		}
		n, err := io.ReadFull(r, buf[start:start+want])
		buf = buf[:start+n]
		if err != nil {
			return buf, err
		}
	}
	return buf, nil
}

func (f *FrameReader) broken(length int64, prefix, payload []byte, err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	const seenBytes = 16
	seen := append([]byte(nil), prefix...)
	seen = append(seen, payload[:min(len(payload), seenBytes-len(seen))]...)
	return &FrameError{Offset: f.offset, Length: length, Seen: seen, Err: err}
}

// AppendFrame appends payload with its length prefix. It panics on a payload that is empty or
// longer than MaxFrameBytes: our own encoders never make one.
func AppendFrame(dst, payload []byte) []byte {
	if len(payload) == 0 || len(payload) > MaxFrameBytes {
		panic(fmt.Sprintf("wire: payload of %d bytes", len(payload)))
	}
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(payload)))
	return append(dst, payload...)
}
