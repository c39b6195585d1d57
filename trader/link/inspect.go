package link

import (
	"fmt"
	"strconv"
	"sync/atomic"

	pb "github.com/scmhub/ibapi/protobuf"

	"ibsoak/internal/wire"
)

// inspector checks what the Gateway sends before an API client's decoder sees it. IBKR's Go client
// panics on a field that does not parse, or is missing, and then closes without a word.
type inspector struct {
	version     wire.Version
	passUnknown bool
	relays      bool
	unknown     atomic.Uint64
}

// inspected is one checked message.
type inspected struct {
	message wire.Message // Body is nil for an unknown kind
	deliver []byte       // the payload for the client; nil to withhold it
}

// examine looks at a payload as its reader needs it: an API client's decoder needs it checked and
// rendered, a relay as it came. What a relay's frame says matters only where the link acts on it.
func (i *inspector) examine(payload []byte) (inspected, error) {
	if !i.relays {
		return i.inspect(payload)
	}
	kind, _, _, err := wire.Identify(wire.FromServer, payload, i.version)
	if err != nil {
		return inspected{}, err
	}
	in := inspected{message: wire.Message{Kind: kind}, deliver: payload}
	switch kind {
	case wire.ErrorMessage, wire.ManagedAccounts, wire.NextValidID:
		in.message, err = wire.DecodeLegible(wire.FromServer, payload, i.version)
	default:
	}
	return in, err
}

// inspect decodes a payload. The error is a *wire.DecodeError: the stream cannot be trusted.
func (i *inspector) inspect(payload []byte) (inspected, error) {
	kind, form, _, err := wire.Identify(wire.FromServer, payload, i.version)
	if err != nil {
		return inspected{}, err
	}
	if !kind.Known() {
		i.unknown.Add(1)
		in := inspected{message: wire.Message{Kind: kind}}
		if i.passUnknown {
			in.deliver = payload
		}
		return in, nil
	}
	m, err := wire.DecodeLegible(wire.FromServer, payload, i.version)
	if err != nil {
		return inspected{}, err
	}
	if form == wire.Protobuf {
		return inspected{message: m, deliver: payload}, nil
	}
	rendered, err := i.render(m)
	return inspected{message: m, deliver: rendered}, err
}

// render writes a text message anew. The codec reads a message as most clients do: trailing fields
// may be missing, and fields without a meaning, such as layout versions, may say anything. IBKR's Go
// client reads past the end of the one and parses the other, so it gets the codec's own rendering.
func (i *inspector) render(m wire.Message) ([]byte, error) {
	if report, ok := m.Body.(*pb.CommissionAndFeesReport); ok {
		// The one string of the protobuf messages that the client's text decoder reads as a number.
		if date := report.GetYieldRedemptionDate(); date != "" {
			if _, err := strconv.ParseInt(date, 10, 64); err != nil {
				return nil, fmt.Errorf("decode %s: yield redemption date: %w", m.Kind, err)
			}
		}
	}
	return wire.Payload(m, i.version)
}
