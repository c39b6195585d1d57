package wire_test

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

func emptyBody(t *testing.T, k wire.Kind) proto.Message {
	t.Helper()
	if !k.Known() {
		t.Fatalf("%s has no table row", k)
	}
	return wire.NewBody(k)
}

// sameFieldCount says that the codec's layout has as many fields as a golden in text: a field too
// many or too few near the end would otherwise pass for a missing or an extra one.
func sameFieldCount(t *testing.T, m wire.Message, golden []byte, v wire.Version) {
	t.Helper()
	if wire.FormAt(m.Kind, v) == wire.Protobuf {
		return
	}
	ours, err := wire.Payload(m, v)
	if err != nil {
		t.Fatal(err)
	}
	const rawID = 4
	if v >= wire.RawIDVersion {
		ours, golden = ours[rawID:], golden[rawID:]
	}
	got, want := bytes.Count(ours, []byte{0}), bytes.Count(golden, []byte{0})
	if got != want {
		t.Errorf("%s at %d has %d fields, the golden %d:\nours %q\ngolden %q",
			m.Kind, v, got, want, ours, golden)
	}
}
