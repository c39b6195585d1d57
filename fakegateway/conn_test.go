package fakegateway

import (
	"testing"

	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/fault"
	"ibsoak/internal/wire"
)

// A request that came before the bootstrap was out waits for that; when the writer stops there, the
// request is read all the same.
func TestRequestIsReadThoughTheWriterHasStopped(t *testing.T) {
	s := startServer(t, onPhase(fault.BootstrapSent, fault.What{Do: fault.StopWriting}))
	c := dial(t, s)
	c.hello()
	both := startFrame(t)
	both, err := wire.Append(both, wire.Message{
		Kind: wire.ReqCurrentTime, Body: &protobuf.CurrentTimeRequest{},
	}, c.Version)
	if err != nil {
		t.Fatal(err)
	}
	c.write(both)
	row(t, s, 1, "the request", func(r Connection) bool { return !r.FirstRequested.IsZero() })
}
