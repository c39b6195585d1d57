package recording

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"ibsoak/internal/wire"
)

// errNotFrames means that the bytes do not follow the protocol any more, so that nobody can tell
// where a frame ends.
var errNotFrames = errors.New("not a stream of frames")

// frameSplitter splits the bytes of one direction into frames as they arrive. A client's first
// bytes are its preamble, which is handed out like a frame. After an error it ignores all bytes.
type frameSplitter struct {
	preamble bool // the next bytes are the preamble
	buffered []byte
	failed   bool
}

// push takes bytes, and calls each for every preamble and frame that they complete. raw is valid
// only during the call.
func (s *frameSplitter) push(p []byte, each func(raw []byte, preamble bool)) error {
	if s.failed {
		return nil
	}
	s.buffered = append(s.buffered, p...)
	taken := 0
	for {
		n, err := s.next(s.buffered[taken:])
		if err != nil {
			s.failed, s.buffered = true, nil
			return err
		}
		if n == 0 {
			break
		}
		preamble := s.preamble
		s.preamble = false
		each(s.buffered[taken:taken+n], preamble)
		taken += n
	}
	s.buffered = append(s.buffered[:0], s.buffered[taken:]...)
	return nil
}

// next returns the length of the first preamble or frame, or 0 when it is not complete.
func (s *frameSplitter) next(have []byte) (int, error) {
	if s.preamble {
		in := bytes.NewReader(have)
		_, err := wire.ReadPreamble(in)
		switch {
		case err == nil:
			return len(have) - in.Len(), nil
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return 0, nil
		}
		return 0, fmt.Errorf("%w: no preamble", errNotFrames)
	}
	if len(have) < framePrefixBytes {
		return 0, nil
	}
	length := int64(int32(binary.BigEndian.Uint32(have)))
	if length <= 0 || length > wire.MaxFrameBytes {
		return 0, fmt.Errorf("%w: a frame of length %d", errNotFrames, length)
	}
	if int64(len(have)) < framePrefixBytes+length {
		return 0, nil
	}
	return framePrefixBytes + int(length), nil
}

// incomplete is how many bytes of the last frame have arrived; 0 between frames.
func (s *frameSplitter) incomplete() int { return len(s.buffered) }
