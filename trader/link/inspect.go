package link

import (
	"bytes"
	"sync/atomic"

	"ibsoak/internal/wire"
)

// inspector checks what the Gateway sends before an API client's decoder sees it. IBKR's Go client
// panics on a field that does not parse, or is missing, and then closes without a word.
type inspector struct {
	version     wire.Version
	passUnknown bool
	unknown     atomic.Uint64
}

// inspected is one checked message.
type inspected struct {
	message wire.Message // Body is nil for an unknown kind
	deliver []byte       // the payload for the client; nil to withhold it
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
	m, err := wire.Decode(wire.FromServer, payload, i.version)
	if err != nil {
		return inspected{}, err
	}
	if form == wire.Protobuf {
		return inspected{message: m, deliver: payload}, nil
	}
	full, err := i.complete(m, payload)
	return inspected{message: m, deliver: full}, err
}

// complete restores the trailing fields that a text message left out. The codec reads such a
// message, as most clients do; IBKR's Go client would read past its end.
func (i *inspector) complete(m wire.Message, payload []byte) ([]byte, error) {
	if wire.FormAt(m.Kind, i.version) == wire.Protobuf {
		return payload, nil // text where protobuf is due: there is no canonical text at this version
	}
	full, err := wire.Payload(m, i.version)
	if err != nil {
		return nil, err
	}
	if bytes.Count(payload, []byte{0}) < bytes.Count(full, []byte{0}) {
		return full, nil
	}
	return payload, nil
}
