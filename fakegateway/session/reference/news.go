package session

import (
	"strings"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/internal/wire"
)

const (
	codeNewsFeed    = 10276
	textNewsFeed    = "News feed is not allowed."
	codeNewsArticle = 10172
	textNewsArticle = "Failed to request news article:"
)

func init() {
	serve(map[wire.Kind]handler{
		wire.ReqNewsProviders:    on((*Session).reqNewsProviders),
		wire.ReqHistoricalNews:   on((*Session).reqHistoricalNews),
		wire.ReqNewsArticle:      on((*Session).reqNewsArticle),
		wire.ReqNewsBulletins:    quiet, // IBKR has none to tell
		wire.CancelNewsBulletins: quiet,
	})
}

// newsProviders are those that every account has.
var newsProviders = []struct{ code, name string }{
	{"BRFG", "Briefing.com General Market Columns"},
	{"BRFUPDN", "Briefing.com Analyst Actions"},
	{"DJNL", "Dow Jones Newsletters"},
}

func (s *Session) reqNewsProviders(*protobuf.NewsProvidersRequest) {
	answer := &protobuf.NewsProviders{}
	for _, p := range newsProviders {
		answer.NewsProviders = append(answer.NewsProviders, &protobuf.NewsProvider{
			ProviderCode: proto.String(p.code), ProviderName: proto.String(p.name),
		})
	}
	s.send(wire.NewsProviders, answer)
}

// reqHistoricalNews finds no headlines: the providers have written nothing about a market that is
// not there. Providers are separated by plus signs.
func (s *Session) reqHistoricalNews(m *protobuf.HistoricalNewsRequest) {
	id := int(m.GetReqId())
	if _, ok := s.login.exchange.Market().Lookup(int(m.GetConId())); !ok {
		s.fail(id, codeNoSecurity, textNoSecurity)
		return
	}
	for code := range strings.SplitSeq(m.GetProviderCodes(), "+") {
		if !hasProvider(code) {
			s.refuse(id, refuse("Invalid news provider code: "+code))
			return
		}
	}
	s.send(wire.HistoricalNewsEnd, &protobuf.HistoricalNewsEnd{
		ReqId: num(id), HasMore: proto.Bool(false),
	})
}

func hasProvider(code string) bool {
	for _, p := range newsProviders {
		if p.code == code {
			return true
		}
	}
	return false
}

func (s *Session) reqNewsArticle(m *protobuf.NewsArticleRequest) {
	id := int(m.GetReqId())
	if !hasProvider(m.GetProviderCode()) {
		s.fail(id, codeNewsArticle, textNewsArticle+"News provider code is not valid")
		return
	}
	s.fail(id, codeNewsArticle, textNewsArticle+"No data available")
}
