package marketdata

import (
	"github.com/govalues/decimal"
	"github.com/scmhub/ibapi/protobuf"

	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

// tickBodies are the messages of ticks, one of each: a connection encodes what it is given before
// it returns, so the next tick can have the same body. Only a number that was not sent lately is
// written anew.
type tickBodies struct {
	s *Session

	id, tick, mask int32
	value          float64
	text           string
	texts          [sizeTexts]rememberedSize

	priceBody   protobuf.TickPrice
	sizeBody    protobuf.TickSize
	genericBody protobuf.TickGeneric
	stringBody  protobuf.TickString
}

// sizeTexts is how many sizes are remembered as texts: most ticks repeat one.
const sizeTexts = 64

type rememberedSize struct {
	n    int64
	text string
}

// ticksOf is the session's ticks for a request. The caller holds mu.
func (s *Session) ticksOf(id int) *tickBodies {
	b := &s.ticks
	if b.s == nil {
		b.s = s
		b.priceBody = protobuf.TickPrice{
			ReqId: &b.id, TickType: &b.tick, Price: &b.value, Size: &b.text, AttrMask: &b.mask,
		}
		b.sizeBody = protobuf.TickSize{ReqId: &b.id, TickType: &b.tick, Size: &b.text}
		b.genericBody = protobuf.TickGeneric{ReqId: &b.id, TickType: &b.tick, Value: &b.value}
		b.stringBody = protobuf.TickString{ReqId: &b.id, TickType: &b.tick, Value: &b.text}
	}
	b.id = int32(id)
	return b
}

// canAutoExecute is bit 0 of a price's attributes.
const canAutoExecute = 1

func (b *tickBodies) price(tick int32, price decimal.Decimal, size int64) {
	b.tick, b.value, b.text, b.mask = tick, client.PriceOf(price), b.sized(size), 0
	switch tick {
	case liveTicks.bid, liveTicks.ask:
		b.mask = canAutoExecute
	}
	b.s.client.Send(wire.TickPrice, &b.priceBody)
}

func (b *tickBodies) size(tick int32, size int64) { b.sizeText(tick, b.sized(size)) }

func (b *tickBodies) sizeText(tick int32, size string) {
	b.tick, b.text = tick, size
	b.s.client.Send(wire.TickSize, &b.sizeBody)
}

func (b *tickBodies) generic(tick int32, value float64) {
	b.tick, b.value = tick, value
	b.s.client.Send(wire.TickGeneric, &b.genericBody)
}

func (b *tickBodies) string(tick int32, value string) {
	b.tick, b.text = tick, value
	b.s.client.Send(wire.TickString, &b.stringBody)
}

// sized writes a size, from memory if it was sent lately.
func (b *tickBodies) sized(n int64) string {
	known := &b.texts[uint64(n)%sizeTexts]
	if known.n != n || known.text == "" {
		*known = rememberedSize{n, client.Whole(n)}
	}
	return known.text
}
