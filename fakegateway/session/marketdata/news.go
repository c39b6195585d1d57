package marketdata

import (
	"slices"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
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
			g.s.client.Fail(int(g.out.id), client.CodeNoNewsFeed, client.TextNoNewsFeed)
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
	from, most := g.ticks.newsUntil, market.MaxHeadlines
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
		g.s.client.Send(wire.TickNews, tick)
	}
	g.ticks.newsUntil = g.at
}

func (g *genericValues) providersRefused() bool {
	if len(g.ticks.providers) == 0 {
		return !g.s.login.cfg.LiveMarketData
	}
	return slices.ContainsFunc(g.ticks.providers, func(code string) bool { return !market.IsNewsProvider(code) })
}
