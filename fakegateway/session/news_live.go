package session

import (
	"slices"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/exchange"
	"ibsoak/fakegateway/market"
	"ibsoak/internal/wire"
)

// recentHeadlines is how many headlines of the past a client gets when it asks for the news of a stock:
// recorded ticks begin with some of the last weeks.
const recentHeadlines = 5

// news sends the headlines of generic tick 292. "292:BRFG" names providers, with plus signs between
// them; "292" alone is all news, which a login without market data subscriptions is refused.
func (g *genericValues) news() {
	if g.providersRefused() {
		if g.first {
			g.s.fail(int(g.out.id), codeNewsFeed, textNewsFeed)
		}
		return
	}
	if !g.all {
		return
	}
	providers := g.ticks.providers
	if len(providers) == 0 {
		for _, p := range market.NewsProviders() {
			providers = append(providers, p.Code)
		}
	}
	from, most := g.ticks.newsUntil, maxHeadlines
	if g.first {
		most = recentHeadlines
	}
	news, _ := g.s.login.exchange.Market().News(g.instrument, from, g.at, providers, most)
	for _, n := range slices.Backward(news) {
		tick := &protobuf.TickNews{
			ReqId: proto.Int32(g.out.id), Timestamp: proto.Int64(n.At.UnixMilli()),
			ProviderCode: proto.String(n.Provider), ArticleId: proto.String(n.ArticleID),
			Headline: proto.String(n.Text), ExtraData: proto.String(""),
		}
		g.s.send(wire.TickNews, tick)
	}
	g.ticks.newsUntil = g.at
}

func (g *genericValues) providersRefused() bool {
	if len(g.ticks.providers) == 0 {
		return !g.s.login.cfg.LiveMarketData
	}
	return slices.ContainsFunc(g.ticks.providers, func(code string) bool { return !hasProvider(code) })
}

// bulletins is a reqNewsBulletins. A client has one at a time.
type bulletins struct {
	since time.Time // what is after it is sent
}

var bulletinKey = feedKey{kind: newsBulletinFeed}

// regularBulletin is IBKR's number of a bulletin that is not about an exchange.
const regularBulletin = 1

// reqNewsBulletins sends the bulletins that come, and those of the day before them if asked to.
func (s *Session) reqNewsBulletins(m *protobuf.NewsBulletinsRequest) {
	since := s.conn.Now()
	if m.GetAllMessages() {
		since = since.UTC().Truncate(24 * time.Hour).Add(-1)
	}
	s.unsubscribe(bulletinKey)
	s.subscribe(bulletinKey, &bulletins{since})
}

// wake implements feed.
func (b *bulletins) wake(s *Session, v *exchange.View) time.Time {
	m := s.login.exchange.Market()
	for _, one := range m.Bulletins(b.since, v.Now()) {
		s.send(wire.NewsBulletins, &protobuf.NewsBulletin{
			NewsMsgId: num(one.ID), NewsMsgType: num(regularBulletin), NewsMessage: proto.String(one.Text),
			OriginatingExch: proto.String(""),
		})
	}
	b.since = v.Now()
	const untilTheNext = 48 * time.Hour // there is one on each day
	return m.Bulletins(b.since, b.since.Add(untilTheNext))[0].At
}

// cancelNewsBulletins has no answer.
func (s *Session) cancelNewsBulletins(*protobuf.CancelNewsBulletins) { s.unsubscribe(bulletinKey) }
