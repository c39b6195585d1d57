package wire_test

import (
	pb "github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

// sentinelMessage ends what a test tells a client: a time that no test uses otherwise.
var sentinelMessage = wire.Message{
	Kind: wire.CurrentTime, Body: &pb.CurrentTime{CurrentTime: p.l(1)},
}

const sentinelCall = "CurrentTime(1)"
