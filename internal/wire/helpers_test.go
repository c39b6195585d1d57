package wire_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

func emptyBody(t *testing.T, k wire.Kind) proto.Message {
	t.Helper()
	if !k.Known() {
		t.Fatalf("%s has no table row", k)
	}
	return wire.EmptyBody(k)
}
