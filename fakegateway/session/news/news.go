package news

import (
	"strings"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/fakegateway/session/history"
	"ibsoak/internal/wire"
)

const (
	codeNewsArticle = 10172
	textNewsArticle = "Failed to request news article:"

	// headlineTime is how historicalNews writes a time, which is UTC.
	headlineTime = "2006-01-02 15:04:05.0"
	// headlineTags are before every historical headline: some ids and the language, as clients have
	// recorded them.
	headlineTags = "{A:800015:L:en}"
)

// ReqNewsProviders lists those that every account has.
func (s *Session) ReqNewsProviders(*protobuf.NewsProvidersRequest) {
	answer := &protobuf.NewsProviders{}
	for _, p := range market.NewsProviders() {
		answer.NewsProviders = append(answer.NewsProviders, &protobuf.NewsProvider{
			ProviderCode: proto.String(p.Code), ProviderName: proto.String(p.Name),
		})
	}
	s.client.Send(wire.NewsProviders, answer)
}

// ReqHistoricalNews gives the newest headlines after the start and up to the end, the newest first.
// Providers are separated by plus signs.
func (s *Session) ReqHistoricalNews(m *protobuf.HistoricalNewsRequest) {
	id, now := int(m.GetReqId()), s.client.Now()
	i, ok := s.exchange.Market().Lookup(int(m.GetConId()))
	if !ok {
		s.client.Fail(id, client.CodeNoSecurity, client.TextNoSecurity)
		return
	}
	providers := strings.Split(m.GetProviderCodes(), "+")
	for _, code := range providers {
		if !market.IsNewsProvider(code) {
			s.client.Refuse(id, client.Invalid("Invalid news provider code: "+code))
			return
		}
	}
	from, err := parseNewsTime(m.GetStartDateTime(), now)
	to, endErr := parseNewsTime(m.GetEndDateTime(), now)
	if err != nil || endErr != nil {
		s.client.Refuse(id, history.InvalidTime)
		return
	}
	if to.IsZero() || to.After(now) {
		to = now
	}
	most := int(m.GetTotalResults())
	if most < 1 || most > market.MaxHeadlines {
		most = market.MaxHeadlines
	}
	news, more := s.exchange.Market().News(i, from, to, providers, most)
	for _, n := range news {
		s.client.Send(wire.HistoricalNews, &protobuf.HistoricalNews{
			ReqId: client.Num(id), Time: proto.String(n.At.Format(headlineTime)),
			ProviderCode: proto.String(n.Provider), ArticleId: proto.String(n.ArticleID),
			Headline: proto.String(headlineTags + n.Text),
		})
	}
	s.client.Send(wire.HistoricalNewsEnd, &protobuf.HistoricalNewsEnd{
		ReqId: client.Num(id), HasMore: proto.Bool(more),
	})
}

// parseNewsTime reads the time of a request for news: like those of requests for data, or as
// historicalNews writes them. Without a zone it is UTC.
func parseNewsTime(text string, now time.Time) (time.Time, error) {
	if t, err := time.Parse(headlineTime, text); err == nil {
		return t, nil
	}
	if t, err := time.Parse(time.DateTime, text); err == nil {
		return t, nil
	}
	t, _, err := history.ParseRequestTime(text, now, time.UTC)
	return t, err
}

// ReqNewsArticle gives the text behind an article id.
func (s *Session) ReqNewsArticle(m *protobuf.NewsArticleRequest) {
	id := int(m.GetReqId())
	if !market.IsNewsProvider(m.GetProviderCode()) {
		s.client.Fail(id, codeNewsArticle, textNewsArticle+"News provider code is not valid")
		return
	}
	text, ok := s.exchange.Market().Article(s.client.Now(), m.GetProviderCode(), m.GetArticleId())
	if !ok {
		s.client.Fail(id, codeNewsArticle, textNewsArticle+"No data available")
		return
	}
	const plainText = 0
	s.client.Send(wire.NewsArticle, &protobuf.NewsArticle{
		ReqId: client.Num(id), ArticleType: client.Num(plainText), ArticleText: proto.String(text),
	})
}
