package session

import (
	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

// IBKR verifies third-party programs that it has given a key. No program has one here, so every
// verification ends at once, unsuccessfully.

// textNoKey is our wording: no capture of a failed verification is known.
const textNoKey = "The API name is not registered for verification"

func failVerification(s *Session, _ proto.Message) {
	s.client.Send(wire.VerifyCompleted, &protobuf.VerifyCompleted{
		IsSuccessful: proto.Bool(false), ErrorText: proto.String(textNoKey),
	})
}

func failVerifyAndAuth(s *Session, _ proto.Message) {
	s.client.Send(wire.VerifyAndAuthCompleted, &wire.VerifyAndAuthCompletedBody{
		IsSuccessful: proto.Bool(false), ErrorText: proto.String(textNoKey),
	})
}
