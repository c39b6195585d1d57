package connection

import (
	"testing"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/clock"
	"ibsoak/fakegateway/observe"
	"ibsoak/internal/wire"
)

func TestNobodyPaysForDigestsUnwatched(t *testing.T) {
	board, err := observe.NewBoard(1, "", clock.Clock{}.Begin())
	if err != nil {
		t.Fatal(err)
	}
	c := &Conn{gateway: &Gateway{Board: board}}
	tick := wire.Message{Kind: wire.TickSize, Body: &protobuf.TickSize{ReqId: proto.Int32(1)}}
	if d := c.digest(tick); d != nil {
		t.Errorf("digest %+v although nobody follows", d)
	}
	_, stop := board.Watch()
	if c.digest(tick) == nil {
		t.Error("no digest for who follows")
	}
	stop()
	if d := c.digest(tick); d != nil {
		t.Errorf("digest %+v although nobody follows any more", d)
	}
}
