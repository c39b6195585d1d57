package wire_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"

	"ibsoak/internal/wire"
)

// mutator makes payloads that are nearly right, in a buffer that it reuses.
type mutator struct {
	*rand.Rand
	seeds []seed
	buf   []byte
}

// maxMutatedBytes keeps what has been doubled and spliced from growing.
const maxMutatedBytes = 4096

// next gives a payload and the version at which to decode it. The payload is good until the next.
func (m *mutator) next() ([]byte, wire.Version) {
	s := m.seeds[m.IntN(len(m.seeds))]
	m.buf = append(m.buf[:0], s.payload...)
	for range 1 + m.IntN(2) {
		m.mutate()
	}
	if len(m.buf) > maxMutatedBytes {
		m.buf = m.buf[:maxMutatedBytes]
	}
	if m.IntN(16) == 0 { // a peer that speaks another version than it negotiated
		s.version = m.seeds[m.IntN(len(m.seeds))].version
	}
	return m.buf, s.version
}

func (m *mutator) mutate() {
	if len(m.buf) == 0 {
		return
	}
	switch m.IntN(9) {
	case 0:
		m.buf[m.IntN(len(m.buf))] ^= 1 << m.IntN(8)
	case 1:
		m.buf[m.IntN(len(m.buf))] = byte(m.Uint32())
	case 2: // delete a field
		start, end := m.field()
		m.buf = append(m.buf[:start], m.buf[end:]...)
	case 3: // say a field twice
		start, end := m.field()
		m.insert(end, m.buf[start:end])
	case 4: // put another value in a field's place
		start, end := m.field()
		m.replace(start, end, extremes[m.IntN(len(extremes))])
	case 5: // a field more
		_, end := m.field()
		m.insert(end, extremes[m.IntN(len(extremes))])
	case 6:
		m.buf = m.buf[:m.IntN(len(m.buf))]
	case 7: // the start of this and the end of another
		other := m.seeds[m.IntN(len(m.seeds))].payload
		m.buf = append(m.buf[:m.IntN(len(m.buf))], other[m.IntN(len(other)):]...)
	case 8: // a length or a count that is not so, in text and in protobuf
		m.lie()
	}
}

// extremes are fields that a decoder must not take at their word; in protobuf they are noise.
var extremes = [][]byte{
	[]byte("\x00"), []byte("0\x00"), []byte("-1\x00"), []byte("1\x00"), []byte("2147483647\x00"),
	[]byte("2147483648\x00"), []byte("-2147483648\x00"), []byte("9223372036854775807\x00"),
	[]byte("9223372036854775808\x00"), []byte("-9223372036854775808\x00"),
	[]byte("1.7976931348623157E308\x00"), []byte("-1e999\x00"), []byte("NaN\x00"),
	[]byte("Infinity\x00"), []byte("16777215\x00"), []byte("0x10\x00"), []byte("1_000\x00"),
	[]byte("BAG\x00"), []byte("PEG BENCH\x00"), []byte("FUND\x00"), []byte("None\x00"),
	[]byte(`\u00e9\u\ud800\u0000` + "\x00"), []byte("\xff\xfe\x00"), []byte("a=b;c;=;;\x00"),
}

// field is where a field starts, and where it ends with its NUL. Without NULs it is a few bytes.
func (m *mutator) field() (start, end int) {
	at := m.IntN(len(m.buf))
	start = bytes.LastIndexByte(m.buf[:at], 0) + 1
	if length := bytes.IndexByte(m.buf[at:], 0); length >= 0 {
		return start, at + length + 1
	}
	return start, min(len(m.buf), at+8)
}

func (m *mutator) insert(at int, field []byte) { m.replace(at, at, field) }

func (m *mutator) replace(start, end int, field []byte) {
	m.buf = slices.Replace(m.buf, start, end, field...)
}

// lie adds to a byte that may be a length, a tag or a digit, or makes it the start of a number of
// many bytes.
func (m *mutator) lie() {
	at := m.IntN(len(m.buf))
	switch m.IntN(4) {
	case 0:
		m.buf[at] += byte(1 + m.IntN(16))
	case 1:
		m.buf[at] = 0xff
	case 2:
		m.insert(at, binary.AppendUvarint(nil, m.Uint64()>>m.IntN(64)))
	case 3:
		m.insert(at, []byte{'9', '9', '9'})
	}
}

// lyingFrame is a payload behind a length prefix that is mostly wrong.
func (m *mutator) lyingFrame(payload []byte) []byte {
	n := uint32(len(payload))
	switch m.IntN(5) {
	case 0:
		n += uint32(m.IntN(16)) - 8
	case 1:
		n = m.Uint32()
	case 2:
		n = wire.MaxFrameBytes - uint32(m.IntN(2))
	case 3:
		n = uint32(m.IntN(int(n) + 1))
	}
	return append(binary.BigEndian.AppendUint32(nil, n), payload...)
}
