package news

import (
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/feed"
	"ibsoak/internal/wire"
)

// bulletins is a reqNewsBulletins. A client has one at a time.
type bulletins struct {
	s     *Session
	since time.Time // what is after it is sent
}

var bulletinKey = feed.Key{Kind: feed.NewsBulletins}

// regularBulletin is IBKR's number of a bulletin that is not about an exchange.
const regularBulletin = 1

// ReqNewsBulletins sends the bulletins that come, and those of the day before them if asked to.
func (s *Session) ReqNewsBulletins(m *protobuf.NewsBulletinsRequest) {
	since := s.client.Now()
	if m.GetAllMessages() {
		since = since.UTC().Truncate(24 * time.Hour).Add(-1)
	}
	s.feeds.Unsubscribe(bulletinKey)
	s.feeds.Subscribe(bulletinKey, &bulletins{s, since})
}

// Wake implements feed.Feed.
func (b *bulletins) Wake(v *exchange.View) time.Time {
	m := b.s.exchange.Market()
	for _, one := range m.Bulletins(b.since, v.Now()) {
		b.s.client.Send(wire.NewsBulletins, &protobuf.NewsBulletin{
			NewsMsgId: client.Num(one.ID), NewsMsgType: client.Num(regularBulletin),
			NewsMessage: proto.String(one.Text), OriginatingExch: proto.String(""),
		})
	}
	b.since = v.Now()
	const untilTheNext = 48 * time.Hour // there is one on each day
	return m.Bulletins(b.since, b.since.Add(untilTheNext))[0].At
}

// CancelNewsBulletins has no answer.
func (s *Session) CancelNewsBulletins(*protobuf.CancelNewsBulletins) {
	s.feeds.Unsubscribe(bulletinKey)
}
