package session

import (
	"testing"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

func TestNextIDsAreRolledBackFromTheSecondSession(t *testing.T) {
	shared := testLogin(t, Semantics{RollBackIDs: 3})
	l := login(t, shared, 225, 1)
	l.ask(wire.PlaceOrder, order(10, "BUY", 1, "LMT", 1))
	for session, want := range []int32{8, 8} {
		l.session.End()
		l = &line{t: t, version: 225, now: l.now}
		l.session = New(shared, l, 225)
		l.session.Start(1)
		for _, m := range l.sent {
			if body, ok := m.Body.(*protobuf.NextValidId); ok && body.GetOrderId() != want {
				t.Errorf("session %d: next id %d, want %d", session+2, body.GetOrderId(), want)
			}
		}
	}
}
