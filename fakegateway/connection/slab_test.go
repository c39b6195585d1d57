package connection

import (
	"bytes"
	"strings"
	"testing"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"ibsoak/internal/wire"
)

// What a slab has given out never changes, whatever is encoded after it.
func TestSlabKeepsWhatItGave(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := wire.Version(rapid.SampledFrom([]int{178, 200, 206, 225}).Draw(t, "version"))
		var s slab
		var got, want [][]byte
		for range rapid.IntRange(1, 200).Draw(t, "messages") {
			m := wire.Message{Kind: wire.ErrorMessage, Body: &protobuf.ErrorMessage{
				Id:       proto.Int32(1),
				ErrorMsg: proto.String(strings.Repeat("x", rapid.IntRange(0, 600).Draw(t, "length"))),
			}}
			frame, err := s.frame(m, v)
			if err != nil {
				t.Fatal(err)
			}
			alone, err := wire.Append(nil, m, v)
			if err != nil {
				t.Fatal(err)
			}
			got, want = append(got, frame), append(want, alone)
			_ = append(frame, "overrun"...) // what a careless keeper would do
		}
		for i := range got {
			if !bytes.Equal(got[i], want[i]) {
				t.Fatalf("frame %d of %d is\n%q, was\n%q", i, len(got), got[i], want[i])
			}
		}
	})
}
