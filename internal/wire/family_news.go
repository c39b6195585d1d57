package wire

import pb "github.com/scmhub/ibapi/protobuf"

// newsFamily tells bulletins, headlines and articles.
var newsFamily = []spec{
	row(ReqNewsBulletins, "reqNewsBulletins", 209, reqNewsBulletins),
	row(CancelNewsBulletins, "cancelNewsBulletins", 209, versionOnly[*pb.CancelNewsBulletins]("1")),
	row(NewsBulletins, "newsBulletins", 209, newsBulletins),
	row(ReqNewsProviders, "reqNewsProviders", 209, noFields[*pb.NewsProvidersRequest]),
	row(NewsProviders, "newsProviders", 209, newsProviders),
	row(ReqNewsArticle, "reqNewsArticle", 209, reqNewsArticle),
	row(NewsArticle, "newsArticle", 209, newsArticle),
	row(ReqHistoricalNews, "reqHistoricalNews", 209, reqHistoricalNews),
	row(HistoricalNews, "historicalNews", 209, historicalNews),
	row(HistoricalNewsEnd, "historicalNewsEnd", 209, historicalNewsEnd),
	row(TickNews, "tickNews", 209, tickNews),
}

func reqNewsBulletins(f *fields, m *pb.NewsBulletinsRequest) {
	f.fixed("1")
	f.flag(&m.AllMessages)
	f.required()
}

func newsBulletins(f *fields, m *pb.NewsBulletin) {
	f.fixed("1")
	f.int(&m.NewsMsgId, zero)
	f.int(&m.NewsMsgType, zero)
	f.str(&m.NewsMessage)
	f.str(&m.OriginatingExch)
	f.required()
}

// newsProviders has the code before the name. github.com/scmhub/ibapi v0.10.47 takes them the
// other way round, in text.
func newsProviders(f *fields, m *pb.NewsProviders) {
	const fieldsEach = 2
	list(f, &m.NewsProviders, fieldsEach, func(p *pb.NewsProvider) {
		f.str(&p.ProviderCode)
		f.str(&p.ProviderName)
	})
	f.required()
}

func reqNewsArticle(f *fields, m *pb.NewsArticleRequest) {
	f.int(&m.ReqId, zero)
	f.str(&m.ProviderCode)
	f.str(&m.ArticleId)
	f.required()
	f.options(&m.NewsArticleOptions)
}

func newsArticle(f *fields, m *pb.NewsArticle) {
	f.int(&m.ReqId, zero)
	f.int(&m.ArticleType, zero)
	f.str(&m.ArticleText)
	f.required()
}

func reqHistoricalNews(f *fields, m *pb.HistoricalNewsRequest) {
	f.int(&m.ReqId, zero)
	f.int(&m.ConId, zero)
	f.str(&m.ProviderCodes)
	f.str(&m.StartDateTime)
	f.str(&m.EndDateTime)
	f.int(&m.TotalResults, zero)
	f.required()
	f.options(&m.HistoricalNewsOptions)
}

func historicalNews(f *fields, m *pb.HistoricalNews) {
	f.int(&m.ReqId, zero)
	f.str(&m.Time)
	f.str(&m.ProviderCode)
	f.str(&m.ArticleId)
	f.str(&m.Headline)
	f.required()
}

func historicalNewsEnd(f *fields, m *pb.HistoricalNewsEnd) {
	f.int(&m.ReqId, zero)
	f.flag(&m.HasMore)
	f.required()
}

func tickNews(f *fields, m *pb.TickNews) {
	f.int(&m.ReqId, zero)
	f.long(&m.Timestamp, zero)
	f.str(&m.ProviderCode)
	f.str(&m.ArticleId)
	f.str(&m.Headline)
	f.str(&m.ExtraData)
	f.required()
}
