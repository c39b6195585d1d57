package reference

import (
	"strings"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

const (
	codeNewsArticle = 10172
	textNewsArticle = "Failed to request news article:"
)

// newsProviders are those that every account has.
var newsProviders = []struct{ code, name string }{
	{"BRFG", "Briefing.com General Market Columns"},
	{"BRFUPDN", "Briefing.com Analyst Actions"},
	{"DJNL", "Dow Jones Newsletters"},
}

// ReqNewsProviders lists them.
func (s *Session) ReqNewsProviders(*protobuf.NewsProvidersRequest) {
	answer := &protobuf.NewsProviders{}
	for _, p := range newsProviders {
		answer.NewsProviders = append(answer.NewsProviders, &protobuf.NewsProvider{
			ProviderCode: proto.String(p.code), ProviderName: proto.String(p.name),
		})
	}
	s.client.Send(wire.NewsProviders, answer)
}

// ReqHistoricalNews finds no headlines: the providers have written nothing about a market that is
// not there. Providers are separated by plus signs.
func (s *Session) ReqHistoricalNews(m *protobuf.HistoricalNewsRequest) {
	id := int(m.GetReqId())
	if _, ok := s.exchange.Market().Lookup(int(m.GetConId())); !ok {
		s.client.Fail(id, client.CodeNoSecurity, client.TextNoSecurity)
		return
	}
	for code := range strings.SplitSeq(m.GetProviderCodes(), "+") {
		if !hasProvider(code) {
			s.client.Refuse(id, client.Invalid("Invalid news provider code: "+code))
			return
		}
	}
	s.client.Send(wire.HistoricalNewsEnd, &protobuf.HistoricalNewsEnd{
		ReqId: client.Num(id), HasMore: proto.Bool(false),
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

// ReqNewsArticle finds no article: there are no headlines.
func (s *Session) ReqNewsArticle(m *protobuf.NewsArticleRequest) {
	id := int(m.GetReqId())
	if !hasProvider(m.GetProviderCode()) {
		s.client.Fail(id, codeNewsArticle, textNewsArticle+"News provider code is not valid")
		return
	}
	s.client.Fail(id, codeNewsArticle, textNewsArticle+"No data available")
}
