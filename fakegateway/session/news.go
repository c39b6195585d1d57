package session

import (
	"slices"
	"strings"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/internal/wire"
)

const (
	codeNewsFeed    = 10276
	textNewsFeed    = "News feed is not allowed."
	codeNewsArticle = 10172
	textNewsArticle = "Failed to request news article:"

	// maxHeadlines is IBKR's limit of one answer (TWS API, reqHistoricalNews: 1 to 300).
	maxHeadlines = 300
	// headlineTime is how historicalNews writes a time, which is UTC.
	headlineTime = "2006-01-02 15:04:05.0"
	// headlineTags are before every historical headline: some ids and the language, as clients have
	// recorded them.
	headlineTags = "{A:800015:L:en}"
)

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqNewsProviders:    on((*Session).reqNewsProviders),
		wire.ReqHistoricalNews:   on((*Session).reqHistoricalNews),
		wire.ReqNewsArticle:      on((*Session).reqNewsArticle),
		wire.ReqNewsBulletins:    on((*Session).reqNewsBulletins),
		wire.CancelNewsBulletins: on((*Session).cancelNewsBulletins),
	})
}

func (s *Session) reqNewsProviders(*protobuf.NewsProvidersRequest) {
	answer := &protobuf.NewsProviders{}
	for _, p := range market.NewsProviders() {
		answer.NewsProviders = append(answer.NewsProviders, &protobuf.NewsProvider{
			ProviderCode: proto.String(p.Code), ProviderName: proto.String(p.Name),
		})
	}
	s.send(wire.NewsProviders, answer)
}

// reqHistoricalNews gives the newest headlines after the start and up to the end, the newest first.
// Providers are separated by plus signs.
func (s *Session) reqHistoricalNews(m *protobuf.HistoricalNewsRequest) {
	id, now := int(m.GetReqId()), s.conn.Now()
	i, ok := s.login.exchange.Market().Lookup(int(m.GetConId()))
	if !ok {
		s.fail(id, codeNoSecurity, textNoSecurity)
		return
	}
	providers := strings.Split(m.GetProviderCodes(), "+")
	for _, code := range providers {
		if !hasProvider(code) {
			s.refuse(id, refuse("Invalid news provider code: "+code))
			return
		}
	}
	from, err := parseNewsTime(m.GetStartDateTime(), now)
	to, endErr := parseNewsTime(m.GetEndDateTime(), now)
	if err != nil || endErr != nil {
		s.refuse(id, &refusal{codeEndTime, textEndTime})
		return
	}
	if to.IsZero() || to.After(now) {
		to = now
	}
	most := int(m.GetTotalResults())
	if most < 1 || most > maxHeadlines {
		most = maxHeadlines
	}
	news, more := s.login.exchange.Market().News(i, from, to, providers, most)
	for _, n := range news {
		s.send(wire.HistoricalNews, &protobuf.HistoricalNews{
			ReqId: num(id), Time: proto.String(n.At.Format(headlineTime)),
			ProviderCode: proto.String(n.Provider), ArticleId: proto.String(n.ArticleID),
			Headline: proto.String(headlineTags + n.Text),
		})
	}
	s.send(wire.HistoricalNewsEnd, &protobuf.HistoricalNewsEnd{
		ReqId: num(id), HasMore: proto.Bool(more),
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
	t, _, err := parseRequestTime(text, now, time.UTC)
	return t, err
}

func hasProvider(code string) bool {
	return slices.ContainsFunc(market.NewsProviders(), func(p market.NewsProvider) bool { return p.Code == code })
}

// reqNewsArticle gives the text behind an article id.
func (s *Session) reqNewsArticle(m *protobuf.NewsArticleRequest) {
	id := int(m.GetReqId())
	if !hasProvider(m.GetProviderCode()) {
		s.fail(id, codeNewsArticle, textNewsArticle+"News provider code is not valid")
		return
	}
	text, ok := s.login.exchange.Market().Article(s.conn.Now(), m.GetProviderCode(), m.GetArticleId())
	if !ok {
		s.fail(id, codeNewsArticle, textNewsArticle+"No data available")
		return
	}
	const plainText = 0
	s.send(wire.NewsArticle, &protobuf.NewsArticle{
		ReqId: num(id), ArticleType: num(plainText), ArticleText: proto.String(text),
	})
}
