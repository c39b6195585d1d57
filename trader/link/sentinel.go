package link

import (
	pb "github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// SentinelCode is the error code of the link's own messages to the API client. No Gateway uses it:
// IBKR's codes have at most five digits.
const SentinelCode = 990001

const (
	sentinelOpen  = "open "
	sentinelClose = "close "
)

// sentinelFrame makes an error message that only this link can make. Its text ends with the link's
// nonce.
func (l *Link) sentinelFrame(which string) ([]byte, error) {
	return wire.Payload(wire.Message{Kind: wire.ErrorMessage, Body: &pb.ErrorMessage{
		Id: proto.Int32(-1), ErrorCode: proto.Int32(SentinelCode),
		ErrorMsg: proto.String(which + l.client.nonce), ErrorTime: proto.Int64(0),
	}}, l.hello.Version)
}

// Sentinel must be offered every message that the API client's Error callback gets, from that
// callback. True means that the message was the link's own and is dealt with.
func (l *Link) Sentinel(code int64, text string) bool {
	if code != SentinelCode {
		return false
	}
	// Holding the lock orders everything that any submission did with the client before whatever
	// the client does next, which may be to tear itself down.
	l.mu.Lock()
	defer l.mu.Unlock()
	switch text {
	case sentinelOpen + l.client.nonce:
		l.client.openOnce.Do(func() { close(l.client.opened) })
	case sentinelClose + l.client.nonce:
		l.client.doneOnce.Do(func() { close(l.client.drained) })
	default:
		return false
	}
	return true
}

// ClientClosed must be called from the API client's ConnectionClosed callback.
func (l *Link) ClientClosed() {
	l.client.downOnce.Do(func() { close(l.client.closed) })
}
