package recording

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"ibsoak/internal/wire"
)

// errNoStream is a stream that is not the protocol's any more: its frames cannot be told apart.
var errNoStream = errors.New("not a stream of frames")

// cutter cuts one direction of a connection into units as the bytes come: for a client the
// preamble and then frames, for a Gateway frames. After an error it swallows everything.
type cutter struct {
	preamble bool // is due
	buffered []byte
	broken   bool
}

// push takes bytes and hands out every unit that they complete, while the unit stays valid.
func (c *cutter) push(p []byte, unit func(raw []byte, preamble bool) error) error {
	if c.broken {
		return nil
	}
	c.buffered = append(c.buffered, p...)
	taken := 0
	for {
		n, err := c.next(c.buffered[taken:])
		if err != nil {
			c.broken, c.buffered = true, nil
			return err
		}
		if n == 0 {
			break
		}
		preamble := c.preamble
		c.preamble = false
		if err := unit(c.buffered[taken:taken+n], preamble); err != nil {
			return err
		}
		taken += n
	}
	c.buffered = append(c.buffered[:0], c.buffered[taken:]...)
	return nil
}

// next is the length of the first unit, 0 when it is not whole yet.
func (c *cutter) next(have []byte) (int, error) {
	if c.preamble {
		in := bytes.NewReader(have)
		_, err := wire.ReadPreamble(in)
		switch {
		case err == nil:
			return len(have) - in.Len(), nil
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return 0, nil
		}
		return 0, fmt.Errorf("%w: no preamble", errNoStream)
	}
	if len(have) < framePrefixBytes {
		return 0, nil
	}
	length := int64(int32(binary.BigEndian.Uint32(have)))
	if length <= 0 || length > wire.MaxFrameBytes {
		return 0, fmt.Errorf("%w: a frame of length %d", errNoStream, length)
	}
	if int64(len(have)) < framePrefixBytes+length {
		return 0, nil
	}
	return framePrefixBytes + int(length), nil
}

// inside is how many bytes of a unit that never ended there are.
func (c *cutter) inside() int { return len(c.buffered) }
