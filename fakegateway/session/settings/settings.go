package session

import (
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// How an update of the configuration ended. The words are ours: no capture is known.
const (
	updateDone    = "success"
	updateFailed  = "failed"
	updateWarning = "warning" // wants its warnings accepted
)

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqConfig:    on((*Session).reqConfig),
		wire.UpdateConfig: on((*Session).updateConfig),
	})
}

// reqConfig sends the Gateway's settings.
func (s *Session) reqConfig(m *protobuf.ConfigRequest) {
	config := s.login.config()
	config.ReqId = m.ReqId
	s.send(wire.ConfigResponse, config)
}

// updateConfig changes the Gateway's settings. Read-only API, master client id and the orders of
// the bootstrap have effect at once; the rest is remembered and can be read.
func (s *Session) updateConfig(m *protobuf.UpdateConfigRequest) {
	answer := s.login.change(m)
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
	s.send(wire.UpdateConfigResponse, answer)
}
