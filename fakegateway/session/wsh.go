package session

import (
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// Research that needs a subscription which a paper login does not have. The news feed's text is as
// captured from a Gateway at 225; the fundamentals' is what users of current Gateways report.
const (
	codeNoNewsFeed     = 10276
	textNoNewsFeed     = "News feed is not allowed."
	codeNoFundamentals = 10358
	textNoFundamentals = "Fundamentals data is not allowed."
)

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqWshMetaData:        always(codeNoNewsFeed, textNoNewsFeed),
		wire.CancelWshMetaData:     quiet,
		wire.ReqWshEventData:       always(codeNoNewsFeed, textNoNewsFeed),
		wire.CancelWshEventData:    quiet,
		wire.ReqFundamentalData:    always(codeNoFundamentals, textNoFundamentals),
		wire.CancelFundamentalData: quiet,
	})
}

// always answers every request of a kind with one error.
func always(code int, text string) handler {
	return func(s *Session, m proto.Message) { s.fail(int(RequestID(m)), code, text) }
}
