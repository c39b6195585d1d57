package fakegateway

import (
	"strings"
	"testing"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/connection"
	"ibsoak/internal/wire"
)

// A client that never reads is dropped when what waits for it has reached a bound, with the reason
// in the ledger; until then, and after, another client is served as if it were alone.
func TestAClientThatNeverReadsHoldsNobodyUp(t *testing.T) {
	s := startServer(t, Config{TranscriptFrames: 100})
	slow := dial(t, s)
	slow.hello()
	slow.startAPI(1)
	row(t, s, 1, "the slow client's bootstrap", func(c Connection) bool { return !c.BootstrapSent.IsZero() })
	quick := dial(t, s)
	quick.hello()
	quick.startAPI(2)

	flood := wire.Message{Kind: wire.ErrorMessage, Body: &protobuf.ErrorMessage{
		Id: proto.Int32(-1), ErrorCode: proto.Int32(2100), ErrorMsg: proto.String(strings.Repeat("x", 64<<10)),
	}}
	deaf := s.open()[0]
	if deaf.Number() != 1 {
		t.Fatalf("connection %d is first, want the slow one", deaf.Number())
	}
	const most = 4 * connection.QueueBytes / (64 << 10)
	sent := 0
	for ; sent < most && !deaf.Ended(); sent++ {
		deaf.Send(flood)
		if waiting := deaf.Queued(); waiting > connection.QueueBytes+len(flood.Body.(*protobuf.ErrorMessage).GetErrorMsg())+64 {
			t.Fatalf("%d bytes wait for the slow client, the bound is %d", waiting, connection.QueueBytes)
		}
		if sent%16 == 0 {
			quick.askTime()
			quick.until(wire.CurrentTime)
		}
	}
	got := row(t, s, 1, "the slow client's end", func(c Connection) bool { return !c.Closed.IsZero() })
	if !strings.Contains(got.End, "slow consumer") {
		t.Errorf("the slow client ended by %q after %d messages", got.End, sent)
	}
	quick.askTime()
	quick.until(wire.CurrentTime)
}
