package wire_test

import (
	"bytes"
	"fmt"
	"testing"

	pb "github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

// ticks are the messages that a Gateway sends most.
func ticks() []wire.Message {
	return []wire.Message{
		{Kind: wire.TickPrice, Body: &pb.TickPrice{
			ReqId: p.i(9001), TickType: p.i(1), Price: p.d(309.16), Size: p.s("300"), AttrMask: p.i(1),
		}},
		{Kind: wire.TickSize, Body: &pb.TickSize{
			ReqId: p.i(9001), TickType: p.i(8), Size: p.s("1234567.5"),
		}},
		{Kind: wire.TickString, Body: &pb.TickString{
			ReqId: p.i(9001), TickType: p.i(45), Value: p.s("1752606307"),
		}},
		{Kind: wire.TickGeneric, Body: &pb.TickGeneric{
			ReqId: p.i(9001), TickType: p.i(49), Value: p.d(0.25),
		}},
	}
}

// TestAppendTicksAllocatesNothing appends into a buffer that has room.
func TestAppendTicksAllocatesNothing(t *testing.T) {
	for _, v := range []wire.Version{178, 202, 225} {
		for _, m := range ticks() {
			buf := make([]byte, 0, 1024)
			allocations := testing.AllocsPerRun(200, func() {
				if _, err := wire.Append(buf, m, v); err != nil {
					t.Fatal(err)
				}
			})
			if allocations != 0 {
				t.Errorf("%s at %d: %v allocations", m.Kind, v, allocations)
			}
		}
	}
}

// TestAppendKeepsWhatIsThere appends behind other frames, and leaves them alone when it fails.
func TestAppendKeepsWhatIsThere(t *testing.T) {
	for _, v := range []wire.Version{178, 202, 225} {
		var together []byte
		for _, m := range ticks() {
			payload, err := wire.Payload(m, v)
			if err != nil {
				t.Fatal(err)
			}
			want := wire.AppendFrame(bytes.Clone(together), payload)
			if together, err = wire.Append(together, m, v); err != nil || !bytes.Equal(together, want) {
				t.Fatalf("%s at %d\n got %q, %v\nwant %q", m.Kind, v, together, err, want)
			}
		}
		nul := wire.Message{Kind: wire.ScannerParameters, Body: &pb.ScannerParameters{
			Xml: p.s("a\xffb"), // neither text nor protobuf carries it
		}}
		before := bytes.Clone(together)
		after, err := wire.Append(together, nul, v)
		if err == nil || !bytes.Equal(after, before) {
			t.Errorf("at %d a body that cannot travel left %q, %v", v, after, err)
		}
	}
}

func BenchmarkAppendTicks(b *testing.B) {
	for _, v := range []wire.Version{178, 225} {
		for _, m := range ticks() {
			b.Run(fmt.Sprintf("%s/%d", m.Kind, v), func(b *testing.B) {
				buf := make([]byte, 0, 1024)
				b.ReportAllocs()
				for b.Loop() {
					if _, err := wire.Append(buf[:0], m, v); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
