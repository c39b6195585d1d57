package settings

import (
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

// How an update of the configuration ended. The words are ours: no capture is known.
const (
	updateDone    = "success"
	updateFailed  = "failed"
	updateWarning = "warning" // wants its warnings accepted
)

// Session is one client's part.
type Session struct {
	client *client.Client
	window *Window
}

// New is the part of a client.
func New(w *Window, c *client.Client) *Session { return &Session{client: c, window: w} }

// ReqConfig sends the Gateway's settings.
func (s *Session) ReqConfig(m *protobuf.ConfigRequest) {
	config := s.window.config()
	config.ReqId = m.ReqId
	s.client.Send(wire.ConfigResponse, config)
}

// UpdateConfig changes the Gateway's settings. Read-only API, master client id and the orders of
// the bootstrap have effect at once; the rest is remembered and can be read.
func (s *Session) UpdateConfig(m *protobuf.UpdateConfigRequest) {
	answer := s.window.change(m)
	switch {
	case len(answer.GetErrors()) > 0:
		answer.Status = proto.String(updateFailed)
		answer.Message = proto.String("Nothing was changed")
	case len(answer.GetWarnings()) > 0:
		answer.Status = proto.String(updateWarning)
		answer.Message = proto.String("Nothing was changed: there are warnings to accept")
	default:
		answer.Status = proto.String(updateDone)
	}
	s.client.Send(wire.UpdateConfigResponse, answer)
}
