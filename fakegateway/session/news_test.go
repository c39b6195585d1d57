package session

import (
	"strings"
	"testing"
	"time"

	"github.com/scmhub/ibapi/protobuf"
	"google.golang.org/protobuf/proto"

	"ibsoak/fakegateway/market"
	"ibsoak/fakegateway/session/client"
	"ibsoak/internal/wire"
)

func newsRequest(conID int, codes string, most int) *protobuf.HistoricalNewsRequest {
	return &protobuf.HistoricalNewsRequest{
		ReqId: num(3), ConId: num(conID), ProviderCodes: new(codes), TotalResults: num(most),
	}
}

// Providers, headlines and articles lead to each other, as in the samples of the TWS API's "News" page:
// reqNewsProviders, reqHistoricalNews of a conId, reqNewsArticle of its answer. The form of time and
// headline ("2023-04-10 13:30:00.0", "{A:800015:L:en}...") and of ids ("BRFG$0d4d7115") is what clients
// have recorded.
func TestHistoricalNews(t *testing.T) {
	apple := listed(t, market.Query{Symbol: "AAPL", SecType: "STK"})
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		var codes []string
		for _, p := range body[*protobuf.NewsProviders](t,
			l.ask(wire.ReqNewsProviders, &protobuf.NewsProvidersRequest{}), wire.NewsProviders).GetNewsProviders() {
			codes = append(codes, p.GetProviderCode())
		}
		request := newsRequest(apple.ConID, strings.Join(codes, "+"), 10)
		got := l.ask(wire.ReqHistoricalNews, request)
		rows := all[*protobuf.HistoricalNews](got, wire.HistoricalNews)
		end := body[*protobuf.HistoricalNewsEnd](t, got, wire.HistoricalNewsEnd)
		if len(rows) != 10 || len(got) != 11 || !end.GetHasMore() {
			t.Fatalf("%d headlines in %s, more %t", len(rows), summary(got), end.GetHasMore())
		}
		for n, r := range rows {
			at, err := time.Parse("2006-01-02 15:04:05.0", r.GetTime())
			if err != nil || at.After(l.now) || n > 0 && r.GetTime() > rows[n-1].GetTime() ||
				!strings.HasPrefix(r.GetArticleId(), r.GetProviderCode()+"$") {
				t.Fatalf("headline %d: %v (%v)", n, r, err)
			}
			text, tagged := strings.CutPrefix(r.GetHeadline(), "{A:800015:L:en}")
			article := body[*protobuf.NewsArticle](t, l.ask(wire.ReqNewsArticle, &protobuf.NewsArticleRequest{
				ReqId: num(4), ProviderCode: r.ProviderCode, ArticleId: r.ArticleId,
			}), wire.NewsArticle)
			if !tagged || !strings.HasPrefix(article.GetArticleText(), text) || article.GetArticleType() != 0 {
				t.Errorf("headline %q, article %v", r.GetHeadline(), article)
			}
		}
		// The start is exclusive and the end inclusive.
		request.StartDateTime, request.EndDateTime = rows[9].Time, rows[0].Time
		if n := len(all[*protobuf.HistoricalNews](l.ask(wire.ReqHistoricalNews, request), wire.HistoricalNews)); n != 9 {
			t.Errorf("%d headlines between the last and the first", n)
		}
	})
}

func TestNewsRefusals(t *testing.T) {
	apple := listed(t, market.Query{Symbol: "AAPL", SecType: "STK"})
	spx := listed(t, market.Query{Symbol: "SPX", SecType: "IND"})
	l := login(t, testLogin(t, Semantics{}), 225, 1)
	wantFlow(t, l.ask(wire.ReqHistoricalNews, newsRequest(apple.ConID, "BRFG+GOSSIP", 10)), "errMsg:3 321")
	wantFlow(t, l.ask(wire.ReqHistoricalNews, newsRequest(1, "BRFG", 10)), "errMsg:3 200")
	wantFlow(t, l.ask(wire.ReqHistoricalNews, newsRequest(spx.ConID, "BRFG", 10)), "historicalNewsEnd")
	late := newsRequest(apple.ConID, "BRFG", 10)
	late.StartDateTime = new("the other day")
	wantFlow(t, l.ask(wire.ReqHistoricalNews, late), "errMsg:3 10314")
	for _, id := range []string{"BRFG$1", "BRFG$04fb9da2", ""} {
		wantFlow(t, l.ask(wire.ReqNewsArticle, &protobuf.NewsArticleRequest{
			ReqId: num(4), ProviderCode: new("BRFG"), ArticleId: new(id),
		}), "errMsg:4 10172")
	}
	wantFlow(t, l.ask(wire.ReqNewsArticle, &protobuf.NewsArticleRequest{
		ReqId: num(4), ProviderCode: new("GOSSIP"), ArticleId: new("GOSSIP$1"),
	}), "errMsg:4 10172")
}

// Generic tick 292 brings tickNews: some of the past, then each as it is written ("mdoff,292:BRFG+DJNL",
// TWS API, "News"). The same headlines are in historical news. A login without market data
// subscriptions that asks for all news is refused, as captured at 200.
func TestNewsTicks(t *testing.T) {
	apple := listed(t, market.Query{Symbol: "AAPL", SecType: "STK"})
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		first := all[*protobuf.TickNews](
			l.ask(wire.ReqMktData, quoteRequest(6, stock("AAPL"), "mdoff,292:BRFG+DJNL")), wire.TickNews)
		if len(first) != 5 {
			t.Fatalf("%d headlines at once", len(first))
		}
		start := l.now
		for range 9 {
			l.pass(4 * time.Hour)
		}
		later := all[*protobuf.TickNews](l.take(), wire.TickNews)
		want, _ := market.Market{Seed: 7}.News(apple, start, l.now, []string{"BRFG", "DJNL"}, 100)
		if len(want) == 0 || len(later) != len(want) {
			t.Fatalf("%d headlines later, want %d", len(later), len(want))
		}
		for n, tick := range later {
			w := want[len(want)-1-n]
			if tick.GetTimestamp() != w.At.UnixMilli() || tick.GetHeadline() != w.Text || tick.GetArticleId() != w.ArticleID ||
				tick.GetReqId() != 6 {
				t.Errorf("tick %v, want %+v", tick, w)
			}
		}
		refused := all[*protobuf.ErrorMessage](
			l.ask(wire.ReqMktData, quoteRequest(7, stock("AAPL"), "292:GOSSIP")), wire.ErrorMessage)
		if n := len(refused); n == 0 || refused[n-1].GetErrorCode() != client.CodeNoNewsFeed {
			t.Errorf("an unknown provider: %v", refused)
		}
	})
	subscribed := login(t, testLogin(t, Semantics{LiveMarketData: true}), 200, 1)
	if n := len(all[*protobuf.TickNews](
		subscribed.ask(wire.ReqMktData, quoteRequest(6, stock("AAPL"), "292")), wire.TickNews)); n != 5 {
		t.Errorf("%d headlines of all providers", n)
	}
}

// "If set to true, will return all the existing bulletins for the current day, set to false to receive
// only new bulletins" (TWS API, reqNewsBulletins).
func TestNewsBulletins(t *testing.T) {
	eachVersion(t, func(t *testing.T, v wire.Version) {
		l := login(t, testLogin(t, Semantics{}), v, 1)
		today := market.Market{Seed: 7}.Bulletins(l.now.Add(-24*time.Hour), l.now)
		got := l.ask(wire.ReqNewsBulletins, &protobuf.NewsBulletinsRequest{AllMessages: proto.Bool(true)})
		rows := all[*protobuf.NewsBulletin](got, wire.NewsBulletins)
		if len(rows) != 1 || len(today) != 1 || rows[0].GetNewsMessage() != today[0].Text || rows[0].GetNewsMsgType() != 1 {
			t.Fatalf("bulletins %v, want %v", rows, today)
		}
		wantFlow(t, l.ask(wire.ReqNewsBulletins, &protobuf.NewsBulletinsRequest{}))
		l.steps(48 * time.Hour)
		wantFlow(t, l.take(), "newsBulletins", "newsBulletins")
		wantFlow(t, l.ask(wire.CancelNewsBulletins, &protobuf.CancelNewsBulletins{}))
		l.steps(48 * time.Hour)
		wantFlow(t, l.take())
	})
}
