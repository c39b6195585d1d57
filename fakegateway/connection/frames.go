package connection

import (
	"time"

	"ibsoak/fakegateway/observe"
	"ibsoak/internal/wire"
)

// digest is digestOf for whoever follows the events; nil when nobody does.
func (c *Conn) digest(m wire.Message) *observe.Digest {
	if !c.gateway.Board.Watched() {
		return nil
	}
	return observe.DigestOf(m)
}

// digestedFrame is the frame of a message that was read.
func (c *Conn) digestedFrame(a arrival, m wire.Message) observe.RawFrame {
	f := c.inboundFrame(a, m.Kind.String(), "")
	f.Digest = c.digest(m)
	return f
}

// unanswered is the frame of a message that a mute Gateway reads: decoded only for who follows.
func (c *Conn) unanswered(a arrival) observe.RawFrame {
	f := c.inboundFrame(a, "", "not answered")
	if a.preamble == nil && c.gateway.Board.Watched() {
		if m, err := wire.Decode(wire.FromClient, a.payload, c.version); err == nil {
			f.Digest = observe.DigestOf(m)
		}
	}
	return f
}

func payloadOf(raw []byte) []byte {
	const prefixBytes = 4
	return raw[min(prefixBytes, len(raw)):]
}

// frame is the transcript's form of an outbound unit.
func (c *Conn) frame(d wire.Direction, it item, note string) observe.RawFrame {
	f := observe.RawFrame{
		At: time.Now(), Connection: c.id, Direction: d, Raw: it.raw, Kind: it.kind, Note: note,
		Digest: it.digest,
	}
	if it.message || it.kind == errorKind {
		f.Version = c.version
	}
	return f
}

var errorKind = wire.ErrorMessage.String()

// inboundFrame is the transcript's form of an arrival. Its raw bytes are made again from what was
// read, which is the same for everything that wire's readers accept.
func (c *Conn) inboundFrame(a arrival, kind, note string) observe.RawFrame {
	if a.preamble != nil {
		return c.rawFrame(wire.AppendPreamble(nil, *a.preamble), kind, note)
	}
	if kind == "" {
		kind = observe.KindMalformed
		if k, _, _, err := wire.Identify(wire.FromClient, a.payload, c.version); err == nil {
			kind = k.String()
		}
	}
	f := c.rawFrame(a.frame(), kind, note)
	f.At, f.Version = a.at, c.version
	return f
}

func (c *Conn) rawFrame(raw []byte, kind, note string) observe.RawFrame {
	return observe.RawFrame{
		At: time.Now(), Connection: c.id, Direction: wire.FromClient,
		Raw: raw, Kind: kind, Note: note,
	}
}
