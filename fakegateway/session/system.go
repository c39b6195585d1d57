package session

import (
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/internal/wire"
)

func init() {
	serve(map[wire.Kind]handler{
		wire.StartAPI:               on((*Session).repeatedStart),
		wire.ReqCurrentTime:         on((*Session).reqCurrentTime),
		wire.ReqCurrentTimeInMillis: on((*Session).reqCurrentTimeInMillis),
		wire.ReqIds:                 on((*Session).reqIds),
		wire.ReqManagedAccts:        on((*Session).reqManagedAccts),
		wire.SetServerLogLevel:      on((*Session).setServerLogLevel),
		wire.ReqUserInfo:            on((*Session).reqUserInfo),
	})
}

// IBKR's error codes for requests that are refused as such.
const (
	codeNoSecurity = 200
	codeLogLevel   = 319
	codeReading    = 320
	codeValidating = 321
	codeProcessing = 322

	textNoSecurity = "No security definition has been found for the request"
	textReadOnly   = "Error validating request.-'aa' : cause - " +
		"The API interface is currently in Read-Only mode."
)

// validating is the text of error 321. The name before the cause is an obfuscated class of the
// Gateway, which changes with every build.
func validating(cause string) string { return "Error validating request.-'bF' : cause - " + cause }

func (s *Session) reqCurrentTime(*protobuf.CurrentTimeRequest) {
	s.send(wire.CurrentTime, &protobuf.CurrentTime{
		CurrentTime: proto.Int64(s.conn.Now().Unix()),
	})
}

func (s *Session) reqCurrentTimeInMillis(*protobuf.CurrentTimeInMillisRequest) {
	s.send(wire.CurrentTimeInMillis, &protobuf.CurrentTimeInMillis{
		CurrentTimeInMillis: proto.Int64(s.conn.Now().UnixMilli()),
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
		s.fail(noRequest, codeLogLevel, "Invalid log level")
	}
}

// reqIds gives the next order id; the number of ids asked for has no meaning any more.
func (s *Session) reqIds(*protobuf.IdsRequest) {
	if s.login.readOnly() {
		s.fail(noRequest, codeValidating, textReadOnly)
		return
	}
	s.login.exchange.View(s.conn.Now(), func(v *exchange.View) { s.sendNextValidID(v) })
}

func (s *Session) reqManagedAccts(*protobuf.ManagedAccountsRequest) { s.sendManagedAccounts() }

func (s *Session) reqUserInfo(m *protobuf.UserInfoRequest) {
	s.send(wire.UserInfo, &protobuf.UserInfo{ReqId: m.ReqId, WhiteBrandingId: proto.String("")})
}
