package wire_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strconv"
	"testing"

	"ibsoak/internal/wire"
)

// TestCountsAllocateNothing gives every message a huge number in every field in turn, counts
// among them: none is taken at its word.
func TestCountsAllocateNothing(t *testing.T) {
	const fieldCount, bound = 200, 256 << 10
	counts := 0
	for _, k := range wire.Kinds() {
		for _, v := range []wire.Version{163, 200} {
			if !wire.HasText(k) || wire.FormAt(k, v) == wire.Protobuf {
				continue
			}
			refused := 0
			total := allocatedBytes(func() { refused = decodeHuge(k, v, fieldCount) })
			if each := total / fieldCount; each > bound {
				t.Errorf("%s at %d allocates %d bytes for a payload of some 400", k, v, each)
			}
			counts += refused
		}
	}
	if counts == 0 {
		t.Error("no field refused its number: the test reaches no count")
	}
}

// decodeHuge decodes n payloads of n fields, each with one huge number, and says how many were
// refused.
func decodeHuge(k wire.Kind, v wire.Version, n int) (refused int) {
	fields := slices.Repeat([][]byte{[]byte("0")}, n)
	for i := range fields {
		fields[i] = []byte("16777215")
		payload := slices.Concat(textID(k, v), bytes.Join(fields, []byte{0}), []byte{0})
		fields[i] = []byte("0")
		if _, err := wire.Decode(k.Direction(), payload, v); err != nil {
			refused++
		}
	}
	return refused
}

func textID(k wire.Kind, v wire.Version) []byte {
	if v >= wire.RawIDVersion {
		return binary.BigEndian.AppendUint32(nil, uint32(k.ID()))
	}
	return append(strconv.AppendInt(nil, int64(k.ID()), 10), 0)
}
