package connection

import (
	"fmt"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

// IBKR's error of a version that the other side does not have, from its page of error codes.
const (
	codeOutdated = 503
	textOutdated = "The TWS is out of date and must be upgraded."
)

// sendAway ends the session of a client whose newest version is older than any that this Gateway
// speaks: error 503, then a FIN. The error's text has been the same since version 100. What a real
// Gateway answers is another matter: it may still speak those versions.
func (c *Conn) sendAway() {
	frame, err := wire.Append(nil, wire.Message{Kind: wire.ErrorMessage, Body: &protobuf.ErrorMessage{
		Id: client.Num(client.NoRequest), ErrorCode: client.Num(codeOutdated),
		ErrorMsg: proto.String(textOutdated),
	}}, wire.MinVersion)
	if err != nil {
		c.gateway.Log.Error("no answer to a client of old versions", "error", err)
	}
	c.w.put(item{raw: frame, kind: wire.ErrorMessage.String()})
	c.finishAfter(c.gateway.Settings.RefusalDelay, fmt.Sprintf(
		"the client's versions end at %d, this Gateway's begin at %d", c.version, wire.MinVersion))
}
