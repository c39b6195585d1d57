package session

import (
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

const codeLogLevel = 319

func (s *Session) reqCurrentTime(*protobuf.CurrentTimeRequest) {
	s.client.Send(wire.CurrentTime, &protobuf.CurrentTime{
		CurrentTime: proto.Int64(s.client.Now().Unix()),
	})
}

func (s *Session) reqCurrentTimeInMillis(*protobuf.CurrentTimeInMillisRequest) {
	s.client.Send(wire.CurrentTimeInMillis, &protobuf.CurrentTimeInMillis{
		CurrentTimeInMillis: proto.Int64(s.client.Now().UnixMilli()),
	})
}

// The levels of a Gateway's log: 1 SYSTEM, 2 ERROR, 3 WARNING, 4 INFORMATION, 5 DETAIL.
const (
	lowestLogLevel  = 1
	highestLogLevel = 5
)

// setServerLogLevel has no answer; what a client asks for changes no log of ours.
func (s *Session) setServerLogLevel(m *protobuf.SetServerLogLevelRequest) {
	if level := m.GetLogLevel(); level < lowestLogLevel || level > highestLogLevel {
		s.client.Fail(client.NoRequest, codeLogLevel, "Invalid log level")
	}
}

// reqIds gives the next order id; the number of ids asked for has no meaning any more.
func (s *Session) reqIds(*protobuf.IdsRequest) {
	if s.login.window.ReadOnly() {
		s.client.Refuse(client.NoRequest, client.ReadOnly)
		return
	}
	s.login.exchange.View(s.client.Now(), s.sendNextValidID)
}

func (s *Session) reqManagedAccts(*protobuf.ManagedAccountsRequest) { s.sendManagedAccounts() }

func (s *Session) reqUserInfo(m *protobuf.UserInfoRequest) {
	s.client.Send(wire.UserInfo, &protobuf.UserInfo{ReqId: m.ReqId, WhiteBrandingId: proto.String("")})
}
